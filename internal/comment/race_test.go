package comment_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/comment"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// between runs something once, right before the forge changes a comment: what
// another run does while a call is on its way.
type between struct {
	gitops.Forge
	edit, create, list func()
}

func once(f *func()) {
	if g := *f; g != nil {
		*f = nil
		g()
	}
}

func (b *between) EditComment(ctx context.Context, n int, id, body string) (gitops.Comment, error) {
	once(&b.edit)
	return b.Forge.EditComment(ctx, n, id, body)
}

func (b *between) CreateComment(ctx context.Context, n int, body string) (gitops.Comment, error) {
	once(&b.create)
	return b.Forge.CreateComment(ctx, n, body)
}

func (b *between) Comments(ctx context.Context, n int) iter.Seq2[gitops.Comment, error] {
	once(&b.list)
	return b.Forge.Comments(ctx, n)
}

func TestOldEditThatArrivesLateIsOverwrittenByTheNewRun(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	slow := &between{Forge: d.as(t, "bot")}
	older := d.through(slow, comment.Generation{Run: 1})
	newer := d.through(d.as(t, "bot"), comment.Generation{Run: 2})
	must(t, older.Write(ctx, body("old begins")))
	// The old run has read the comment and is about to write it when the new run
	// begins and ends. The old edit arrives while the new run settles.
	slow.edit = func() { must(t, newer.Write(ctx, body("new begins"))) }
	must(t, older.Progress(ctx, body("dropped: too early")))
	if err := older.Finish(ctx, body("old result")); err != nil {
		t.Fatal(err)
	}
	d.want(t, "bot: [1.0 done] old result")
	must(t, newer.Finish(ctx, body("new result")))
	d.want(t, "bot: [2.0 done] new result")
}

func TestNewRunLooksAgainAfterAnOldOneThatHadNotEnded(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	must(t, d.run(t, 1).Write(ctx, body("old begins")))
	late := func(context.Context) {
		id := "1"
		old := marker + "gen=1.1 state=done -->\nold result\n<!-- trunkline:end -->\n"
		_, err := d.as(t, "bot").EditComment(ctx, 7, id, old)
		must(t, err)
	}
	s := comment.New(comment.Options{
		Forge: d.as(t, "bot"), Number: 7, Marker: marker, Generation: comment.Generation{Run: 2}, Now: d.clock.Now,
		Wait: func(ctx context.Context, _ time.Duration) error { late(ctx); return nil },
	})
	must(t, s.Finish(ctx, body("new result")))
	d.want(t, "bot: [2.0 done] new result")
}

func TestTwoRunsThatCreateAtOnceLeaveOneComment(t *testing.T) {
	t.Parallel()
	for _, first := range []int64{1, 9} {
		d := newDesk(t)
		ctx := t.Context()
		slow := &between{Forge: d.as(t, "bot")}
		slow.create = func() { must(t, d.run(t, first).Finish(ctx, body("the other"))) }
		err := d.through(slow, comment.Generation{Run: 5}).Finish(ctx, body("mine"))
		if first == 9 {
			if !errors.Is(err, comment.ErrSuperseded) {
				t.Errorf("got %v, want superseded", err)
			}
			d.want(t, "bot: [9.1 done] the other")
			continue
		}
		must(t, err)
		d.want(t, "bot: [5.0 done] mine")
	}
}

func TestCommentThatIsDeletedWhileItIsEditedIsCreatedAnew(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	ctx := t.Context()
	must(t, d.run(t, 1).Finish(ctx, body("a")))
	slow := &between{Forge: d.as(t, "bot")}
	slow.edit = func() { must(t, d.as(t, "bot").DeleteComment(ctx, 7, "1")) }
	must(t, d.through(slow, comment.Generation{Run: 2}).Finish(ctx, body("b")))
	d.want(t, "bot: [2.0 done] b")
}

func TestForgeThatFailsIsAnErrorAndTheNextWriteGoesOn(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	broken := &failing{Forge: d.as(t, "bot"), err: gitops.Errorf(gitops.Timeout, "no answer")}
	s := d.through(broken, comment.Generation{Run: 1})
	if err := s.Write(t.Context(), body("a")); gitops.KindOf(err) != gitops.Timeout {
		t.Errorf("got %v", err)
	}
	broken.err = nil
	must(t, s.Finish(t.Context(), body("b")))
	d.want(t, "bot: [1.0 done] b")
}

type failing struct {
	gitops.Forge
	err error
}

func (f *failing) CreateComment(ctx context.Context, n int, body string) (gitops.Comment, error) {
	if f.err != nil {
		return gitops.Comment{}, f.err
	}
	return f.Forge.CreateComment(ctx, n, body)
}
