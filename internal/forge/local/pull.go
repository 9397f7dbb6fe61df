package local

import (
	"context"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Pull is the file of a pull request. A person may write it by hand.
type Pull struct {
	Title  string `json:"title"`
	Author string `json:"author,omitempty"`
	// Head and Base are branches of the repository. HeadSHA is set when the branch
	// is gone, and then the commit that was proposed.
	Head    string `json:"head"`
	HeadSHA string `json:"headSHA,omitempty"`
	Base    string `json:"base"`
	Fork    bool   `json:"fork,omitempty"`
	Draft   bool   `json:"draft,omitempty"`
	Closed  bool   `json:"closed,omitempty"`
	// Merged is the commit on the base branch that the merge made.
	Merged string `json:"merged,omitempty"`
}

// Propose opens a pull request. Its branches must exist.
func (f *Forge) Propose(ctx context.Context, p Pull) (gitops.PullRequest, error) {
	for _, branch := range []string{p.Head, p.Base} {
		if _, err := f.branch(ctx, branch); err != nil {
			return gitops.PullRequest{}, err
		}
	}
	if p.Author == "" {
		p.Author = f.me
	}
	n, err := addDir(filepath.Join(f.dir, "pulls"))
	if err != nil {
		return gitops.PullRequest{}, err
	}
	if err := write(f.pullFile(n), p); err != nil {
		return gitops.PullRequest{}, err
	}
	return f.PullRequest(ctx, n)
}

// Merged notes that a pull request was merged as the commit. The merge itself is
// made with git, by whoever merges.
func (f *Forge) Merged(ctx context.Context, number int, sha string) error {
	if err := f.commit(ctx, sha); err != nil {
		return err
	}
	p, err := f.pull(number)
	if err != nil {
		return err
	}
	if head, err := f.branch(ctx, p.Head); err == nil {
		p.HeadSHA = head
	}
	p.Closed, p.Merged = true, sha
	return write(f.pullFile(number), p)
}

// PullRequest reads one pull request; its commits are those of the branches now.
func (f *Forge) PullRequest(ctx context.Context, number int) (gitops.PullRequest, error) {
	p, err := f.pull(number)
	if err != nil {
		return gitops.PullRequest{}, err
	}
	head, base := p.HeadSHA, ""
	if head == "" {
		if head, err = f.branch(ctx, p.Head); err != nil {
			return gitops.PullRequest{}, err
		}
	}
	if base, err = f.branch(ctx, p.Base); err != nil {
		return gitops.PullRequest{}, err
	}
	return gitops.PullRequest{
		Number: number, Title: p.Title, Author: p.Author, URL: fileURL(f.pullFile(number)),
		Head: gitops.Revision{SHA: head, Ref: p.Head}, Base: gitops.Revision{SHA: base, Ref: p.Base},
		Fork: p.Fork, Draft: p.Draft, Closed: p.Closed || p.Merged != "", Merged: p.Merged,
	}, nil
}

// PullRequestsOf lists the merged pull requests that the commit came from: the
// merge made it, or it was their head.
func (f *Forge) PullRequestsOf(ctx context.Context, sha string) ([]gitops.PullRequest, error) {
	if err := f.commit(ctx, sha); err != nil {
		return nil, err
	}
	all, err := numbers(filepath.Join(f.dir, "pulls"))
	if err != nil {
		return nil, err
	}
	var out []gitops.PullRequest
	for _, n := range slices.Backward(all) {
		p, err := f.pull(n)
		if err != nil {
			return nil, err
		}
		if p.Merged == "" || p.Merged != sha && p.HeadSHA != sha {
			continue
		}
		pr, err := f.PullRequest(ctx, n)
		if err != nil {
			return nil, err
		}
		out = append(out, pr)
	}
	return out, nil
}

func (f *Forge) pullFile(number int) string {
	return filepath.Join(f.dir, "pulls", strconv.Itoa(number), "pull.json")
}

func (f *Forge) pull(number int) (Pull, error) {
	var p Pull
	err := read(f.pullFile(number), &p)
	if gitops.KindOf(err) == gitops.NotFound {
		return p, gitops.Errorf(gitops.NotFound, "there is no pull request #%d", number)
	}
	return p, err
}
