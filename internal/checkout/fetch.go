package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	fetchPatience  = 10 * time.Minute // for one fetch
	defaultMaxPack = 4 << 30          // bytes that all fetches may leave
	sizeEvery      = 200 * time.Millisecond
)

// depths are how many commits of history are asked for, one after the other,
// until base and head meet.
var depths = []int{50, 500, 5000}

// Wanted says which commits a run needs.
type Wanted struct {
	// Base and Head are full commit names. Base may be "": then only Head is
	// fetched.
	Base, Head string
	// HeadBranch is the branch on the remote that Head was the newest commit of;
	// "" when it is not known, or in another repository.
	HeadBranch string
	// History asks for the newest commit that Base and Head have in common.
	History bool
}

// Fetched is what a run works on. Every commit in it was asked for by its full
// name and is there, whole. Ref is "" but for that of Head, which is HeadBranch.
type Fetched struct {
	Base, Head gitops.Revision
	// MergeBase is what Head is to be compared with; zero when Wanted.History was
	// not set.
	MergeBase gitops.Revision
	// Moved is the commit that HeadBranch is at now, when that is not Head any
	// more: somebody pushed while the run was starting. "" otherwise.
	Moved string
	// Gone tells that HeadBranch is not on the remote any more.
	Gone bool
}

// Fetch brings the commits that are wanted into sight of r: from a private
// repository next to the clone, which is not written to and whose configuration
// has no say. What the clone has is not fetched again. A clone with little
// history (actions/checkout makes one) is deepened until Base and Head meet, or
// an error of kind NotFound says what to do. Close removes what was fetched.
func (r *Repo) Fetch(ctx context.Context, from Remote, w Wanted) (Fetched, error) {
	if err := w.check(); err != nil {
		return Fetched{}, err
	}
	f, err := r.reach(ctx, from, w)
	if err != nil {
		return Fetched{}, err
	}
	return f.all(ctx)
}

// Tip asks for the newest commit of a branch of the remote, by its full name. A
// branch that is not there is an error of kind NotFound.
func (r *Repo) Tip(ctx context.Context, from Remote, branch string) (string, error) {
	if err := gitops.CheckBranch(branch); err != nil {
		return "", err
	}
	f, err := r.reach(ctx, from, Wanted{})
	if err != nil {
		return "", err
	}
	sha, err := f.tip(ctx, branch)
	if err == nil && sha == "" {
		return "", &gitops.Error{Kind: gitops.NotFound, What: fmt.Sprintf("%s has no branch %s", f.from.url, branch), Next: "git ls-remote --heads " + f.from.url}
	}
	return sha, err
}

// reach checks the remote and makes the private repository.
func (r *Repo) reach(ctx context.Context, from Remote, w Wanted) (*fetch, error) {
	e, err := from.check(ctx, r.opts.Environ)
	if err != nil {
		return nil, err
	}
	if err := r.makeStore(ctx, w.Head); err != nil {
		return nil, err
	}
	return &fetch{repo: r, from: e, wanted: w}, nil
}

func (w Wanted) check() error {
	if err := gitops.CheckCommit(w.Head); err != nil {
		return fmt.Errorf("head: %w", err)
	}
	if w.Base != "" {
		if err := gitops.CheckCommit(w.Base); err != nil {
			return fmt.Errorf("base: %w", err)
		}
	}
	if w.HeadBranch != "" {
		return gitops.CheckBranch(w.HeadBranch)
	}
	return nil
}

// commits are those that must be there whole.
func (w Wanted) commits() []string {
	if w.Base == "" || w.Base == w.Head {
		return []string{w.Head}
	}
	return []string{w.Base, w.Head}
}

// fetch is one Fetch under way.
type fetch struct {
	repo   *Repo
	from   endpoint
	wanted Wanted
}

func (f *fetch) all(ctx context.Context) (out Fetched, err error) {
	if err := f.commits(ctx); err != nil {
		return Fetched{}, err
	}
	if out.Head, err = f.repo.Resolve(ctx, f.wanted.Head); err != nil {
		return Fetched{}, err
	}
	out.Head.Ref = f.wanted.HeadBranch
	if f.wanted.Base != "" {
		if out.Base, err = f.repo.Resolve(ctx, f.wanted.Base); err != nil {
			return Fetched{}, err
		}
		out.Base.Ref = ""
	}
	if f.wanted.Base != "" && f.wanted.History {
		if out.MergeBase, err = f.mergeBase(ctx, out.Base, out.Head); err != nil {
			return Fetched{}, err
		}
		out.MergeBase.Ref = ""
	}
	if f.wanted.HeadBranch != "" {
		tip, err := f.tip(ctx, f.wanted.HeadBranch)
		if err != nil {
			return Fetched{}, err
		}
		out.Gone = tip == ""
		if tip != f.wanted.Head {
			out.Moved = tip
		}
	}
	return out, nil
}

