package checkout

import (
	"context"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Head returns the commit that the work tree is at. Ref is the branch, or
// "HEAD" when none is checked out. No commit yet is an error of kind NotFound.
func (r *Repo) Head(ctx context.Context) (gitops.Revision, error) {
	found, err := r.Resolve(ctx, "HEAD")
	if err != nil {
		return gitops.Revision{}, err
	}
	if out, err := r.git.run(ctx, nil, "symbolic-ref", "--quiet", "--short", "HEAD"); err == nil {
		found.Ref = strings.TrimSpace(string(out))
	}
	dirty, err := r.DirtyFiles(ctx)
	if err != nil {
		return gitops.Revision{}, err
	}
	found.Dirty = len(dirty) > 0
	return found, nil
}

// DirtyFiles returns the files in which the work tree differs from its commit,
// new ones included and ignored ones not, sorted, relative to Root.
func (r *Repo) DirtyFiles(ctx context.Context) ([]string, error) {
	files, fresh, err := r.status(ctx)
	if err != nil {
		return nil, err
	}
	if fresh { // the user's own list of files to ignore may name them
		if ignore := strings.TrimSpace(r.git.setting(ctx, "core.excludesFile")); ignore != "" {
			if files, _, err = r.status(ctx, "-c", "core.excludesFile="+ignore); err != nil {
				return nil, err
			}
		}
	}
	slices.Sort(files)
	return files, nil
}

// status lists the files that differ; fresh tells that some are not tracked.
func (r *Repo) status(ctx context.Context, more ...string) (files []string, fresh bool, err error) {
	g := r.git.withoutFilters(ctx)
	g.more = append(slices.Clone(g.more), more...)
	out, err := g.run(ctx, nil, "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=all")
	if err != nil {
		return nil, false, gitops.Errorf(gitops.KindOf(err), "cannot tell whether the work tree is clean: %w", err)
	}
	for _, entry := range fields(out) {
		if len(entry) > 3 {
			fresh = fresh || strings.HasPrefix(entry, "??")
			files = append(files, entry[3:])
		}
	}
	return files, fresh, nil
}

// MergeBase returns the newest commit that both have in their history.
// Histories without one are an error of kind NotFound.
func (r *Repo) MergeBase(ctx context.Context, a, b gitops.Revision) (gitops.Revision, error) {
	if err := checkObjects(a.SHA, b.SHA); err != nil {
		return gitops.Revision{}, err
	}
	out, err := r.git.run(ctx, nil, "merge-base", "--end-of-options", a.SHA, b.SHA)
	sha := strings.TrimSpace(string(out))
	if err == nil && sha != "" {
		return r.Resolve(ctx, sha)
	}
	if kind := gitops.KindOf(err); kind == gitops.Cancelled || kind == gitops.Timeout {
		return gitops.Revision{}, err
	}
	next := ""
	if r.Shallow(ctx) {
		next = "this clone has only the newest commits: " + deepen
	}
	return gitops.Revision{}, &gitops.Error{Kind: gitops.NotFound, What: a.Short() + " and " + b.Short() + " have no commit in common", Next: next}
}

// checkObjects refuses anything but full object names.
func checkObjects(shas ...string) error {
	for _, s := range shas {
		if err := gitops.CheckCommit(s); err != nil {
			return err
		}
	}
	return nil
}

// fields splits git's -z output.
func fields(out []byte) []string {
	s := strings.TrimSuffix(string(out), "\x00")
	if s == "" {
		return nil
	}
	return strings.Split(s, "\x00")
}
