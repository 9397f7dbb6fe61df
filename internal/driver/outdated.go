package driver

import (
	"context"
	"maps"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Outdated says which of the selected stacks are not what the session's revision
// makes of them, in comparison with the commit that each of them was last updated
// to. A stack of which that is not known is outdated. It does not depend on which
// events arrived: a lost one is made up for by the next.
func (s *Session) Outdated(ctx context.Context, sel Selection) (*Affected, error) {
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	byCommit := map[string][]gitops.StackID{}
	for _, id := range ids {
		commit, err := s.commitOf(ctx, id)
		if err != nil {
			return nil, err
		}
		byCommit[commit] = append(byCommit[commit], id)
	}
	out := &Affected{Head: s.Revision}
	for _, commit := range slices.Sorted(maps.Keys(byCommit)) {
		if err := s.outdatedSince(ctx, commit, byCommit[commit], out); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out.Stacks, func(a, b gitops.Affected) int { return a.Compare(b.StackID) })
	slices.SortFunc(out.Unaffected, gitops.StackID.Compare)
	return out, nil
}

// outdatedSince adds what became of stacks that were last updated to a commit.
func (s *Session) outdatedSince(ctx context.Context, commit string, ids []gitops.StackID, out *Affected) error {
	reasons := map[gitops.StackID][]gitops.Reason{}
	if commit != "" {
		aff, err := s.affectedSince(ctx, commit)
		if err != nil {
			return err
		}
		for _, a := range aff.Stacks {
			reasons[a.StackID] = a.Reasons
		}
	}
	for _, id := range ids {
		switch rs, hit := reasons[id]; {
		case commit == "":
			out.Stacks = append(out.Stacks, gitops.Affected{StackID: id, Reasons: []gitops.Reason{{Kind: "added", Detail: "not at any commit yet"}}})
		case hit:
			out.Stacks = append(out.Stacks, gitops.Affected{StackID: id, Reasons: rs})
		default:
			out.Unaffected = append(out.Unaffected, id)
		}
	}
	return nil
}

// commitOf is the commit that a stack is at: that of its newest operation, when
// that was an update to a commit as it is, and it came to its end. Else it is "",
// as for a stack that is not deployed.
func (s *Session) commitOf(ctx context.Context, id gitops.StackID) (string, error) {
	info, err := s.Info(ctx, id)
	if err != nil || info.Version == 0 || info.Pending > 0 || info.Journal > 0 {
		return "", err
	}
	store, err := s.storeOf(ctx, id)
	if err != nil {
		return "", err
	}
	newest, err := newestUpdate(ctx, store, s.ref(id), func(u gitops.UpdateRecord) bool {
		return slices.Contains([]gitops.Operation{gitops.Update, gitops.Refresh, gitops.Destroy, gitops.Import}, u.Operation)
	})
	if err != nil || newest.Operation != gitops.Update || newest.Result != "succeeded" || newest.Environment["git.dirty"] != "" {
		return "", err
	}
	return newest.Environment["git.head"], nil
}
