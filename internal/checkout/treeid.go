package checkout

import (
	"context"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// TreeID returns the object name of everything that is in the commit: commits
// with the same files have the same one.
func (r *Repo) TreeID(ctx context.Context, rev gitops.Revision) (string, error) {
	if err := checkObjects(rev.SHA); err != nil {
		return "", err
	}
	out, err := r.git.run(ctx, strings.NewReader(rev.SHA+"^{tree}\n"), "cat-file", "--batch-check")
	if err != nil {
		return "", gitops.Errorf(gitops.KindOf(err), "cannot read commit %s: %w", rev.Short(), err)
	}
	if f := strings.Fields(string(out)); len(f) == 3 && f[1] == "tree" && checkObjects(f[0]) == nil {
		return f[0], nil
	}
	return "", gitops.Errorf(gitops.NotFound, "the files of commit %s are not in this clone", rev.Short())
}
