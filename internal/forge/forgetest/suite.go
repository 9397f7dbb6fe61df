package forgetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Run tests everything that gitops.Forge promises. Each test opens a world of
// its own.
func Run(t *testing.T, open func(t *testing.T) World) {
	t.Run("pull requests", func(t *testing.T) { t.Parallel(); exercisePulls(t, open) })
	t.Run("comments", func(t *testing.T) { t.Parallel(); exerciseComments(t, open) })
	t.Run("many comments", func(t *testing.T) { t.Parallel(); exerciseManyComments(t, open(t)) })
	t.Run("the one comment of a pull request", func(t *testing.T) { t.Parallel(); exerciseSticky(t, open(t)) })
	t.Run("statuses", func(t *testing.T) { t.Parallel(); exerciseStatuses(t, open) })
	t.Run("check runs", func(t *testing.T) { t.Parallel(); exerciseCheckRuns(t, open(t)) })
	t.Run("a cancelled call ends", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		pr := w.Propose(t, "a")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := w.Connect(t, Connection{As: Bot}).PullRequest(ctx, pr.Number)
		wantKind(t, err, gitops.Cancelled)
	})
}

func exercisePulls(t *testing.T, open func(t *testing.T) World) {
	t.Run("one is read as it was proposed", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		want := w.Propose(t, "Add a queue: <b> & `x`")
		got := must1[gitops.PullRequest](t)(w.Connect(t, Connection{As: Bot}).PullRequest(t.Context(), want.Number))
		if got.URL == "" {
			t.Error("it has no address")
		}
		want.URL = got.URL
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	t.Run("a push moves the head, a merge the base", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		f := w.Connect(t, Connection{As: Bot})
		a, b := w.Propose(t, "a"), w.Propose(t, "b")
		head, trunk := w.Push(t, a.Number), w.Merge(t, b.Number, false)
		got := must1[gitops.PullRequest](t)(f.PullRequest(t.Context(), a.Number))
		if got.Head.SHA != head || got.Base.SHA != trunk {
			t.Errorf("head %s on %s, want %s on %s", got.Head.SHA, got.Base.SHA, head, trunk)
		}
	})
	for _, squash := range []bool{false, true} {
		t.Run(fmt.Sprintf("a merged one is found by its commit, squash %v", squash), func(t *testing.T) {
			t.Parallel()
			w := open(t)
			f := w.Connect(t, Connection{As: Bot})
			w.Propose(t, "another")
			pr := w.Propose(t, "a")
			sha := w.Merge(t, pr.Number, squash)
			got := must1[gitops.PullRequest](t)(f.PullRequest(t.Context(), pr.Number))
			if !got.Closed || got.Merged != sha || got.Head.SHA != pr.Head.SHA {
				t.Errorf("closed %v, merged as %q, head %s; want true, %s, %s", got.Closed, got.Merged, got.Head.SHA, sha, pr.Head.SHA)
			}
			of := must1[[]gitops.PullRequest](t)(f.PullRequestsOf(t.Context(), sha))
			if len(of) != 1 || of[0].Number != pr.Number || of[0].Merged != sha {
				t.Errorf("the commit came from %+v, want #%d", of, pr.Number)
			}
		})
	}
	t.Run("a commit that was pushed to the trunk came from none", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		of := must1[[]gitops.PullRequest](t)(w.Connect(t, Connection{As: Bot}).PullRequestsOf(t.Context(), w.Trunk(t)))
		if len(of) != 0 {
			t.Errorf("got %+v", of)
		}
	})
	t.Run("one that is not there is not found", func(t *testing.T) {
		t.Parallel()
		_, err := open(t).Connect(t, Connection{As: Bot}).PullRequest(t.Context(), 4711)
		wantKind(t, err, gitops.NotFound)
	})
}

// hostileBody is Markdown that a forge must give back as it got it.
const hostileBody = "<!-- trunkline:pr v1 id=a -->\n### ünïcode 🚀 | a \\| b\n\n```diff\n- a\n+ b\n```\n<details><summary>x</summary>\n\n&lt;b&gt; \"q\" @nobody #99999\n\n</details>\n<!-- trunkline:end -->"

