package comment

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	pace   = 5 * time.Second // between two edits while a run goes on
	settle = 2 * time.Second // for a write of an older run that was under way
	tries  = 5               // to write against a run that writes at the same time
)

// ErrSuperseded tells that a newer run has written the comment. Nothing is to be
// done about it.
var ErrSuperseded = errors.New("a newer run has written the comment")

// Options says which comment a Sticky keeps.
type Options struct {
	Forge gitops.Forge
	// Number is that of the pull request.
	Number int
	// Marker is what review.Marker returns: how the comment starts.
	Marker     string
	Generation Generation
	// Fold is the title under which a deployment keeps the review that was there;
	// "" means "Review".
	Fold string
	// ID is the comment that an earlier run wrote, "" when that is not known.
	ID string
	// Now is the clock, nil for the system's. Wait waits, nil for a timer.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// Sticky is the one comment that a run keeps on a pull request. Its methods may
// be called from several goroutines.
type Sticky struct {
	o Options

	mu     sync.Mutex
	me     string
	at     gitops.Comment // the comment, as far as it is known
	wrote  time.Time      // when it was last tried to write
	rival  bool           // an older run had not ended when this one began
	passed bool           // a newer run writes
}

// New returns a Sticky that has not asked the forge for anything yet.
func New(o Options) *Sticky {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = wait
	}
	if o.Fold == "" {
		o.Fold = "Review"
	}
	return &Sticky{o: o, at: gitops.Comment{ID: o.ID}}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Write shows the body at once: the skeleton of a run that begins. The body of a
// deployment, here and below, stands above the review, which is folded.
func (s *Sticky) Write(ctx context.Context, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(ctx, running, s.text(body))
}

// Progress shows the body unless the comment was edited less than 5 s ago or is
// being edited: then it does nothing, and a later call shows more.
func (s *Sticky) Progress(ctx context.Context, body string) error {
	if !s.mu.TryLock() {
		return nil
	}
	defer s.mu.Unlock()
	if s.passed || s.o.Now().Sub(s.wrote) < pace {
		return nil
	}
	return s.write(ctx, running, s.text(body))
}

// Finish shows the last body of the run, always, and sees to it that it stays
// when an older run was still writing.
func (s *Sticky) Finish(ctx context.Context, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := s.text(body)
	if err := s.write(ctx, done, text); err != nil || !s.rival {
		return err
	}
	if err := s.o.Wait(ctx, settle); err != nil {
		return err
	}
	return s.write(ctx, done, text)
}

// Outdate says above an existing comment that it is about an older commit. It
// writes nothing when there is no comment.
func (s *Sticky) Outdate(ctx context.Context, notice string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.locate(ctx)
	if err != nil || !found {
		return err
	}
	return s.write(ctx, running, func(old Part) string { return outdated(old.Text, notice) })
}

// Comment is the comment, after it was written or found.
func (s *Sticky) Comment() gitops.Comment {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

// Current reads what the comment says now; false when there is none.
func (s *Sticky) Current(ctx context.Context) (Part, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.locate(ctx)
	if err != nil || !found {
		return Part{}, false, err
	}
	p, ok := Parse(s.at.Body, s.o.Marker)
	return p, ok, nil
}

// text is what a body becomes next to what was there: a deployment keeps the
// review below it, and the records of the runs that it repeats.
func (s *Sticky) text(body string) func(Part) string {
	if !s.o.Generation.Deployment {
		return func(Part) string { return body }
	}
	return func(old Part) string {
		repeats := old.Stamped && old.Generation.Compare(s.o.Generation) < 0
		return record(body, old, s.o.Fold, s.o.Forge.Limits().Comment, repeats)
	}
}
