package checkout_test

import (
	"testing"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// forked is a repository whose branches main and side have both gone on.
func forked(t *testing.T, onMain, onSide map[string]string) (r repo, opened *checkout.Repo, base, head gitops.Revision) {
	t.Helper()
	r = newRepo(t, map[string]string{"a": "1\n", "b": "1\n"})
	r.git("checkout", "-q", "-b", "side")
	r.commit("on side", onSide)
	r.git("checkout", "-q", "main")
	if onMain != nil {
		r.commit("on main", onMain)
	}
	opened = r.open(checkout.Options{})
	t.Cleanup(func() { _ = opened.Close() })
	find := func(name string) gitops.Revision {
		rev, err := opened.Resolve(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return rev
	}
	return r, opened, find("main"), find("side")
}

func TestMergeHasTheChangesOfBothAndLeavesTheCloneAlone(t *testing.T) {
	t.Parallel()
	r, opened, base, head := forked(t, map[string]string{"a": "2\n"}, map[string]string{"b": "2\n"})
	before := fingerprint(t, r.dir)
	merged, err := opened.Merge(t.Context(), base, head)
	if err != nil {
		t.Fatal(err)
	}
	wantFile(t, opened, merged, "a", "2\n")
	wantFile(t, opened, merged, "b", "2\n")
	if after := fingerprint(t, r.dir); after != before {
		t.Error("the clone was changed")
	}
	again, err := r.open(checkout.Options{}).Merge(t.Context(), base, head)
	if err != nil || again.SHA != merged.SHA {
		t.Errorf("the second merge is %s, %v; want %s", again.SHA, err, merged.SHA)
	}
}

func TestMergeOfABranchThatHasItsBaseIsTheBranch(t *testing.T) {
	t.Parallel()
	_, opened, base, head := forked(t, nil, map[string]string{"b": "2\n"})
	merged, err := opened.Merge(t.Context(), base, head)
	if err != nil || merged.SHA != head.SHA || opened.Store != "" {
		t.Errorf("merged is %s, %v", merged.SHA, err)
	}
}

func TestMergeThatConflictsNamesTheFiles(t *testing.T) {
	t.Parallel()
	_, opened, base, head := forked(t, map[string]string{"a": "2\n", "b": "2\n"}, map[string]string{"a": "3\n", "b": "2\n"})
	_, err := opened.Merge(t.Context(), base, head)
	wantError(t, err, gitops.Invalid, "cannot be merged", "both change a", "push again")
}
