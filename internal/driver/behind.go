package driver

import (
	"context"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// mostBehind is how many commits a review lists for one environment.
const mostBehind = 10

// behind tells of the environments that the report changes how far they are
// behind this session's revision. What the repository does not know is left out.
func (s *Session) behind(ctx context.Context, rep *Report) ([]review.Shipment, error) {
	if s.repo == nil {
		return nil, nil
	}
	var out []review.Shipment
	for _, env := range s.Environments {
		b := review.Shipment{Environment: env.Name}
		seen := map[string]bool{"": true, s.Revision.SHA: true}
		for _, id := range rep.changed() {
			if id.Environment != env.Name {
				continue
			}
			commit, err := s.commitOf(ctx, id)
			if err != nil {
				return nil, err
			}
			if seen[commit] {
				continue
			}
			seen[commit] = true
			rev, err := s.repo.Resolve(ctx, commit)
			if err != nil {
				continue
			}
			if touched, err := s.affectedSince(ctx, commit); err != nil || !touched.has(id) {
				continue // the commits since then are nothing to it
			}
			commits, more, err := s.repo.Log(ctx, rev, s.Revision, mostBehind)
			if err == nil && len(commits)+more > len(b.Commits)+b.More {
				b.Deployed, b.Commits, b.More = rev, commits, more
			}
		}
		if len(b.Commits) > 0 {
			out = append(out, b)
		}
	}
	return out, nil
}

// has tells whether a stack is among the affected ones.
func (a *Affected) has(id gitops.StackID) bool {
	return slices.ContainsFunc(a.Stacks, func(one gitops.Affected) bool { return one.StackID == id })
}
