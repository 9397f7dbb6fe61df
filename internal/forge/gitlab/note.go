package gitlab

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strconv"
	"strings"

	"gitlab.com/gitlab-org/api/client-go/v2"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func (f *Forge) comment(n *gitlab.Note, number int) gitops.Comment {
	return gitops.Comment{
		ID: strconv.FormatInt(n.ID, 10), Author: n.Author.Username, Body: n.Body,
		URL: fmt.Sprintf("%s/-/merge_requests/%d#note_%d", f.web, number, n.ID),
	}
}

// spoken tells whether a note is a comment: not one of GitLab itself, and not on
// a line.
func spoken(n *gitlab.Note) bool { return !n.System && n.Position == nil }

// Comments yields the notes of the conversation, over all pages.
func (f *Forge) Comments(ctx context.Context, number int) iter.Seq2[gitops.Comment, error] {
	return func(yield func(gitops.Comment, error) bool) {
		o := &gitlab.ListMergeRequestNotesOptions{
			ListOptions: gitlab.ListOptions{PerPage: 100, Page: 1}, OrderBy: new("created_at"), Sort: new("asc"),
		}
		for {
			list, resp, err := f.client.Notes.ListMergeRequestNotes(f.project, int64(number), o, gitlab.WithContext(ctx))
			if err != nil {
				yield(gitops.Comment{}, forge.Fail(err, "cannot read the notes of !%d", number))
				return
			}
			for _, n := range list {
				if spoken(n) && !yield(f.comment(n, number), nil) {
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

// Comment reads one note.
func (f *Forge) Comment(ctx context.Context, number int, id string) (gitops.Comment, error) {
	k, err := forge.CommentID(number, id)
	if err != nil {
		return gitops.Comment{}, err
	}
	n, _, err := f.client.Notes.GetMergeRequestNote(f.project, int64(number), k, gitlab.WithContext(ctx))
	if err != nil {
		return gitops.Comment{}, forge.Fail(err, "cannot read note %s of !%d", id, number)
	}
	if !spoken(n) {
		return gitops.Comment{}, gitops.Errorf(gitops.NotFound, "note %s of !%d is not a comment", id, number)
	}
	return f.comment(n, number), nil
}

// CreateComment writes a note, once.
func (f *Forge) CreateComment(ctx context.Context, number int, body string) (gitops.Comment, error) {
	body = inert(body)
	if err := forge.Fits(f, body); err != nil {
		return gitops.Comment{}, err
	}
	return forge.Create(ctx, f, number, body, func() (gitops.Comment, error) {
		n, _, err := f.client.Notes.CreateMergeRequestNote(f.project, int64(number),
			&gitlab.CreateMergeRequestNoteOptions{Body: &body}, gitlab.WithContext(ctx))
		if err != nil {
			return gitops.Comment{}, forge.Fail(err, "cannot write a note on !%d", number)
		}
		return f.comment(n, number), nil
	})
}

// EditComment writes a note of this account anew.
func (f *Forge) EditComment(ctx context.Context, number int, id, body string) (gitops.Comment, error) {
	body = inert(body)
	if err := forge.Fits(f, body); err != nil {
		return gitops.Comment{}, err
	}
	k, err := forge.CommentID(number, id)
	if err != nil {
		return gitops.Comment{}, err
	}
	if err := forge.Own(ctx, f, number, id); err != nil {
		return gitops.Comment{}, err
	}
	n, _, err := f.client.Notes.UpdateMergeRequestNote(f.project, int64(number), k,
		&gitlab.UpdateMergeRequestNoteOptions{Body: &body}, gitlab.WithContext(ctx))
	if err != nil {
		return gitops.Comment{}, forge.Fail(err, "cannot edit note %s of !%d", id, number)
	}
	return f.comment(n, number), nil
}

// DeleteComment takes back a note of this account.
func (f *Forge) DeleteComment(ctx context.Context, number int, id string) error {
	k, err := forge.CommentID(number, id)
	if err == nil {
		err = forge.Own(ctx, f, number, id)
	}
	if err == nil {
		_, err = f.client.Notes.DeleteMergeRequestNote(f.project, int64(number), k, gitlab.WithContext(ctx))
		err = forge.Fail(err, "cannot delete note %s of !%d", id, number)
	}
	return forge.Gone(err)
}

var (
	quickAction = regexp.MustCompile(`^\s*/[A-Za-z]`)
	fenceLine   = regexp.MustCompile("^ {0,3}(?:(`{3,})[^`]*|(~{3,}).*)$")
)

// inert puts a backslash before lines that GitLab would take for a quick action
// such as /merge, and carry out as this account. In fences it does not.
func inert(body string) string {
	lines := strings.Split(body, "\n")
	fence := ""
	for i, line := range lines {
		mark := fenceLine.FindStringSubmatch(line)
		switch {
		case fence == "" && mark != nil:
			fence = mark[1] + mark[2]
		case fence != "":
			if mark != nil && strings.HasPrefix(mark[1]+mark[2], fence) && strings.Trim(strings.TrimSpace(line), fence[:1]) == "" {
				fence = ""
			}
		case quickAction.MatchString(line):
			at := strings.IndexByte(line, '/')
			lines[i] = line[:at] + `\` + line[at:]
		}
	}
	return strings.Join(lines, "\n")
}
