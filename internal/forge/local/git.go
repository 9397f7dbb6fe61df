package local

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var objectName = regexp.MustCompile(`^[0-9a-f]{40}$`)

// branch returns the newest commit of a branch.
func (f *Forge) branch(ctx context.Context, name string) (string, error) {
	return f.resolve(ctx, "refs/heads/"+name, "branch "+name)
}

// commit fails unless the repository has the commit.
func (f *Forge) commit(ctx context.Context, sha string) error {
	if !objectName.MatchString(sha) {
		return gitops.Errorf(gitops.Invalid, "%q is not a full commit name", sha)
	}
	_, err := f.resolve(ctx, sha, "commit "+sha)
	return err
}

// resolve asks git for a commit. No hook, filter or configuration of anybody
// takes part in it.
func (f *Forge) resolve(ctx context.Context, name, what string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", "--git-dir", Repository(f.dir),
		"rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=",
	}
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return "", gitops.Errorf(gitops.Cancelled, "%w", ctx.Err())
	}
	sha := strings.TrimSpace(string(out))
	if err != nil || !objectName.MatchString(sha) {
		return "", gitops.Errorf(gitops.NotFound, "the repository has no %s", what)
	}
	return sha, nil
}
