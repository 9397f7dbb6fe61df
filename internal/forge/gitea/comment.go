package gitea

import (
	"context"
	"iter"
	"net/http"
	"strconv"

	"code.gitea.io/sdk/gitea"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// pageSize is what Gitea takes at most, unless its owner allows more.
const pageSize = 50

func comment(c *gitea.Comment) gitops.Comment {
	out := gitops.Comment{ID: strconv.FormatInt(c.ID, 10), Body: c.Body, URL: c.HTMLURL}
	if c.Poster != nil {
		out.Author = c.Poster.UserName
	}
	return out
}

// Comments yields the comments. Gitea answers all of them at once, whatever page
// is asked for; a server that does have pages says how many comments there are.
func (f *Forge) Comments(ctx context.Context, number int) iter.Seq2[gitops.Comment, error] {
	return func(yield func(gitops.Comment, error) bool) {
		if _, err := f.PullRequest(ctx, number); err != nil {
			yield(gitops.Comment{}, err)
			return
		}
		seen := map[int64]bool{}
		for page := 1; ; page++ {
			list, total, err := f.page(ctx, number, page)
			if err != nil {
				yield(gitops.Comment{}, err)
				return
			}
			before := len(seen)
			for _, c := range list {
				if seen[c.ID] {
					continue
				}
				if seen[c.ID] = true; !yield(comment(c), nil) {
					return
				}
			}
			if len(seen) >= total || len(seen) == before {
				return
			}
		}
	}
}

// page reads one page of comments and how many there are on all.
func (f *Forge) page(ctx context.Context, number, page int) (list []*gitea.Comment, total int, err error) {
	err = f.call(ctx, func(c *gitea.Client) error {
		l, resp, err := c.ListIssueComments(f.owner, f.name, int64(number), gitea.ListIssueCommentOptions{
			ListOptions: gitea.ListOptions{Page: page, PageSize: pageSize},
		})
		if err != nil {
			return err
		}
		total, _ = strconv.Atoi(resp.Header.Get("X-Total-Count"))
		list = l
		return nil
	}, "cannot read the comments of #%d", number)
	return list, total, err
}

// Comment reads one comment.
func (f *Forge) Comment(ctx context.Context, number int, id string) (out gitops.Comment, err error) {
	n, err := forge.CommentID(number, id)
	if err != nil {
		return out, err
	}
	err = f.call(ctx, func(c *gitea.Client) error {
		got, resp, err := c.GetIssueComment(f.owner, f.name, n)
		switch {
		case resp != nil && resp.StatusCode == http.StatusNoContent:
			return gitops.Errorf(gitops.NotFound, "it is a note of Gitea itself")
		case err != nil:
			return err
		case !belongs(got, number):
			return gitops.Errorf(gitops.NotFound, "it is elsewhere")
		}
		out = comment(got)
		return nil
	}, "cannot read comment %s of #%d", id, number)
	return out, err
}

// CreateComment writes a comment, once.
func (f *Forge) CreateComment(ctx context.Context, number int, body string) (gitops.Comment, error) {
	if err := forge.Fits(f, body); err != nil {
		return gitops.Comment{}, err
	}
	return forge.Create(ctx, f, number, body, func() (out gitops.Comment, err error) {
		err = f.call(ctx, func(c *gitea.Client) error {
			got, _, err := c.CreateIssueComment(f.owner, f.name, int64(number), gitea.CreateIssueCommentOption{Body: body})
			if err == nil {
				out = comment(got)
			}
			return err
		}, "cannot comment on #%d", number)
		return out, err
	})
}

// EditComment writes a comment of this account anew.
func (f *Forge) EditComment(ctx context.Context, number int, id, body string) (out gitops.Comment, err error) {
	if err := forge.Fits(f, body); err != nil {
		return out, err
	}
	n, err := forge.CommentID(number, id)
	if err != nil {
		return out, err
	}
	if err := forge.Own(ctx, f, number, id); err != nil {
		return out, err
	}
	err = f.call(ctx, func(c *gitea.Client) error {
		got, _, err := c.EditIssueComment(f.owner, f.name, n, gitea.EditIssueCommentOption{Body: body})
		if err == nil {
			out = comment(got)
		}
		return err
	}, "cannot edit comment %s of #%d", id, number)
	return out, err
}

// DeleteComment takes back a comment of this account.
func (f *Forge) DeleteComment(ctx context.Context, number int, id string) error {
	n, err := forge.CommentID(number, id)
	if err == nil {
		err = forge.Own(ctx, f, number, id)
	}
	if err == nil {
		err = f.call(ctx, func(c *gitea.Client) error {
			_, err := c.DeleteIssueComment(f.owner, f.name, n)
			return err
		}, "cannot delete comment %s of #%d", id, number)
	}
	return forge.Gone(err)
}
