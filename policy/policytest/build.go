package policytest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/policy"
)

// Inputs are the inputs of a resource: texts, numbers, booleans, and lists and maps
// of them, with policy.Masked and policy.Unknown for what nobody is shown.
type Inputs map[string]any

// Part is a part of what is proposed.
type Part func(*policy.ReviewInput)

// Now is the time of every review that does not say another one with At.
func Now() time.Time { return time.Date(2026, time.January, 2, 15, 4, 5, 0, time.UTC) }

// Review puts together what is proposed. Its environments are those of its
// stacks, unless Environment says more about them.
func Review(parts ...Part) policy.ReviewInput {
	rev := policy.ReviewInput{Schema: policy.InputSchema, Actor: "ann", Time: Now()}
	for _, p := range parts {
		p(&rev)
	}
	return rev
}

// Stack is a stack with what happens to its resources.
func Stack(name, environment string, resources ...policy.Change) Part {
	return func(rev *policy.ReviewInput) {
		s := policy.Stack{Name: name, Environment: environment}
		for _, c := range resources {
			c.URN = "urn:pulumi:" + name + "." + environment + "::test::" + c.Type + "::" + c.Name
			c.OldInputs, c.NewInputs = plain(c.OldInputs), plain(c.NewInputs)
			s.Resources = append(s.Resources, c)
		}
		rev.Stacks = append(rev.Stacks, s)
	}
}

// plain turns inputs into the plain JSON values that a policy gets.
func plain(inputs map[string]any) map[string]any {
	if inputs == nil {
		return nil
	}
	text, err := json.Marshal(inputs)
	var out map[string]any
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("policytest: these are no inputs of a resource: %v", err))
	}
	return out
}

// Environment says more about an environment than its name.
func Environment(env policy.Environment) Part {
	return func(rev *policy.ReviewInput) { rev.Environments = append(rev.Environments, env) }
}

// At sets the time, Approved that somebody has agreed.
func At(when time.Time) Part { return func(rev *policy.ReviewInput) { rev.Time = when } }

// Approved tells that somebody has agreed to exactly these changes.
func Approved() Part { return func(rev *policy.ReviewInput) { rev.Approved = true } }

// DefaultTags are tags that the provider puts on everything in the stacks so far.
func DefaultTags(tags map[string]string) Part {
	return func(rev *policy.ReviewInput) {
		for i := range rev.Stacks {
			rev.Stacks[i].DefaultTags = tags
		}
	}
}

// Create is a new resource.
func Create(typ, name string, inputs Inputs) policy.Change {
	return policy.Change{Type: typ, Name: name, Op: policy.Create, NewInputs: inputs}
}

// Update is a resource that changes in place.
func Update(typ, name string, before, after Inputs) policy.Change {
	return policy.Change{Type: typ, Name: name, Op: policy.Update, OldInputs: before, NewInputs: after}
}

// Replace is a resource that another one takes the place of.
func Replace(typ, name string, before, after Inputs) policy.Change {
	return policy.Change{Type: typ, Name: name, Op: policy.Replace, OldInputs: before, NewInputs: after}
}

// Delete is a resource that goes.
func Delete(typ, name string, before Inputs) policy.Change {
	return policy.Change{Type: typ, Name: name, Op: policy.Delete, OldInputs: before}
}

// Same is a resource that stays as it is.
func Same(typ, name string, inputs Inputs) policy.Change {
	return policy.Change{Type: typ, Name: name, Op: policy.Same, NewInputs: inputs}
}

// line is a violation as a person would say it.
func line(v policy.Violation) string {
	var where []string
	if v.Environment != "" {
		where = append(where, v.Environment+"/"+v.Stack)
	}
	if v.Name != "" {
		where = append(where, v.Name)
	}
	if len(where) == 0 {
		return v.Message
	}
	return strings.Join(where, " ") + ": " + v.Message
}
