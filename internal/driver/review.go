package driver

import (
	"context"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/approval"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// Review is what a person has to know about the difference between two
// revisions before agreeing to it.
type Review struct {
	// Report has the previews of all stacks that differ. Those of the stacks in
	// Removed are previews of their end.
	*Report
	// Affected says why each of them is there.
	Affected *Affected
	// Removed are deployed stacks that only the base has.
	Removed []gitops.StackID
	// Same are stacks that differ in code or settings and register the same
	// resources all the same. They are not previewed.
	Same []review.SameStack
	// ProgramDiff tells that the changes are those between the two programs: no
	// cloud, no state and no secret took part.
	ProgramDiff bool
	// Merge is what happens once the difference is in, in that order.
	Merge []review.MergeStep
	// Ships is what else goes out with it.
	Ships []review.Shipment
	// Left are environments that only the base has, and that stay deployed.
	Left []review.LeftBehind
}

// Base opens the estate at a commit that this session's revision is compared
// with. The caller closes it.
func (s *Session) Base(ctx context.Context, commit string) (*Session, error) {
	if s.repo != nil {
		if _, err := s.repo.Resolve(ctx, commit); err != nil {
			return nil, mistyped(ctx, s.repo, commit, err)
		}
	}
	return s.d.OpenBase(ctx, OpenOptions{At: commit, Only: s.only})
}

// OpenBase opens an estate that another one is compared with. One whose program
// does not compile, or whose settings do not fit, is opened as far as its files
// go: its guards and policies hold, and everything is affected. Something has to
// mend it.
func (d *Driver) OpenBase(ctx context.Context, o OpenOptions) (*Session, error) {
	s, err := d.Open(ctx, o)
	if err == nil || ctx.Err() != nil {
		return s, err
	}
	files, filesErr := d.OpenPolicies(ctx, o.At, o.Only...)
	if filesErr != nil {
		return nil, err
	}
	if o.As.SHA != "" {
		files.Revision = o.As
	}
	files.broken = err
	why, _, _ := strings.Cut(err.Error(), "\n")
	d.report(gitops.Progress{Note: "the base " + files.Revision.Short() + " is broken, so everything is previewed: " + why})
	return files, nil
}

// Review compares the session's revision with a base and previews the
// difference. The guards are the base's: a proposal does not loosen them. This
// session runs its program; the base need not.
func (s *Session) Review(ctx context.Context, base *Session, req PreviewRequest) (*Review, error) {
	aff, err := s.Affected(ctx, req.Selection, base.Revision.SHA)
	if err != nil {
		return nil, err
	}
	r := newReview(s, base, aff)
	here, gone := r.sides(s)
	if base.broken != nil { // nobody knows what it had: the states know what is deployed
		if gone, err = r.orphans(ctx, s, req.Selection); err != nil {
			return nil, err
		}
	}
	r.Left = s.removedSince(ctx, base, false)
	if here, err = r.leaveOut(ctx, s, base, here); err != nil {
		return nil, err
	}
	if here, err = r.withNeeds(ctx, s, here); err != nil {
		return nil, err
	}
	if err := s.previews(ctx, here, req, r.Report); err != nil {
		return nil, err
	}
	if err := r.end(ctx, s, base, gone); err != nil {
		return nil, err
	}
	also, err := r.others(ctx, s, req.Selection)
	if err != nil {
		return nil, err
	}
	if r.Merge, err = base.promotions(s, r.Report, also); err != nil {
		return nil, err
	}
	if r.Ships, err = base.behind(ctx, r.Report); err != nil {
		return nil, err
	}
	r.Violations, err = base.Police(ctx, s, r.Report, req.Asking)
	return r, err
}

func newReview(s, base *Session, aff *Affected) *Review {
	r := &Review{Affected: aff, Report: &Report{Operation: gitops.Preview, Dry: true, Base: base.Revision, Head: s.Revision,
		Unaffected: aff.Unaffected, reasons: map[gitops.StackID][]gitops.Reason{}}}
	for _, a := range aff.Stacks {
		r.reasons[a.StackID] = a.Reasons
	}
	return r
}

// sides are the affected stacks that the head has, and those of its environments
// that only the base has. Nothing happens in an environment that is gone.
func (r *Review) sides(s *Session) (here, gone []gitops.StackID) {
	for _, a := range r.Affected.Stacks {
		_, err := s.Environment(a.Environment)
		switch {
		case s.names(a.StackID):
			here = append(here, a.StackID)
		case err == nil:
			gone = append(gone, a.StackID)
		}
	}
	return here, gone
}

// orphans are the selected stacks that are deployed and that the head does not
// have.
func (r *Review) orphans(ctx context.Context, s *Session, sel Selection) ([]gitops.StackID, error) {
	var out []gitops.StackID
	for _, env := range s.Environments {
		if len(sel.Environments) > 0 && !slices.Contains(sel.Environments, env.Name) {
			continue // this job may not be able to ask its state
		}
		all, err := s.Orphans(ctx, env.Name)
		if err != nil {
			return nil, err
		}
		for _, id := range all {
			if sel.has(id) {
				out = append(out, id)
				r.reasons[id] = []gitops.Reason{{Kind: "removed", Detail: "deployed, and not in this revision"}}
			}
		}
	}
	return out, nil
}

// withNeeds adds the stacks that these need and that were never deployed: nobody
// could tell otherwise what these will read, and they go out first.
func (r *Review) withNeeds(ctx context.Context, s *Session, ids []gitops.StackID) ([]gitops.StackID, error) {
	for i := 0; i < len(ids); i++ {
		def, err := s.Definition(ids[i].Name)
		if err != nil {
			return nil, err
		}
		for _, name := range def.Needs {
			need := gitops.StackID{Name: name, Environment: ids[i].Environment}
			if slices.Contains(ids, need) || r.reasons[need] != nil {
				continue
			}
			info, err := s.Info(ctx, need)
			if err != nil {
				return nil, err
			}
			if info.Version == 0 {
				ids = append(ids, need)
				r.reasons[need] = []gitops.Reason{{Kind: "added", Detail: "never deployed, and " + ids[i].Name + " needs it"}}
				r.Unaffected = slices.DeleteFunc(r.Unaffected, func(id gitops.StackID) bool { return id == need })
			}
		}
	}
	return ids, nil
}

// names tells whether the revision has the stack.
func (s *Session) names(id gitops.StackID) bool {
	env, err := s.Environment(id.Environment)
	if err != nil {
		return false
	}
	_, named := env.Stacks[id.Name]
	return named
}

// end previews the end of the stacks that the head does not have, dependents first.
// What was never deployed ends without a word. A base that is broken does not know
// the order.
func (r *Review) end(ctx context.Context, s, base *Session, gone []gitops.StackID) error {
	knows := base
	if base.broken != nil {
		knows = s
	}
	gone, err := knows.deployed(ctx, gone)
	if err != nil || len(gone) == 0 {
		return err
	}
	ends, err := knows.look(ctx, gone, gitops.Destroy, dependentsFirst)
	if err != nil {
		return err
	}
	for i := range ends.Results {
		ends.Results[i].Reasons = r.reasons[ends.Results[i].Stack]
	}
	r.Removed = gone
	r.Results = append(r.Results, ends.Results...)
	r.Took += ends.Took
	return nil
}

// others are the stacks that the push after the merge updates although nothing of
// them is previewed here: those that are at no commit.
func (r *Review) others(ctx context.Context, s *Session, sel Selection) ([]gitops.StackID, error) {
	var out []gitops.StackID
	for _, env := range s.Environments {
		for _, name := range env.StackNames() {
			id := gitops.StackID{Name: name, Environment: env.Name}
			if !sel.has(id) || slices.ContainsFunc(r.Results, func(res gitops.RunResult) bool { return res.Stack == id }) {
				continue
			}
			commit, err := s.commitOf(ctx, id)
			if err != nil {
				return nil, err
			}
			if commit == "" {
				out = append(out, id)
			}
		}
	}
	return out, nil
}

// promotions says what happens after the merge of what the report previews: by
// environment, in the order of the head, under the guards of this session. Also
// are stacks that are updated besides.
func (s *Session) promotions(head *Session, rep *Report, also []gitops.StackID) ([]review.MergeStep, error) {
	changed := rep.changed()
	plan, err := rollout.New(head.definitions(), head.promotion(), slices.DeleteFunc(slices.Clone(changed), func(id gitops.StackID) bool {
		return !head.names(id)
	}), rollout.Options{Promote: true})
	if err != nil {
		return nil, err
	}
	order := plan.Stacks()
	for _, id := range changed {
		if _, err := head.Environment(id.Environment); err == nil && !slices.Contains(order, id) {
			order = append(order, id) // the end of a stack; nothing happens in an environment that is gone
		}
	}
	var out []review.MergeStep
	for _, env := range head.Environments {
		in := func(ids []gitops.StackID) []gitops.StackID {
			return slices.DeleteFunc(slices.Clone(ids), func(id gitops.StackID) bool { return id.Environment != env.Name })
		}
		step := review.MergeStep{Environment: env.Name, Stacks: in(order), Also: in(also)}
		if len(step.Stacks)+len(step.Also) == 0 {
			continue
		}
		s.ask(head, rep, &step)
		out = append(out, step)
	}
	return out, nil
}

// ask fills in who must agree to a step. An environment that only the head
// has guards itself.
func (s *Session) ask(head *Session, rep *Report, p *review.MergeStep) {
	env, err := s.Environment(p.Environment)
	if err != nil {
		if env, err = head.Environment(p.Environment); err != nil {
			return
		}
	}
	var sets []gitops.ChangeSet
	for _, res := range rep.Results {
		if res.Stack.Environment == p.Environment {
			sets = append(sets, res.Changes)
		}
	}
	needed, why := approval.Needed(guard(env), sets)
	if !needed && len(p.Also) > 0 && guard(env).When == approval.Always {
		needed, why = true, "every change here needs approval"
	}
	if needed {
		p.Approval, p.From, p.Count = why, env.Deploy.Approvals.From, env.Deploy.Approvals.Count
	}
}
