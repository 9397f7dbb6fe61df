package checkout

import (
	"context"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Log lists the commits that to has and from has not, newest first, at most
// limit of them; more is how many are left out.
func (r *Repo) Log(ctx context.Context, from, to gitops.Revision, limit int) (commits []gitops.Revision, more int, err error) {
	if err := checkObjects(from.SHA, to.SHA); err != nil {
		return nil, 0, err
	}
	between := []string{"--end-of-options", from.SHA + ".." + to.SHA}
	out, err := r.git.run(ctx, nil, append([]string{"rev-list", "--count"}, between...)...)
	if err != nil {
		return nil, 0, gitops.Errorf(gitops.KindOf(err), "cannot list the commits between %s and %s: %w", from.Short(), to.Short(), err)
	}
	count, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		return nil, 0, gitops.Errorf(gitops.Failed, "git counted the commits as %.40q", out)
	}
	if out, err = r.git.run(ctx, nil, append([]string{"rev-list", "--max-count=" + strconv.Itoa(limit)}, between...)...); err != nil {
		return nil, 0, gitops.Errorf(gitops.KindOf(err), "cannot list the commits between %s and %s: %w", from.Short(), to.Short(), err)
	}
	for _, sha := range strings.Fields(string(out)) {
		rev, err := r.Resolve(ctx, sha)
		if err != nil {
			return nil, 0, err
		}
		rev.Ref = ""
		commits = append(commits, rev)
	}
	return commits, count - len(commits), nil
}
