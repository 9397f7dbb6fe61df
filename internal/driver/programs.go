package driver

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// leaveOut finds the stacks that register the same resources at both revisions,
// and returns the others. A stack that is not deployed as the base has it is never
// left out: its preview shows more than this difference.
func (r *Review) leaveOut(ctx context.Context, s, base *Session, ids []gitops.StackID) ([]gitops.StackID, error) {
	same, err := s.same(ctx, base, ids)
	if err != nil || len(same) == 0 {
		return ids, err
	}
	var sel Selection
	for _, id := range same {
		sel.Stacks = append(sel.Stacks, id.Name)
		sel.Environments = append(sel.Environments, id.Environment)
	}
	slices.Sort(sel.Environments)
	sel.Environments = slices.Compact(sel.Environments)
	deployed, err := base.Outdated(ctx, sel)
	if err != nil {
		return nil, err
	}
	same = slices.DeleteFunc(same, func(id gitops.StackID) bool { return !slices.Contains(deployed.Unaffected, id) })
	same = s.undisturbed(ids, same)
	var rest []gitops.StackID
	for _, id := range ids {
		if !slices.Contains(same, id) {
			rest = append(rest, id)
			continue
		}
		r.Same = append(r.Same, review.SameStack{Stack: id, Reasons: r.reasons[id]})
	}
	return rest, nil
}

// undisturbed are those of the same stacks that need no stack which may change:
// what such a one hands over is known only to a preview.
func (s *Session) undisturbed(ids, same []gitops.StackID) []gitops.StackID {
	for {
		rest := slices.DeleteFunc(slices.Clone(same), func(id gitops.StackID) bool {
			def, _ := s.Estate.Stack(id.Name)
			return slices.ContainsFunc(def.Needs, func(name string) bool {
				need := gitops.StackID{Name: name, Environment: id.Environment}
				return slices.Contains(ids, need) && !slices.Contains(same, need)
			})
		})
		if len(rest) == len(same) {
			return rest
		}
		same = rest
	}
}

// same are those of the stacks whose programs register the same at both
// revisions.
func (s *Session) same(ctx context.Context, base *Session, ids []gitops.StackID) ([]gitops.StackID, error) {
	all, err := s.compareRecorded(ctx, base, slices.DeleteFunc(slices.Clone(ids), func(id gitops.StackID) bool { return !base.names(id) }))
	var out []gitops.StackID
	for _, c := range all {
		if c.Verdict == record.Same {
			out = append(out, c.StackID)
		}
	}
	return out, err
}

// compareRecorded records stacks at both revisions and compares.
func (s *Session) compareRecorded(ctx context.Context, base *Session, ids []gitops.StackID) ([]record.Comparison, error) {
	if base.broken != nil {
		return nil, nil
	}
	_, _, all, err := s.recorded(ctx, base, ids)
	return all, err
}

// recorded also returns what was compared.
func (s *Session) recorded(ctx context.Context, base *Session, ids []gitops.StackID) (before, now map[gitops.StackID]record.Recording, all []record.Comparison, err error) {
	if len(ids) == 0 {
		return nil, nil, nil, nil
	}
	both, recording := errgroup.WithContext(ctx)
	both.Go(func() (err error) {
		before, err = base.Record(recording, ids)
		return err
	})
	both.Go(func() (err error) {
		now, err = s.Record(recording, ids)
		return err
	})
	if err := both.Wait(); err != nil {
		return nil, nil, nil, err
	}
	all = slices.DeleteFunc(record.CompareAll(before, now), func(c record.Comparison) bool { return !slices.Contains(ids, c.StackID) })
	return before, now, all, nil
}

// ReviewPrograms compares what two programs ask for. No credential, no secret, no
// state and no provider takes part, so it is what the pull request of a fork gets.
func (s *Session) ReviewPrograms(ctx context.Context, base *Session, sel Selection, by Asking) (*Review, error) {
	aff, err := s.Affected(ctx, sel, base.Revision.SHA)
	if err != nil {
		return nil, err
	}
	r := newReview(s, base, aff)
	r.ProgramDiff = true
	here, gone := r.sides(s)
	ids := slices.Concat(here, gone)
	r.Left = s.removedSince(ctx, base, true)
	if base.broken != nil {
		return nil, base.broken
	}
	begin := s.d.now()
	before, now, all, err := s.recorded(ctx, base, ids)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Verdict == record.Same {
			r.Same = append(r.Same, review.SameStack{Stack: c.StackID, Reasons: r.reasons[c.StackID]})
			continue
		}
		res := asResult(c, r.reasons[c.StackID])
		res.Resources = registered(before[c.StackID], now[c.StackID], c.Changes)
		r.Results = append(r.Results, res)
	}
	r.Took = s.d.now().Sub(begin)
	r.Timings = s.Timings
	r.Violations, err = base.Police(ctx, s, r.Report, by)
	return r, err
}

// registered are the resources of two programs as policies see them: their inputs
// as the programs wrote them, before a provider looked at them.
func registered(before, now record.Recording, changes []gitops.Change) []gitops.Resource {
	changed := map[string]gitops.Change{}
	for _, ch := range changes {
		changed[ch.URN] = ch
	}
	old := map[string]map[string]any{}
	for _, r := range before.Resources {
		old[r.URN] = r.Plain()
	}
	out := []gitops.Resource{}
	for _, side := range []struct {
		resources []record.Resource
		gone      bool
	}{{now.Resources, false}, {before.Resources, true}} {
		for _, r := range side.resources {
			ch, any := changed[r.URN]
			if side.gone != (any && ch.Op == gitops.OpDelete) {
				continue
			}
			x := gitops.Resource{URN: r.URN, Type: r.Type, Name: r.Name, Parent: r.Parent, Op: gitops.OpSame, Source: r.Source, Old: old[r.URN]}
			if any {
				x.Op, x.ReplaceKeys, x.Protected, x.Retained = ch.Op, ch.ReplaceKeys, ch.Protected, ch.Retained
			}
			if !side.gone {
				x.New = r.Plain()
			}
			out = append(out, x)
		}
	}
	return out
}

// asResult is a comparison of programs in the form of a preview. What nobody can
// tell is no preview at all.
func asResult(c record.Comparison, reasons []gitops.Reason) gitops.RunResult {
	res := gitops.RunResult{Stack: c.StackID, Operation: gitops.Preview, State: gitops.RunSucceeded, Reasons: reasons,
		Changes: gitops.ChangeSet{Stack: c.StackID, Changes: append([]gitops.Change{}, c.Changes...)}}
	if c.Verdict == record.Undecided {
		res.State, res.Skipped = gitops.RunSkipped, "only a preview with credentials can tell: "+strings.Join(c.Why, "; ")
	}
	return res
}