// commits fetches those of the wanted commits that are missing.
func (f *fetch) commits(ctx context.Context) error {
	var missing []string
	for _, sha := range f.wanted.commits() {
		if !f.has(ctx, sha) {
			missing = append(missing, sha)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	depth := 0 // all that a whole clone lacks is little
	switch s := f.repo.store; {
	case f.repo.Root != "" && !s.isShallow() && s.lent():
	case f.wanted.History:
		depth = depths[0]
	default:
		depth = 1
	}
	if err := f.pull(ctx, depth, missing); err != nil {
		return err
	}
	for _, sha := range missing {
		if !f.has(ctx, sha) {
			return gitops.Errorf(gitops.Failed, "%s was asked for commit %s and answered with something else", f.from.url, sha)
		}
	}
	return nil
}

// has tells whether the store sees a commit.
func (f *fetch) has(ctx context.Context, sha string) bool {
	out, err := f.repo.store.git.run(ctx, strings.NewReader(sha+"\n"), "cat-file", "--batch-check")
	return err == nil && strings.HasPrefix(string(out), sha+" commit ")
}

// mergeBase finds where the two meet, with more and more history.
func (f *fetch) mergeBase(ctx context.Context, base, head gitops.Revision) (gitops.Revision, error) {
	for _, depth := range append([]int{0}, depths...) {
		if depth > 0 {
			if err := f.pull(ctx, depth, f.wanted.commits()); err != nil {
				return gitops.Revision{}, err
			}
		}
		found, err := f.repo.MergeBase(ctx, base, head)
		if err == nil || gitops.KindOf(err) != gitops.NotFound || !f.repo.store.isShallow() {
			return found, err
		}
	}
	return gitops.Revision{}, &gitops.Error{
		Kind: gitops.NotFound,
		What: fmt.Sprintf("%s and %s have no commit in common among the newest %d of each", base.Short(), head.Short(), depths[len(depths)-1]),
		Next: "give the job all of the history: git fetch --unshallow origin (GitHub and Gitea: fetch-depth: 0; GitLab: GIT_DEPTH: 0), or bring the branch up to date",
	}
}

// tip returns the newest commit of a branch of the remote, "" when there is no
// such branch.
func (f *fetch) tip(ctx context.Context, branch string) (string, error) {
	ref := "refs/heads/" + branch
	out, err := f.talk(ctx, "ls-remote", "--quiet", "--end-of-options", f.from.url, ref)
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(out)) {
		sha, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if name == ref {
			return sha, gitops.CheckCommit(sha)
		}
	}
	return "", nil
}

// pull fetches commits by their full names; depth 0 means all of their history
// that is missing.
func (f *fetch) pull(ctx context.Context, depth int, shas []string) error {
	args := []string{
		"fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head", "--no-auto-maintenance",
		"--no-show-forced-updates", "--force",
	}
	if depth > 0 {
		args = append(args, "--depth="+strconv.Itoa(depth))
	}
	args = append(args, "--end-of-options", f.from.url)
	for _, sha := range shas {
		args = append(args, sha+":refs/trunkline/"+sha)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		f.watchSize(ctx, cancel)
	}()
	_, err := f.talk(ctx, args...)
	if cause := context.Cause(ctx); errors.Is(cause, errTooBig) {
		err = cause
	}
	cancel(nil)
	<-watching
	if err == nil && f.tooBig() {
		err = errTooBig
	}
	return err
}

// errTooBig ends a fetch that brings more than is allowed.
var errTooBig = &gitops.Error{Kind: gitops.Invalid, What: "the repository is larger than is allowed", Next: "give the job a clone of it to begin with"}

func (f *fetch) tooBig() bool {
	most := f.repo.opts.MaxPack
	if most == 0 {
		most = defaultMaxPack
	}
	return f.repo.store.size() > most
}

// watchSize cancels when the store grows beyond its bound.
func (f *fetch) watchSize(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(sizeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if f.tooBig() {
				cancel(errTooBig)
				return
			}
		}
	}
}

// alone is what a git command that talks to a remote runs with: no helper, no
// prompt, no redirect, nothing but what was asked for, and all of it checked.
var alone = []string{
	"-c", "credential.helper=", "-c", "core.askPass=", "-c", "http.followRedirects=false", "-c", "http.lowSpeedLimit=500",
	"-c", "http.lowSpeedTime=60", "-c", "protocol.version=2", "-c", "transfer.bundleURI=false", "-c", "gc.auto=0",
	"-c", "transfer.fsckObjects=true",
	// Old tools wrote these into histories that are sound otherwise.
	"-c", "fetch.fsck.zeroPaddedFilemode=ignore", "-c", "fetch.fsck.badTimezone=ignore", "-c", "fetch.fsck.missingSpaceBeforeDate=ignore",
	"-c", "fetch.fsck.missingSpaceBeforeEmail=ignore", "-c", "fetch.fsck.badDateOverflow=ignore", "-c", "fetch.fsck.missingEmail=ignore",
	"-c", "fetch.fsck.missingNameBeforeEmail=ignore", "-c", "fetch.fsck.badEmail=ignore",
}

// talk runs one git command that talks to the remote. Only this one has the
// token, and only in its environment.
func (f *fetch) talk(ctx context.Context, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchPatience)
	defer cancel()
	g := f.repo.store.git
	home := "HOME=" + g.dir // libcurl would read ~/.netrc
	g.env = slices.Concat(g.env, networkOf(f.repo.opts.Environ), []string{home, "XDG_CONFIG_HOME=" + g.dir, "GIT_ALLOW_PROTOCOL=" + f.from.protocol}, f.from.secrets)
	g.more = slices.Concat(g.more, alone, f.from.settings)
	cmd := g.command(ctx, args...)
	asGroup(cmd)
	out, complaint := &bounded{max: maxErrors}, &bounded{max: maxErrors, drop: true}
	cmd.Stdout, cmd.Stderr = out, complaint
	err := explain(ctx, cmd.Run(), args[0], complaint.buf.String())
	return out.buf.Bytes(), f.from.refusal(err)
}
