package driver

import (
	"context"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Behind says which commits of the base an environment does not have yet: they
// go out together with what is reviewed.
type Behind struct {
	Environment string
	// Deployed is the oldest commit that a stack has among those that change.
	Deployed gitops.Revision
	// Commits are those after it up to the base, newest first, at most mostBehind;
	// More is how many are left out.
	Commits []gitops.Revision
	More    int
}

// mostBehind is how many commits a review lists for one environment.
const mostBehind = 10

// behind tells of the environments that the report changes how far they are
// behind this session's revision. What the repository does not know is left out.
func (s *Session) behind(ctx context.Context, rep *Report) ([]Behind, error) {
	if s.repo == nil {
		return nil, nil
	}
	var out []Behind
	for _, env := range s.Environments {
		b := Behind{Environment: env.Name}
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
