package comment

import (
	"context"
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// write brings the comment to the text, whatever happens to it meanwhile: it is
// read before and after, and written again when an older run was in between.
func (s *Sticky) write(ctx context.Context, state string, text func(Part) string) error {
	if s.passed {
		return ErrSuperseded
	}
	s.wrote = s.o.Now()
	for range tries {
		there, err := s.attempt(ctx, state, text)
		if err != nil || there {
			return err
		}
	}
	return gitops.Errorf(gitops.Failed, "the comment on #%d is written by something else at the same time", s.o.Number)
}

// attempt reads the comment, writes it unless it says already what it shall, and
// reads it again. It tells whether the comment is there as it was written.
func (s *Sticky) attempt(ctx context.Context, state string, text func(Part) string) (bool, error) {
	found, err := s.locate(ctx)
	if err != nil {
		return false, err
	}
	old, marked := Parse(s.at.Body, s.o.Marker)
	if err := s.check(old); err != nil {
		return false, err
	}
	limit := s.o.Forge.Limits().Comment
	ours := stamp(text(old), s.o.Marker, s.o.Generation, state)
	if tooLong(ours, limit) {
		return false, gitops.Errorf(gitops.Invalid, "the comment is too long: %s takes %d characters", s.o.Forge.Kind(), limit)
	}
	if !found {
		return s.create(ctx, ours)
	}
	whole := ours
	if marked {
		whole = around(ours, old, limit)
	}
	if whole == s.at.Body {
		return true, nil
	}
	c, err := s.o.Forge.EditComment(ctx, s.o.Number, s.at.ID, whole)
	if gitops.KindOf(err) == gitops.NotFound {
		s.at = gitops.Comment{}
		return false, nil // deleted meanwhile
	}
	if err != nil {
		return false, err
	}
	return s.readBack(ctx, c)
}

// check refuses to overwrite a newer run, and notes an older one that has not
// ended.
func (s *Sticky) check(old Part) error {
	if !old.Stamped {
		return nil
	}
	switch order := old.Generation.Compare(s.o.Generation); {
	case order > 0:
		s.passed = true
		return fmt.Errorf("%w: %s, this is %s", ErrSuperseded, old.Generation, s.o.Generation)
	case order < 0 && old.State == running:
		s.rival = true
	}
	return nil
}

// create writes a new comment. When another run did the same meanwhile, the
// first one stays and the others are taken back.
func (s *Sticky) create(ctx context.Context, ours string) (bool, error) {
	c, err := s.o.Forge.CreateComment(ctx, s.o.Number, ours)
	if err != nil {
		return false, err
	}
	s.at = c
	first, found, err := s.search(ctx)
	if err != nil {
		return false, err
	}
	if found && first.ID != c.ID {
		s.rival = true
		s.at = first
		return false, s.o.Forge.DeleteComment(ctx, s.o.Number, c.ID)
	}
	return s.readBack(ctx, c)
}

// readBack tells whether the comment is still that of this run.
func (s *Sticky) readBack(ctx context.Context, written gitops.Comment) (bool, error) {
	c, err := s.o.Forge.Comment(ctx, s.o.Number, written.ID)
	if gitops.KindOf(err) == gitops.NotFound {
		s.at = gitops.Comment{}
		return false, nil
	}
	if err != nil {
		s.at = written
		return false, err
	}
	s.at = c
	p, ok := Parse(c.Body, s.o.Marker)
	if err := s.check(p); err != nil {
		return false, err
	}
	return ok && p.Stamped && p.Generation == s.o.Generation, nil
}

// locate brings s.at up to date: by the known ID, else by marker and author. A
// comment of somebody else is never ours.
func (s *Sticky) locate(ctx context.Context) (bool, error) {
	if s.me == "" {
		me, err := s.o.Forge.Me(ctx)
		if err != nil {
			return false, err
		}
		s.me = me
	}
	if s.at.ID != "" {
		c, err := s.o.Forge.Comment(ctx, s.o.Number, s.at.ID)
		switch {
		case err == nil && c.Author == s.me:
			s.at = c
			return true, nil
		case err != nil && gitops.KindOf(err) != gitops.NotFound:
			return false, err
		}
		s.at = gitops.Comment{}
	}
	c, found, err := s.search(ctx)
	s.at = c
	return found, err
}

// search finds the oldest comment with the marker that this account wrote.
func (s *Sticky) search(ctx context.Context) (gitops.Comment, bool, error) {
	for c, err := range s.o.Forge.Comments(ctx, s.o.Number) {
		if err != nil {
			return gitops.Comment{}, false, err
		}
		if _, ok := Parse(c.Body, s.o.Marker); ok && c.Author == s.me {
			return c, true, nil
		}
	}
	return gitops.Comment{}, false, nil
}
