package policytest

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
)

// Load reads a file that `trunkline preview -o json` wrote. It has what changes
// and nothing else: resources that stay are missing, and inputs that do not change
// are unclear.
func Load(t testing.TB, file string) policy.ReviewInput {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rev, err := parse(text)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return rev
}

// preview is the part of trunkline.preview/v1 that a policy can use.
type preview struct {
	Schema   string
	Revision string
	Base     string
	Stacks   []struct {
		Stack, Environment string
		Changes            []change
	}
}

type change struct {
	policy.Change
	Diff []struct {
		Path     string
		Kind     string
		Old, New any
	}
}

func parse(text []byte) (policy.ReviewInput, error) {
	var p preview
	if err := json.Unmarshal(text, &p); err != nil {
		return policy.ReviewInput{}, err
	}
	if p.Schema != "trunkline.preview/v1" {
		return policy.ReviewInput{}, fmt.Errorf("the schema is %q, not trunkline.preview/v1", p.Schema)
	}
	rev := Review()
	rev.Head.SHA, rev.Base.SHA = p.Revision, p.Base
	for _, s := range p.Stacks {
		out := policy.Stack{Name: s.Stack, Environment: s.Environment}
		for _, c := range s.Changes {
			out.Resources = append(out.Resources, c.resource())
		}
		rev.Stacks = append(rev.Stacks, out)
	}
	return rev, nil
}

// resource reads what a difference tells about the inputs of a resource.
func (c change) resource() policy.Change {
	out := c.Change
	out.OldInputs, out.NewInputs = map[string]any{}, map[string]any{}
	for _, d := range c.Diff {
		out.OldInputs[d.Path], out.NewInputs[d.Path] = d.Old, d.New
	}
	switch out.Op {
	case policy.Create:
		out.OldInputs = nil // and everything that is new is in the difference
	case policy.Delete:
		out.NewInputs, out.Partial = nil, true
	default:
		out.Partial = true
	}
	return out
}
