package sandbox_test

import (
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types/typestest"
)

// rejectedTypes is for how many types inputs that are accepted cannot be made
// from the description alone: one of a group deep inside must be given, or a
// text has a form for which there is no example.
const rejectedTypes = 40

func TestEveryTypeIsCreatedReadAndLeftAlone(t *testing.T) {
	t.Parallel()
	var catalog types.Catalog
	tokens, err := catalog.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, cloud(t))
	var rejected []string
	created := 0
	for _, token := range tokens {
		described, err := catalog.Find(token)
		if err != nil {
			t.Fatal(err)
		}
		in := typestest.Base(described, nil)
		if _, failures := e.check(urn(token, "x"), nil, in); len(failures) > 0 {
			rejected = append(rejected, token+": "+strings.Join(failures, "; "))
			continue
		}
		d, err := e.try(token, "x", in)
		if err != nil {
			if !strings.Contains(message(err), "api error") { // what it belongs to does not exist
				t.Errorf("create of %s: %v", token, err)
			}
			continue
		}
		created++
		settled(e, d, in)
		if arn, ok := values(t, d.outputs)["arn"].(string); ok && !strings.HasPrefix(arn, "arn:aws:") {
			t.Errorf("%s has the arn %q", token, arn)
		}
		if err := e.delete(d); err != nil {
			t.Errorf("delete of %s: %v", token, err)
		}
	}
	t.Logf("%d of %d types were created from their smallest inputs", created, len(tokens))
	if len(rejected) > rejectedTypes {
		t.Errorf("%d types rejected their smallest inputs:\n%s", len(rejected), strings.Join(rejected, "\n"))
	}
}

// A change of one input of any type differs in that input and in nothing that
// was not touched; taking it back differs in nothing.
func TestChangeOfOneInputDiffersInThatInput(t *testing.T) {
	t.Parallel()
	var catalog types.Catalog
	tokens, err := catalog.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t, cloud(t))
	changed := 0
	for i, token := range tokens {
		if i%5 != 0 { // every fifth type stands for its neighbours
			continue
		}
		described, err := catalog.Find(token)
		if err != nil {
			t.Fatal(err)
		}
		in := typestest.Base(described, nil)
		if _, failures := e.check(urn(token, "x"), nil, in); len(failures) > 0 {
			continue
		}
		d, err := e.try(token, "x", in)
		if err != nil {
			continue
		}
		for name, p := range described.Properties {
			v, ok := typestest.Example(name, p, 1)
			if !ok || p.In != "optional" || in[name] != nil || len(p.Conflicts) > 0 || len(p.Needs) > 0 {
				continue
			}
			after := typestest.With(described, in, name, v)
			if _, failures := e.check(d.urn, d.inputs, after); len(failures) > 0 {
				continue
			}
			diff, _ := e.diff(d, after)
			if diff.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME && !slices.Contains(diff.GetDiffs(), name) {
				t.Errorf("a change of %s.%s differs in %v", token, name, diff.GetDiffs())
			}
			changed++
		}
	}
	if changed < 1000 {
		t.Errorf("only %d inputs could be changed", changed)
	}
}
