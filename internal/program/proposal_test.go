package program

import (
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/policy"
)

func TestAProposalIsReadAsTheDocumentThatItIs(t *testing.T) {
	t.Parallel()
	site := policy.Stack{Name: "site", Environment: "dev", Resources: []policy.Change{{URN: "urn:1", Op: policy.Create, NewInputs: map[string]any{"a": "<b>", "n": 1.5}}}}
	for name, stacks := range map[string][]policy.Stack{"none": {}, "one": {site}, "three": {site, {Name: "data"}, site}} {
		in := policy.ReviewInput{Schema: policy.InputSchema, Actor: "ann", Environments: []policy.Environment{{Name: "dev"}}, Stacks: stacks}
		text, err := io.ReadAll(iotest.OneByteReader(newProposalReader(in)))
		if err != nil {
			t.Fatal(name, err)
		}
		var got policy.ReviewInput
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v in %s", name, err, text)
		}
		if diff := cmp.Diff(in, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestAProposalThatCannotBeWrittenEndsWithTheReason(t *testing.T) {
	t.Parallel()
	r := newProposalReader(policy.ReviewInput{Stacks: []policy.Stack{{Resources: []policy.Change{{NewInputs: map[string]any{"f": func() {}}}}}}})
	if _, err := io.ReadAll(r); err == nil || r.failure() == nil {
		t.Error("it ended as if it were whole")
	}
	r = newProposalReader(policy.ReviewInput{Stacks: []policy.Stack{{Name: strings.Repeat("x", maxProposal+1)}}})
	if _, err := io.Copy(io.Discard, r); err == nil || !strings.Contains(err.Error(), "more than the 256 MiB") {
		t.Error(err)
	}
}
