package checkout_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// wantFile checks a file of a commit that was fetched.
func wantFile(t *testing.T, r *checkout.Repo, rev gitops.Revision, name, content string) {
	t.Helper()
	tree, err := r.At(t.Context(), rev)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	got, err := os.ReadFile(filepath.Join(tree.Dir, name))
	if err != nil || string(got) != content {
		t.Errorf("%s of %s is %q, %v", name, rev.Short(), got, err)
	}
}

// fingerprint is everything in a directory that fetching could change.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for name, c := range content(t, filepath.Join(dir, ".git")) {
		if name != "index" {
			all.WriteString(name + "\x00" + c + "\n")
		}
	}
	return strings.Join(sorted(all.String()), "\n")
}

func TestFetchBringsBaseHeadAndWhereTheyMeet(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, start, base, head := proposed(t, 3, 3)
	remote := forge.publish(source, "shop")
	for name, args := range map[string][]string{
		"whole clone of one branch":   {"--single-branch"},
		"whole clone":                 nil,
		"newest commit only":          {"--depth=1"},
		"newest two commits":          {"--depth=2", "--no-single-branch"},
		"clone without file contents": {"--filter=blob:none", "--no-checkout"},
	} {
		t.Run(name, func(t *testing.T) {
			if strings.Contains(name, "contents") {
				source.git("-C", filepath.Join(forge.dir, "shop.git"), "config", "uploadpack.allowFilter", "true")
			}
			clone := forge.clone(t, remote, args...)
			before := fingerprint(t, clone.dir)
			temp := t.TempDir()
			r := clone.open(checkout.Options{TempDir: temp})
			got, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, HeadBranch: "feature", History: true})
			if err != nil {
				t.Fatal(err)
			}
			if got.Base.SHA != base || got.Head.SHA != head || got.MergeBase.SHA != start || got.Moved != "" || got.Gone || got.Head.Subject != "on feature" {
				t.Errorf("fetched %+v", got)
			}
			wantFile(t, r, got.Head, "feature", "2")
			wantFile(t, r, got.Base, "main", "2")
			wantFile(t, r, got.MergeBase, "a", "1")
			again := clone.open(checkout.Options{Store: r.Store})
			wantFile(t, again, got.Head, "feature", "2")
			if _, err := again.Head(t.Context()); err != nil {
				t.Error(err)
			}
			if after := fingerprint(t, clone.dir); after != before {
				t.Errorf("the clone was changed:\n%s\n---\n%s", before, after)
			}
			for range 2 {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
			if left, _ := os.ReadDir(temp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestAJobWithoutACloneFetchesAll(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, start, base, head := proposed(t, 1, 1)
	remote := forge.publish(source, "shop")
	r, err := checkout.Bare("", checkout.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, History: true})
	if err != nil {
		t.Fatal(err)
	}
	if got.MergeBase.SHA != start {
		t.Errorf("merge base is %s", got.MergeBase.SHA)
	}
	wantFile(t, r, got.Head, "feature", "2")
}

func TestACloneThatHasEverythingIsNotFetchedInto(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, start, base, head := proposed(t, 1, 1)
	remote := forge.publish(source, "shop")
	clone := forge.clone(t, remote)
	r := clone.open(checkout.Options{})
	defer r.Close()
	got, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, History: true})
	if err != nil || got.MergeBase.SHA != start {
		t.Fatalf("%+v, %v", got, err)
	}
	if n := forge.fetches(); n > 0 {
		t.Errorf("%d packs were asked for", n)
	}
}

func TestAShallowCloneIsDeepenedUntilTheBranchesMeet(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, start, base, head := proposed(t, 120, 4)
	remote := forge.publish(source, "shop")
	clone := forge.clone(t, remote, "--depth=1")
	r := clone.open(checkout.Options{})
	defer r.Close()
	got, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, History: true})
	if err != nil || got.MergeBase.SHA != start {
		t.Fatalf("%+v, %v", got, err)
	}
	log, more, err := r.Log(t.Context(), got.MergeBase, got.Base, 5)
	if err != nil || len(log) != 5 || more != 116 || log[0].SHA != base || log[0].Subject != "on main" {
		t.Errorf("log is %+v and %d more, %v", log, more, err)
	}
}

