package estatetest

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
)

// Resource is one resource or component that a run deployed. Its values are
// plain JSON: strings, float64, bools, []any and map[string]any; a secret is
// "[secret]".
type Resource struct {
	URN  string
	Type string
	Name string
	// ID is the physical id, empty for a component.
	ID string
	// Parent is the URN of the resource that owns it.
	Parent string
	// Custom is false for a component.
	Custom          bool
	Inputs, Outputs map[string]any
	// Source is the "dir/file.go:line" that registers it, when it is known.
	Source string
}

// Input returns the input at a property path such as "tags.Name" or
// "rules[0].port"; nil when there is none.
func (r Resource) Input(path string) any { return at(r.Inputs, path) }

// Output returns the output at a property path; nil when there is none.
func (r Resource) Output(path string) any { return at(r.Outputs, path) }

// at follows a property path into plain values.
func at(v any, path string) any {
	path = strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", "")
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Result is what a run deployed.
type Result struct {
	t         testing.TB
	world     *world
	name      string
	stack     auto.Stack
	rec       *recorder
	resources []Resource
	outputs   map[string]any
	secret    map[string]bool
}

// Resources returns the resources of a type, such as
// "aws:sqs/queue:Queue", by name; of all types when it is "".
func (r *Result) Resources(typ string) []Resource {
	return slices.DeleteFunc(slices.Clone(r.resources), func(x Resource) bool { return typ != "" && x.Type != typ })
}

// Get returns the one resource of that name, or of that "type name" when
// several have the name. Anything else ends the test.
func (r *Result) Get(name string) Resource {
	r.t.Helper()
	var found []Resource
	for _, x := range r.resources {
		if x.Name == name || x.String() == name {
			found = append(found, x)
		}
	}
	if len(found) == 1 {
		return found[0]
	}
	lines := []string{}
	for _, x := range r.resources {
		if len(found) == 0 || x.Name == name {
			lines = append(lines, x.String())
		}
	}
	r.t.Fatalf("%d resources are called %q; there are:\n  %s", len(found), name, strings.Join(lines, "\n  "))
	return Resource{}
}

// Outputs returns the outputs of the stack, secrets in plain text.
func (r *Result) Outputs() map[string]any { return maps.Clone(r.outputs) }

// IsSecret tells whether the output of that name is a secret.
func (r *Result) IsSecret(output string) bool { return r.secret[output] }

// Settled ends the test when a second run would change anything: a stack that
// is never done is a stack whose reviews nobody reads.
func (r *Result) Settled() {
	r.t.Helper()
	r.rec.reset()
	if _, err := r.stack.Preview(r.t.Context(), optpreview.ExpectNoChanges()); err != nil {
		r.t.Errorf("stack %s changes when nothing has changed: %v", r.name, r.rec.explain(err))
	}
}
