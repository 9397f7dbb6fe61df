package github

import (
	"context"
	"iter"
	"strconv"
	"strings"

	"github.com/google/go-github/v92/github"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func comment(c *github.IssueComment) gitops.Comment {
	return gitops.Comment{
		ID: strconv.FormatInt(c.GetID(), 10), Author: c.GetUser().GetLogin(), Body: c.GetBody(), URL: c.GetHTMLURL(),
	}
}

// Comments yields the comments of the conversation, over all pages.
func (f *Forge) Comments(ctx context.Context, number int) iter.Seq2[gitops.Comment, error] {
	return func(yield func(gitops.Comment, error) bool) {
		o := &github.IssueListCommentsOptions{ListOptions: github.ListOptions{PerPage: 100}}
		for {
			list, resp, err := f.client.Issues.ListComments(ctx, f.owner, f.name, number, o)
			if err != nil {
				yield(gitops.Comment{}, forge.Fail(err, "cannot read the comments of #%d", number))
				return
			}
			for _, c := range list {
				if !yield(comment(c), nil) {
					return
				}
			}
			if resp.NextPage <= o.Page {
				return
			}
			o.Page = resp.NextPage
		}
	}
}

// Comment reads one comment.
func (f *Forge) Comment(ctx context.Context, number int, id string) (gitops.Comment, error) {
	n, err := forge.CommentID(number, id)
	if err != nil {
		return gitops.Comment{}, err
	}
	c, _, err := f.client.Issues.GetComment(ctx, f.owner, f.name, n)
	if err != nil {
		return gitops.Comment{}, forge.Fail(err, "cannot read comment %s of #%d", id, number)
	}
	if !strings.HasSuffix(c.GetIssueURL(), "/"+strconv.Itoa(number)) {
		return gitops.Comment{}, gitops.Errorf(gitops.NotFound, "comment %s is not on #%d", id, number)
	}
	return comment(c), nil
}

// CreateComment writes a comment, once.
func (f *Forge) CreateComment(ctx context.Context, number int, body string) (gitops.Comment, error) {
	if err := forge.Fits(f, body); err != nil {
		return gitops.Comment{}, err
	}
	return forge.Create(ctx, f, number, body, func() (gitops.Comment, error) {
		c, _, err := f.client.Issues.CreateComment(ctx, f.owner, f.name, number, github.IssueCommentRequest{Body: body})
		if err != nil {
			return gitops.Comment{}, forge.Fail(err, "cannot comment on #%d", number)
		}
		return comment(c), nil
	})
}

// EditComment writes a comment of this account anew.
func (f *Forge) EditComment(ctx context.Context, number int, id, body string) (gitops.Comment, error) {
	if err := forge.Fits(f, body); err != nil {
		return gitops.Comment{}, err
	}
	n, err := forge.CommentID(number, id)
	if err != nil {
		return gitops.Comment{}, err
	}
	if err := forge.Own(ctx, f, number, id); err != nil {
		return gitops.Comment{}, err
	}
	c, _, err := f.client.Issues.UpdateComment(ctx, f.owner, f.name, n, github.IssueCommentRequest{Body: body})
	if err != nil {
		return gitops.Comment{}, forge.Fail(err, "cannot edit comment %s of #%d", id, number)
	}
	return comment(c), nil
}

// DeleteComment takes back a comment of this account.
func (f *Forge) DeleteComment(ctx context.Context, number int, id string) error {
	n, err := forge.CommentID(number, id)
	if err == nil {
		err = forge.Own(ctx, f, number, id)
	}
	if err == nil {
		_, err = f.client.Issues.DeleteComment(ctx, f.owner, f.name, n)
		err = forge.Fail(err, "cannot delete comment %s of #%d", id, number)
	}
	return forge.Gone(err)
}
