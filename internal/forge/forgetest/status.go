package forgetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func exerciseStatuses(t *testing.T, open func(t *testing.T) World) {
	t.Run("the last one of a context counts", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		ctx, f, sha := t.Context(), w.Connect(t, Connection{As: Bot}), w.Propose(t, "a").Head.SHA
		all := gitops.Status{Context: "trunkline", State: gitops.StatusPending, Description: "previewing", URL: "https://ci.example.test/1"}
		production := gitops.Status{Context: "trunkline/production", State: gitops.StatusFailure, Description: "1 failed", URL: "https://ci.example.test/1"}
		must(t, f.SetStatus(ctx, sha, all))
		must(t, f.SetStatus(ctx, sha, all))
		must(t, f.SetStatus(ctx, sha, production))
		for _, state := range []gitops.StatusState{gitops.StatusSuccess, gitops.StatusPending, gitops.StatusError, gitops.StatusFailure, gitops.StatusSuccess} {
			all.State, all.Description = state, "now "+string(state)
			must(t, f.SetStatus(ctx, sha, all))
			wantStatuses(t, w, sha, all, production)
		}
	})
	t.Run("a long description is cut", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		f, sha := w.Connect(t, Connection{As: Bot}), w.Propose(t, "a").Head.SHA
		must(t, f.SetStatus(t.Context(), sha, gitops.Status{
			Context: "trunkline", State: gitops.StatusSuccess, Description: strings.Repeat("ü", 2000),
		}))
		got := w.Statuses(t, sha)
		if len(got) != 1 {
			t.Fatalf("there are %d statuses", len(got))
		}
		if n, limit := len([]rune(got[0].Description)), f.Limits().Description; n != limit || !strings.HasSuffix(got[0].Description, "…") {
			t.Errorf("the description has %d characters, want %d that end in …", n, limit)
		}
	})
	t.Run("a commit that is not there has none", func(t *testing.T) {
		t.Parallel()
		err := open(t).Connect(t, Connection{As: Bot}).SetStatus(t.Context(), strings.Repeat("0f", 20),
			gitops.Status{Context: "trunkline", State: gitops.StatusSuccess})
		wantKind(t, err, gitops.NotFound)
	})
	t.Run("only a full commit name is taken", func(t *testing.T) {
		t.Parallel()
		f := open(t).Connect(t, Connection{As: Bot})
		for _, sha := range []string{"", "main", "abc", "../../x", strings.Repeat("g", 40)} {
			wantKind(t, f.SetStatus(t.Context(), sha, gitops.Status{Context: "trunkline", State: gitops.StatusSuccess}), gitops.Invalid)
			_, err := f.PullRequestsOf(t.Context(), sha)
			wantKind(t, err, gitops.Invalid)
		}
	})
}

func wantStatuses(t *testing.T, w World, sha string, want ...gitops.Status) {
	t.Helper()
	got := w.Statuses(t, sha)
	if alike, ok := w.(interface{ ShowsErrorsAsFailures() bool }); ok && alike.ShowsErrorsAsFailures() {
		want = slices.Clone(want)
		for i := range want {
			if want[i].State == gitops.StatusError {
				want[i].State = gitops.StatusFailure
			}
		}
	}
	slices.SortFunc(got, func(a, b gitops.Status) int { return cmp.Compare(a.Context, b.Context) })
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("statuses, -want +got:\n%s", diff)
	}
}

func exerciseCheckRuns(t *testing.T, w World) {
	ctx, f, sha := t.Context(), w.Connect(t, Connection{As: Bot}), w.Propose(t, "a").Head.SHA
	run := gitops.CheckRun{Name: "trunkline", State: gitops.StatusPending, Title: "previewing", Summary: "…", URL: "https://ci.example.test/1"}
	if !f.Limits().CheckRuns {
		wantKind(t, f.SetCheckRun(ctx, sha, run), gitops.Invalid)
		return
	}
	must(t, f.SetCheckRun(ctx, sha, run))
	run.State, run.Title = gitops.StatusFailure, "1 stack loses data"
	for i := range 120 {
		run.Annotations = append(run.Annotations, gitops.Annotation{
			File: "stacks/data/data.go", Line: i + 1, Level: "warning", Title: fmt.Sprint("title ", i), Message: "orders is replaced",
		})
	}
	must(t, f.SetCheckRun(ctx, sha, run))
	if diff := gocmp.Diff([]gitops.CheckRun{run}, w.CheckRuns(t, sha)); diff != "" {
		t.Errorf("check runs, -want +got:\n%s", diff)
	}
}