func exerciseComments(t *testing.T, open func(t *testing.T) World) {
	t.Run("one is created, read, edited and taken back", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		ctx, f, n := t.Context(), w.Connect(t, Connection{As: Bot}), w.Propose(t, "a").Number
		me := must1[string](t)(f.Me(ctx))
		created := must1[gitops.Comment](t)(f.CreateComment(ctx, n, hostileBody))
		if created.ID == "" || created.Author != me || created.Body != hostileBody || created.URL == "" {
			t.Fatalf("created %+v by %q", created, me)
		}
		wantComment(t, f, n, created)
		edited := must1[gitops.Comment](t)(f.EditComment(ctx, n, created.ID, "other"))
		created.Body = "other"
		if diff := cmp.Diff(created, edited); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		wantComment(t, f, n, edited)
		must(t, f.DeleteComment(ctx, n, created.ID))
		must(t, f.DeleteComment(ctx, n, created.ID))
		_, err := f.Comment(ctx, n, created.ID)
		wantKind(t, err, gitops.NotFound)
		_, err = f.EditComment(ctx, n, created.ID, "again")
		wantKind(t, err, gitops.NotFound)
		wantBodies(t, f, n)
	})
	t.Run("they come oldest first and say who wrote them", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		ctx, n := t.Context(), w.Propose(t, "a").Number
		bot, stranger := w.Connect(t, Connection{As: Bot}), w.Connect(t, Connection{As: Stranger})
		a := must1[gitops.Comment](t)(bot.CreateComment(ctx, n, "a"))
		b := must1[gitops.Comment](t)(stranger.CreateComment(ctx, n, "b"))
		must1[gitops.Comment](t)(bot.CreateComment(ctx, n, "c"))
		must1[gitops.Comment](t)(bot.EditComment(ctx, n, a.ID, "a2"))
		if a.Author == b.Author {
			t.Errorf("both were written by %q", a.Author)
		}
		wantBodies(t, bot, n, "a2", "b", "c")
	})
	t.Run("nobody edits or deletes what somebody else wrote", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		ctx, n := t.Context(), w.Propose(t, "a").Number
		bot, stranger := w.Connect(t, Connection{As: Bot}), w.Connect(t, Connection{As: Stranger})
		c := must1[gitops.Comment](t)(bot.CreateComment(ctx, n, "mine"))
		_, err := stranger.EditComment(ctx, n, c.ID, "yours")
		wantKind(t, err, gitops.Denied)
		wantKind(t, stranger.DeleteComment(ctx, n, c.ID), gitops.Denied)
		wantBodies(t, bot, n, "mine")
	})
	t.Run("a comment of one pull request is not that of another", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		ctx, f := t.Context(), w.Connect(t, Connection{As: Bot})
		a, b := w.Propose(t, "a").Number, w.Propose(t, "b").Number
		c := must1[gitops.Comment](t)(f.CreateComment(ctx, a, "of a"))
		_, err := f.Comment(ctx, b, c.ID)
		wantKind(t, err, gitops.NotFound)
		_, err = f.EditComment(ctx, b, c.ID, "of b")
		wantKind(t, err, gitops.NotFound)
		for _, id := range []string{"", "0", "-1", "x", "../1", "1/../2", "999999"} {
			_, err = f.Comment(ctx, a, id)
			wantKind(t, err, gitops.NotFound)
		}
		wantBodies(t, f, a, "of a")
		wantBodies(t, f, b)
	})
	t.Run("one that is too long is refused and says so", func(t *testing.T) {
		t.Parallel()
		w := open(t)
		ctx, f, n := t.Context(), w.Connect(t, Connection{As: Bot}), w.Propose(t, "a").Number
		limit := f.Limits().Comment
		_, err := f.CreateComment(ctx, n, strings.Repeat("ü", limit+1))
		wantKind(t, err, gitops.Invalid)
		c := must1[gitops.Comment](t)(f.CreateComment(ctx, n, strings.Repeat("ü", limit)))
		_, err = f.EditComment(ctx, n, c.ID, strings.Repeat("ü", limit+1))
		wantKind(t, err, gitops.Invalid)
		if !strings.Contains(err.Error(), "too long") {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("there is no comment where there is no pull request", func(t *testing.T) {
		t.Parallel()
		f := open(t).Connect(t, Connection{As: Bot})
		_, err := f.CreateComment(t.Context(), 4711, "a")
		wantKind(t, err, gitops.NotFound)
		for _, err := range f.Comments(t.Context(), 4711) {
			wantKind(t, err, gitops.NotFound)
		}
	})
}

func exerciseManyComments(t *testing.T, w World) {
	ctx, f, n := t.Context(), w.Connect(t, Connection{As: Bot}), w.Propose(t, "a").Number
	var want []string
	for i := range 120 {
		body := fmt.Sprintf("comment %d", i)
		must1[gitops.Comment](t)(f.CreateComment(ctx, n, body))
		want = append(want, body)
	}
	wantBodies(t, f, n, want...)
	seen := 0
	for _, err := range f.Comments(ctx, n) {
		must(t, err)
		if seen++; seen == 3 {
			break
		}
	}
}

func wantComment(t *testing.T, f gitops.Forge, number int, want gitops.Comment) {
	t.Helper()
	got := must1[gitops.Comment](t)(f.Comment(t.Context(), number, want.ID))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func wantBodies(t *testing.T, f gitops.Forge, number int, want ...string) {
	t.Helper()
	var got []string
	for c, err := range f.Comments(t.Context(), number) {
		must(t, err)
		got = append(got, c.Body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("comments, -want +got:\n%s", diff)
	}
}
