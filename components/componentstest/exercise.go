package componentstest

import (
	"reflect"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Subject is a component under test.
type Subject struct {
	// Token is the component's type, written out: it is part of the identity of
	// everything that is deployed, and must never change.
	Token string
	// New makes the component with the smallest arguments that are allowed.
	New func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error)
	// NewTagged makes it with the tag "owner" = "payments".
	NewTagged func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error)
}

// Exercise checks the promises that hold for every component.
func Exercise(t *testing.T, s Subject) {
	t.Helper()
	for _, c := range checks {
		t.Run(c.promise, func(t *testing.T) {
			problems, err := c.check(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}

// checks are the promises of every component. A check runs the component, and
// returns what contradicts the promise.
var checks = []struct {
	promise string
	check   func(Subject) ([]string, error)
}{
	{"its type and inputs are recorded", recordsItself},
	{"every child has it as parent and its name in front", ownsItsChildren},
	{"no physical name is fixed", fixesNoNames},
	{"its outputs are registered once and set", setsOutputs},
	{"tags reach every child that can have them", passesTagsOn},
	{"a preview with unknown values registers the same", previewsTheSame},
	{"two of them live in one stack", canBeTwo},
	{"protecting it protects its children", passesOptionsOn},
}

// small is a program with one component, called main.
func (s Subject) small(ctx *pulumi.Context) error {
	_, err := s.New(ctx, "main")
	return err
}

// settled resolves every field of the component that has a `pulumi` tag.
// Fields that are not outputs, or not set, are missing.
func (s Subject) settled() (fields []string, values map[string]any, err error) {
	var mu sync.Mutex
	values = map[string]any{}
	_, err = Record(func(ctx *pulumi.Context) error {
		self, err := s.New(ctx, "main")
		if err != nil {
			return err
		}
		v := reflect.ValueOf(self).Elem()
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("pulumi")
			if tag == "" {
				continue
			}
			fields = append(fields, tag)
			out, ok := v.Field(i).Interface().(pulumi.Output)
			if !ok || v.Field(i).IsZero() {
				continue
			}
			ctx.Export(tag, out.ApplyT(func(v any) any {
				mu.Lock()
				defer mu.Unlock()
				values[tag] = v
				return v
			}))
		}
		return nil
	})
	return fields, values, err
}
