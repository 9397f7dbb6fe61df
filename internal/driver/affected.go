package driver

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// longestWhy is how many characters of an error a reason repeats.
const longestWhy = 200

// Affected says which stacks differ between two revisions.
type Affected struct {
	// Base is the revision that was asked for, Against the commit that was compared
	// with: the newest one that base and head share.
	Base, Against, Head gitops.Revision
	Stacks              []gitops.Affected
	// Unaffected are the stacks of the head that do not.
	Unaffected []gitops.StackID
	// Unknown says why the base cannot be read; all stacks are affected then.
	Unknown string
}

// AffectedRequest asks which stacks differ between two revisions.
type AffectedRequest struct {
	Selection
	// Base and Head are commits; the Head "" is the work tree.
	Base, Head string
	// Explain adds to each reason the way from the stack to what changed.
	Explain bool
}

// Affected compares two revisions. Commits that were looked at before are neither
// checked out nor compiled.
func (d *Driver) Affected(ctx context.Context, req AffectedRequest) (*Affected, error) {
	if req.Head == "" {
		s, err := d.openCode(ctx, "", req.Environments...)
		if err != nil {
			return nil, err
		}
		defer s.Close() // of the work tree, which leaves nothing behind
		facts, err := s.revisionFacts(ctx)
		if err == nil {
			err = s.check(ctx)
		}
		if err != nil {
			return nil, err
		}
		return s.comparison(facts).with(ctx, req)
	}
	repo, err := d.repository(ctx)
	if err != nil {
		return nil, err
	}
	head, err := repo.Resolve(ctx, req.Head)
	if err != nil {
		return nil, err
	}
	facts, err := d.checkedFacts(ctx, repo, head, req.Environments)
	if err != nil {
		return nil, err
	}
	return comparison{d: d, repo: repo, commit: head, head: head, facts: facts}.with(ctx, req)
}

// Affected compares the session's revision with where it left a base commit.
func (s *Session) Affected(ctx context.Context, sel Selection, base string) (*Affected, error) {
	return s.AffectedIn(ctx, AffectedRequest{Selection: sel, Base: base})
}

// AffectedIn is Driver.Affected with the session's revision as the head.
func (s *Session) AffectedIn(ctx context.Context, req AffectedRequest) (*Affected, error) {
	facts, err := s.revisionFacts(ctx)
	if err != nil {
		return nil, err
	}
	s.remember(ctx, facts)
	return s.comparison(facts).with(ctx, req)
}

// affectedSince compares the session's revision with a commit as it is, whichever
// of them is newer.
func (s *Session) affectedSince(ctx context.Context, commit string) (*Affected, error) {
	facts, err := s.revisionFacts(ctx)
	if err != nil {
		return nil, err
	}
	c := s.comparison(facts)
	c.direct = true
	return c.with(ctx, AffectedRequest{Base: commit})
}

// comparison is one revision that is to be compared with a base.
type comparison struct {
	d    *Driver
	repo *checkout.Repo
	// commit is what is looked at; head is the revision that it stands for.
	commit, head gitops.Revision
	facts        affected.Revision
	// direct compares with the base itself, not with where both parted.
	direct bool
}

func (s *Session) comparison(facts affected.Revision) comparison {
	return comparison{d: s.d, repo: s.repo, commit: s.commit, head: s.Revision, facts: facts}
}

// with compares with the base of a request.
func (c comparison) with(ctx context.Context, req AffectedRequest) (*Affected, error) {
	head := c.facts.Facts()
	out := &Affected{Base: gitops.Revision{Ref: req.Base}, Head: c.head}
	before, err := c.base(ctx, req.Base, out)
	if err != nil && !inDoubt(err) {
		return nil, err
	}
	was := before.Facts()
	ids, selectErr := req.among(union(head.IDs(), was.IDs()), union(c.facts.Names(), before.Names()))
	if selectErr != nil {
		return nil, selectErr
	}
	var all []gitops.Affected
	if err != nil {
		out.Unknown = oneLine(err)
		all = affected.Everything(head, "the base cannot be read: "+out.Unknown)
		c.d.report(gitops.Progress{Note: "the base " + req.Base + " cannot be read, so every stack counts as affected: " + advice(err)})
	} else {
		all = affected.Stacks(was, head)
	}
	touched := map[gitops.StackID]bool{}
	for _, a := range all {
		touched[a.StackID] = true
		if !req.has(a.StackID) {
			continue
		}
		if req.Explain {
			a.Reasons = affected.Explain(before, c.facts, all, a.StackID)
		}
		out.Stacks = append(out.Stacks, a)
	}
	out.Unaffected = slices.DeleteFunc(ids, func(id gitops.StackID) bool { return touched[id] })
	return out, nil
}

// base finds the commit to compare with, and what decides what its stacks do.
func (c comparison) base(ctx context.Context, name string, out *Affected) (affected.Revision, error) {
	var none affected.Revision
	repo := c.repo
	if repo == nil { // outside of a repository, which Open says better
		var err error
		if repo, err = c.d.repository(ctx); err != nil {
			return none, refused(err)
		}
	}
	rev, err := repo.Resolve(ctx, name)
	if gitops.KindOf(err) == gitops.Invalid {
		return none, refused(err) // no commit can have this name
	}
	if err != nil {
		return none, mistyped(ctx, repo, name, err)
	}
	out.Base, out.Against = rev, rev
	if shared, err := repo.MergeBase(ctx, rev, c.commit); err == nil && !c.direct {
		out.Against = shared
		out.Against.Ref = rev.Ref
	} else if err != nil && !c.direct {
		if !inDoubt(err) {
			return none, err
		}
		c.d.report(gitops.Progress{Note: "compared with " + name + " itself, with all that happened there since: " + advice(err)})
	}
	return c.d.factsAt(ctx, repo, out.Against)
}

// wholeID is the ID of a commit as machines give it.
var wholeID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// mistyped tells a name that somebody mistyped, which is refused, from a commit that
// this clone does not have: one of a shallow clone, or one that is named by its
// whole ID.
func mistyped(ctx context.Context, repo *checkout.Repo, name string, err error) error {
	var e *gitops.Error
	if gitops.KindOf(err) != gitops.NotFound || wholeID.MatchString(name) || repo.Shallow(ctx) || !errors.As(err, &e) {
		return err
	}
	return refused(&gitops.Error{Kind: gitops.Invalid, What: e.What, Next: e.Next})
}

// refusedError is an error about the question and not about the base.
type refusedError struct{ error }

func (e refusedError) Unwrap() error { return e.error }

func refused(err error) error { return refusedError{err} }

// inDoubt tells whether an error leaves it open what the base was, so that
// everything has to be looked at.
func inDoubt(err error) bool {
	if _, question := err.(refusedError); question {
		return false
	}
	kind := gitops.KindOf(err)
	return kind != gitops.Cancelled && kind != gitops.Timeout
}

// union returns what either list has, the first one first.
func union[T comparable](a, b []T) []T {
	var out []T
	known := map[T]bool{}
	for _, v := range slices.Concat(a, b) {
		if !known[v] {
			out = append(out, v)
		}
		known[v] = true
	}
	return out
}

// advice is an error with what can be done about it.
func advice(err error) string {
	var e *gitops.Error
	if errors.As(err, &e) && e.Next != "" {
		return err.Error() + " (" + e.Next + ")"
	}
	return err.Error()
}

// oneLine is the beginning of an error, for a reason.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	if r := []rune(text); len(r) > longestWhy {
		text = string(r[:longestWhy-1]) + "…"
	}
	return text
}
