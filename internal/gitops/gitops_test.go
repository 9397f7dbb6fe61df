package gitops_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestPulumiNamesRoundTrip(t *testing.T) {
	name := rapid.StringMatching(`[a-z][a-z0-9.-]{0,9}[a-z0-9]`)
	rapid.Check(t, func(t *rapid.T) {
		id := gitops.StackID{Name: name.Draw(t, "name"), Environment: rapid.StringMatching(`[a-z][a-z0-9-]{0,8}`).Draw(t, "env")}
		back, err := gitops.ParsePulumiName(id.PulumiName())
		if err != nil || back != id {
			t.Fatalf("%q came back as %+v, %v", id.PulumiName(), back, err)
		}
	})
	for _, bad := range []string{"", "data", ".dev", "data."} {
		if _, err := gitops.ParsePulumiName(bad); err == nil {
			t.Errorf("%q is taken for a stack name", bad)
		}
	}
}

func TestErrorsKeepKindPlaceAndCause(t *testing.T) {
	err := fmt.Errorf("dev/data: %w", &gitops.Error{Kind: gitops.Locked, What: "cannot read", Where: "a.yaml:3:1", Err: fs.ErrNotExist})
	if got, want := err.Error(), "dev/data: a.yaml:3:1: cannot read: file does not exist"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if gitops.KindOf(err) != gitops.Locked || !errors.Is(err, fs.ErrNotExist) {
		t.Error("kind or cause is lost")
	}
	if got := gitops.Errorf(gitops.Invalid, "no %w here", fs.ErrExist).Error(); got != "no file already exists here" {
		t.Errorf("got %q", got)
	}
	if gitops.KindOf(nil) != 0 || gitops.KindOf(errors.New("x")) != gitops.Failed {
		t.Error("an error without a kind is a plain failure, no error is none")
	}
}

// changes draws a change set with distinct URNs.
func changes(t *rapid.T) []gitops.Change {
	op := rapid.SampledFrom([]gitops.Op{gitops.OpCreate, gitops.OpUpdate, gitops.OpReplace, gitops.OpDelete})
	n := rapid.IntRange(0, 5).Draw(t, "n")
	out := make([]gitops.Change, n)
	for i := range out {
		out[i] = gitops.Change{URN: fmt.Sprint("urn-", i), Op: op.Draw(t, "op"), ReplaceKeys: []string{"b", "a"},
			Diff: []gitops.PropertyChange{{Path: "y", New: 1.0}, {Path: "x", New: rapid.String().Draw(t, "v")}}}
	}
	return out
}

func TestDigestIgnoresOrderPlaceAndExplanationsOnly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := gitops.ChangeSet{Stack: gitops.StackID{Name: "data", Environment: "dev"}, Changes: changes(t)}
		other := set
		other.Same = 7
		other.Changes = rapid.Permutation(slices.Clone(set.Changes)).Draw(t, "order")
		for i := range other.Changes {
			other.Changes[i].Source = "stacks/data/data.go:1"
			other.Changes[i].Diff = []gitops.PropertyChange{other.Changes[i].Diff[1], other.Changes[i].Diff[0]}
			other.Changes[i].Diff[0].From = []string{"network"}
			other.Changes[i].Before = map[string]any{"skipFinalSnapshot": true}
		}
		if set.Digest() != other.Digest() {
			t.Fatal("order, place or an explanation changed the digest")
		}
		if len(set.Changes) == 0 {
			return
		}
		other.Changes = slices.Clone(set.Changes)
		other.Changes[0].Diff = []gitops.PropertyChange{{Path: "y", New: 2.0}}
		if set.Digest() == other.Digest() {
			t.Fatal("another value did not change the digest")
		}
	})
}

func TestAnEmptyChangeSetHasOneDigest(t *testing.T) {
	a, b := gitops.ChangeSet{}, gitops.ChangeSet{Changes: []gitops.Change{}}
	if a.Digest() != b.Digest() {
		t.Error("nil and empty differ")
	}
}

func TestSummaryCountsEachChangeOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := gitops.ChangeSet{Changes: changes(t), Same: 3}
		s := set.Summary()
		if s.Changed() != len(set.Changes) || s.Same != 3 {
			t.Fatalf("%+v for %d changes", s, len(set.Changes))
		}
	})
}