func TestHistoriesThatNeverMeetAreAnError(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, _, base, _ := proposed(t, 1, 1)
	source.git("checkout", "-q", "--orphan", "alone")
	head := source.commit("alone", nil)
	remote := forge.publish(source, "shop")
	clone := forge.clone(t, remote, "--depth=1")
	r := clone.open(checkout.Options{})
	defer r.Close()
	_, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, History: true})
	wantError(t, err, gitops.NotFound, "no commit in common")
}

func TestAForcePushDuringTheRunIsToldAndTheRunGoesOn(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, start, base, head := proposed(t, 1, 1)
	remote := forge.publish(source, "shop")
	source.git("checkout", "-q", "-B", "feature", start)
	newer := source.commit("another try", map[string]string{"feature": "3"})
	source.git("push", "-q", "--force", "origin", "feature")
	clone := forge.clone(t, remote, "--depth=1", "--branch=feature")
	r := clone.open(checkout.Options{})
	defer r.Close()
	want := checkout.Wanted{Base: base, Head: head, HeadBranch: "feature", History: true}
	got, err := r.Fetch(t.Context(), remote, want)
	if err != nil || got.Head.SHA != head || got.Moved != newer || got.Gone {
		t.Fatalf("%+v, %v", got, err)
	}
	wantFile(t, r, got.Head, "feature", "2")

	source.git("push", "-q", "origin", "--delete", "feature")
	if got, err = r.Fetch(t.Context(), remote, want); err != nil || !got.Gone || got.Moved != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestACommitThatTheForgeLostIsNotFound(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, _, _, _ := proposed(t, 0, 0)
	remote := forge.publish(source, "shop")
	r := forge.clone(t, remote, "--depth=1").open(checkout.Options{})
	defer r.Close()
	_, err := r.Fetch(t.Context(), remote, checkout.Wanted{Head: strings.Repeat("ab", 20)})
	wantError(t, err, gitops.NotFound, "any more", "newer run")
}

func TestARepositoryOnThisMachineIsFetchedFromOnlyWhenAllowed(t *testing.T) {
	t.Parallel()
	source, start, base, head := proposed(t, 1, 1)
	bare := filepath.Join(t.TempDir(), "shop.git")
	source.git("clone", "-q", "--bare", ".", bare)
	r, err := checkout.Bare("", checkout.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	want := checkout.Wanted{Base: base, Head: head, HeadBranch: "feature", History: true}
	got, err := r.Fetch(t.Context(), checkout.Remote{URL: bare, Local: true}, want)
	if err != nil || got.MergeBase.SHA != start {
		t.Fatalf("%+v, %v", got, err)
	}
	_, err = r.Fetch(t.Context(), checkout.Remote{URL: bare}, want)
	wantError(t, err, gitops.Invalid, "neither https nor http")
	_, err = r.Fetch(t.Context(), checkout.Remote{URL: "file://" + bare, Local: true}, want)
	wantError(t, err, gitops.Invalid, "neither https nor http")
}

func TestLogListsWhatShips(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	start := r.git("rev-parse", "HEAD")
	one := r.commit("one", map[string]string{"a": "1"})
	r.git("checkout", "-q", "-b", "side")
	r.commit("on side", map[string]string{"b": "1"})
	r.git("checkout", "-q", "main")
	r.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
	merge := r.git("rev-parse", "HEAD")
	opened := r.open(checkout.Options{})
	log, more, err := opened.Log(t.Context(), gitops.Revision{SHA: start}, gitops.Revision{SHA: merge}, 10)
	if err != nil || more != 0 || len(log) != 2 || log[0].SHA != merge || log[0].Subject != "Merge side" || log[1].SHA != one || log[1].Author != "Ana" {
		t.Errorf("log is %+v and %d more, %v", log, more, err)
	}
	if log, more, err = opened.Log(t.Context(), gitops.Revision{SHA: merge}, gitops.Revision{SHA: start}, 10); err != nil || len(log) > 0 || more > 0 {
		t.Errorf("log is %+v and %d more, %v", log, more, err)
	}
	_, _, err = opened.Log(t.Context(), gitops.Revision{SHA: strings.Repeat("0", 40)}, gitops.Revision{SHA: merge}, 10)
	wantError(t, err, gitops.NotFound, "no commit")
}
