package checkout

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Log lists the commits of head's branch that base does not have, newest first:
// what ships when head is deployed where base is now. A merge counts as one
// commit, without those that it brought. At most limit are listed; more says how
// many others there are.
func (r *Repo) Log(ctx context.Context, base, head gitops.Revision, limit int) (list []gitops.Revision, more int, err error) {
	for _, rev := range []gitops.Revision{base, head} {
		if err := checkObjects(rev.SHA); err != nil {
			return nil, 0, err
		}
		if _, err := r.Resolve(ctx, rev.SHA); err != nil {
			return nil, 0, err
		}
	}
	out, err := r.git.run(ctx, nil, "rev-list", "--first-parent", "--end-of-options", head.SHA, "^"+base.SHA)
	if err != nil {
		return nil, 0, gitops.Errorf(gitops.KindOf(err), "cannot list the commits from %s to %s: %w", base.Short(), head.Short(), err)
	}
	names := strings.Fields(string(out))
	shown := names[:min(limit, len(names))]
	list, err = r.commitsOf(ctx, shown)
	return list, len(names) - len(shown), err
}

// commitsOf reads many commits with one command.
func (r *Repo) commitsOf(ctx context.Context, names []string) ([]gitops.Revision, error) {
	if len(names) == 0 {
		return nil, nil
	}
	out, err := r.git.run(ctx, strings.NewReader(strings.Join(names, "\n")+"\n"), "cat-file", "--batch")
	if err != nil {
		return nil, gitops.Errorf(gitops.KindOf(err), "cannot read commits: %w", err)
	}
	list := make([]gitops.Revision, 0, len(names))
	for _, name := range names {
		head, rest, _ := bytes.Cut(out, []byte("\n"))
		fields := strings.Fields(string(head))
		if len(fields) != 3 || fields[0] != name || fields[1] != "commit" {
			return nil, gitops.Errorf(gitops.Failed, "the repository lacks commit %s", name)
		}
		size, err := strconv.Atoi(fields[2])
		if err != nil || size < 0 || size >= len(rest) {
			return nil, fmt.Errorf("git gave commit %s in a form that is not understood", name)
		}
		rev := parseCommit(string(rest[:size]))
		rev.SHA = name
		list = append(list, rev)
		out = rest[size+1:]
	}
	return list, nil
}
