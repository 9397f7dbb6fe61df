package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Merge makes the commit that merging head into base would make, in the private
// store: nothing in the clone changes. The same two commits always make the same
// one. When base is in the history of head, it is head itself. Changes that do not
// go together are an error of kind Invalid that names the files.
func (r *Repo) Merge(ctx context.Context, base, head gitops.Revision) (gitops.Revision, error) {
	if err := checkObjects(base.SHA, head.SHA); err != nil {
		return gitops.Revision{}, err
	}
	if common, err := r.MergeBase(ctx, base, head); err != nil {
		return gitops.Revision{}, err
	} else if common.SHA == base.SHA {
		return head, nil
	}
	if err := r.makeStore(ctx, head.SHA); err != nil {
		return gitops.Revision{}, err
	}
	g := r.store.git
	tree, err := g.run(ctx, nil, "merge-tree", "--write-tree", "--name-only", "--no-messages", "-z", base.SHA, head.SHA)
	if err != nil {
		return gitops.Revision{}, conflict(base, head, string(tree), err)
	}
	name, _, _ := strings.Cut(string(tree), "\x00")
	g.env = slices.Concat(g.env, mergedBy(head))
	out, err := g.run(ctx, nil, "commit-tree", "-p", base.SHA, "-p", head.SHA, "-m", "Merge "+head.SHA+" into "+base.SHA, strings.TrimSpace(name))
	if err != nil {
		return gitops.Revision{}, gitops.Errorf(gitops.KindOf(err), "cannot merge %s into %s: %w", head.Short(), base.Short(), err)
	}
	return r.Resolve(ctx, strings.TrimSpace(string(out)))
}

// mergedBy is who makes such a commit, and when: always the same for one head.
func mergedBy(head gitops.Revision) []string {
	date := fmt.Sprintf("%d +0000", max(head.Time.Unix(), 0))
	var out []string
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		out = append(out, "GIT_"+who+"_NAME=trunkline", "GIT_"+who+"_EMAIL=trunkline@localhost", "GIT_"+who+"_DATE="+date)
	}
	return out
}

// conflict says why two commits cannot be merged. Git lists the tree as far as it
// came, and then the files.
func conflict(base, head gitops.Revision, listed string, err error) error {
	var failed *gitError
	if !errors.As(err, &failed) || failed.code != 1 {
		return gitops.Errorf(gitops.KindOf(err), "cannot merge %s into %s: %w", head.Short(), base.Short(), err)
	}
	files := fields([]byte(listed))
	files = slices.DeleteFunc(files[min(1, len(files)):], func(f string) bool { return f == "" })
	const most = 10
	text := strings.Join(files[:min(most, len(files))], ", ")
	if more := len(files) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%s cannot be merged into %s: both change %s", head.Short(), base.Short(), text),
		Next: "merge the base branch into the branch, or rebase it, and push again"}
}
