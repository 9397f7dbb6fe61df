package forgetest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// exerciseSticky keeps the one comment of a pull request through its life.
func exerciseSticky(t *testing.T, w World) {
	ctx, n := t.Context(), w.Propose(t, "a").Number
	bot, stranger := w.Connect(t, Connection{As: Bot}), w.Connect(t, Connection{As: Stranger})
	clock := NewClock(time.Now())
	const marker = "<!-- trunkline:pr v1 id=main "
	run := func(g comment.Generation) *comment.Sticky {
		return comment.New(comment.Options{Forge: bot, Number: n, Marker: marker, Generation: g, Now: clock.Now, Wait: clock.Wait})
	}
	text := func(s string) string { return marker + "sha=1a2b3c4 -->\n" + s + "\n" }

	theirs := must1[gitops.Comment](t)(stranger.CreateComment(ctx, n, text("all is well")))
	first := run(comment.Generation{Run: 1})
	must(t, first.Write(ctx, text("previewing")))
	second := run(comment.Generation{Run: 2})
	must(t, second.Outdate(ctx, "That was the commit before."))
	if err := first.Finish(ctx, text("old result")); !errors.Is(err, comment.ErrSuperseded) {
		t.Errorf("got %v, want superseded", err)
	}
	must(t, second.Finish(ctx, text("new result")))
	if first.Comment().ID != second.Comment().ID {
		t.Errorf("comment %s became %s", first.Comment().ID, second.Comment().ID)
	}
	must(t, bot.DeleteComment(ctx, n, second.Comment().ID))
	deploy := run(comment.Generation{Deployment: true, Run: 1})
	must(t, second.Finish(ctx, text("new result")))
	must(t, deploy.Finish(ctx, text("deployed")))

	wantComment(t, bot, n, theirs)
	var ours []gitops.Comment
	for c, err := range bot.Comments(ctx, n) {
		must(t, err)
		if c.ID != theirs.ID {
			ours = append(ours, c)
		}
	}
	if len(ours) != 1 {
		t.Fatalf("there are %d comments of ours, want one", len(ours))
	}
	p, ok := comment.Parse(ours[0].Body, marker)
	if !ok || p.Generation.String() != "d1.0" || !strings.HasPrefix(p.Text, "deployed\n") || !strings.Contains(p.Text, "new result") {
		t.Errorf("the comment is %q", ours[0].Body)
	}
}
