package estatetest

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/automation"
)

// recorder keeps what the engine reports of the current operation.
type recorder struct {
	mu     sync.Mutex
	steps  map[string]automation.Step // by URN, the last one
	said   []string                   // errors for people
	causes []error
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps, r.said, r.causes = map[string]automation.Step{}, nil, nil
}

func (r *recorder) observe(_ string, e automation.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.Step != nil && e.Step.Phase == automation.StepDone && !e.Step.Internal && !e.Step.Stack:
		if r.steps == nil {
			r.steps = map[string]automation.Step{}
		}
		r.steps[e.Step.URN] = *e.Step
	case e.Diagnostic != nil && e.Diagnostic.Severity == "error":
		r.said = append(r.said, strings.TrimSpace(e.Diagnostic.Message))
	}
}

func (r *recorder) failed(_ string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.causes = append(r.causes, err)
}

// explain replaces an error of the Automation API, which quotes whole outputs,
// by what the engine and the program said.
func (r *recorder) explain(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.said) > 0:
		return errors.New(strings.Join(r.said, "\n"))
	case len(r.causes) > 0:
		return errors.Join(r.causes...)
	}
	return err
}

// reference is the type of what estate.Use reads; it deploys nothing.
const reference = "pulumi:pulumi:StackReference"

// resources returns what is deployed, by type and name.
func (r *recorder) resources() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Resource
	for _, s := range r.steps {
		if s.Op == "delete" || s.Op == "delete-replaced" || s.Op == "discard" || s.Type == reference {
			continue
		}
		out = append(out, Resource{URN: s.URN, Type: s.Type, Name: s.Name, ID: s.ID, Parent: s.Parent, Custom: s.Custom,
			Inputs: s.NewInputs, Outputs: s.NewOutputs, Source: source(s.Source, s.Trace)})
	}
	slices.SortFunc(out, func(a, b Resource) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name), cmp.Compare(a.URN, b.URN))
	})
	return out
}

// source shortens a place to "dir/file.go:12".
func source(place string, trace []string) string {
	if place == "" && len(trace) > 0 {
		place = trace[0]
	}
	if place == "" {
		return ""
	}
	return path.Join(path.Base(path.Dir(place)), path.Base(place))
}

func (r Resource) String() string { return fmt.Sprintf("%s %s", r.Type, r.Name) }
