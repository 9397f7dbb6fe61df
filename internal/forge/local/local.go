// Package local is a forge made of files: a bare Git repository and a directory
// with pull requests, comments and statuses as JSON. It serves demos, tests and
// those who have no forge, and needs no network and no token.
//
//	DIR/repository.git          the bare repository
//	DIR/pulls/1/pull.json       {"title": …, "author": …, "head": "feature", "base": "main"}
//	DIR/pulls/1/comments/1.json {"author": …, "body": …}
//	DIR/statuses/SHA/NAME.json  a status; the name is the context, escaped
//	DIR/checks/SHA/NAME.json    a check run
//
// Every file is written whole, so that a reader never sees half of one.
package local

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/forge"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Forge is a directory seen as a forge, by one account.
type Forge struct {
	dir string
	me  string
}

var _ gitops.Forge = (*Forge)(nil)

// Repository is the path of the bare repository within a forge's directory.
func Repository(dir string) string { return filepath.Join(dir, "repository.git") }

// Open returns the forge in dir, whose comments are written by the account. A
// directory without a repository is an error of kind NotFound.
func Open(dir, account string) (*Forge, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "%w", err)
	}
	if info, err := os.Stat(Repository(dir)); err != nil || !info.IsDir() {
		return nil, &gitops.Error{
			Kind: gitops.NotFound, What: "there is no local forge at " + dir,
			Next: "git init --bare " + Repository(dir),
		}
	}
	return &Forge{dir: dir, me: account}, nil
}

// Kind returns local.
func (f *Forge) Kind() string { return "local" }

// Limits are those of GitHub for comments, so that a demo shows what users see.
func (f *Forge) Limits() gitops.ForgeLimits {
	return gitops.ForgeLimits{Comment: 65536, Description: 140, CheckRuns: true}
}

// Me returns the account that Open was given.
func (f *Forge) Me(context.Context) (string, error) { return f.me, nil }

type commentFile struct {
	Author string `json:"author"`
	Body   string `json:"body"`
}

// Comments yields the comments in the order of their numbers.
func (f *Forge) Comments(ctx context.Context, number int) iter.Seq2[gitops.Comment, error] {
	return func(yield func(gitops.Comment, error) bool) {
		if _, err := f.pull(number); err != nil {
			yield(gitops.Comment{}, err)
			return
		}
		ids, err := numbers(f.comments(number))
		if err != nil {
			yield(gitops.Comment{}, err)
			return
		}
		for _, id := range ids {
			c, err := f.Comment(ctx, number, strconv.Itoa(id))
			if gitops.KindOf(err) == gitops.NotFound {
				continue // deleted meanwhile
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// Comment reads one comment.
func (f *Forge) Comment(_ context.Context, number int, id string) (gitops.Comment, error) {
	file, err := f.commentFile(number, id)
	if err != nil {
		return gitops.Comment{}, err
	}
	var c commentFile
	if err := read(file, &c); err != nil {
		return gitops.Comment{}, err
	}
	return gitops.Comment{ID: id, Author: c.Author, Body: c.Body, URL: fileURL(file)}, nil
}

// CreateComment writes a comment under the next number.
func (f *Forge) CreateComment(ctx context.Context, number int, body string) (gitops.Comment, error) {
	if _, err := f.pull(number); err != nil {
		return gitops.Comment{}, err
	}
	if err := f.fits(body); err != nil {
		return gitops.Comment{}, err
	}
	id, err := add(f.comments(number), ".json", commentFile{Author: f.me, Body: body})
	if err != nil {
		return gitops.Comment{}, err
	}
	return f.Comment(ctx, number, strconv.Itoa(id))
}

// EditComment writes a comment anew. Only its author may.
func (f *Forge) EditComment(ctx context.Context, number int, id, body string) (gitops.Comment, error) {
	file, err := f.own(ctx, number, id)
	if err != nil {
		return gitops.Comment{}, err
	}
	if err := f.fits(body); err != nil {
		return gitops.Comment{}, err
	}
	if err := write(file, commentFile{Author: f.me, Body: body}); err != nil {
		return gitops.Comment{}, err
	}
	return f.Comment(ctx, number, id)
}

// DeleteComment removes a comment. Only its author may.
func (f *Forge) DeleteComment(ctx context.Context, number int, id string) error {
	file, err := f.own(ctx, number, id)
	if gitops.KindOf(err) == gitops.NotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if err := os.Rename(file, strings.TrimSuffix(file, ".json")+".deleted"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return gitops.Errorf(gitops.Failed, "cannot delete the comment: %w", err)
	}
	return nil
}

// own returns the file of a comment that this account wrote.
func (f *Forge) own(ctx context.Context, number int, id string) (string, error) {
	c, err := f.Comment(ctx, number, id)
	if err != nil {
		return "", err
	}
	if c.Author != f.me {
		return "", gitops.Errorf(gitops.Denied, "comment %s was written by %s, not by %s", id, c.Author, f.me)
	}
	return f.commentFile(number, id)
}

func (f *Forge) fits(body string) error {
	if limit := f.Limits().Comment; len([]rune(body)) > limit {
		return gitops.Errorf(gitops.Invalid, "the comment is too long: at most %d characters", limit)
	}
	return nil
}

// SetStatus writes a status, in the place of an earlier one of its context.
func (f *Forge) SetStatus(ctx context.Context, sha string, s gitops.Status) error {
	if err := f.commit(ctx, sha); err != nil {
		return err
	}
	s.Description = forge.Cut(s.Description, f.Limits().Description)
	return write(filepath.Join(f.dir, "statuses", sha, url.PathEscape(s.Context)+".json"), s)
}

// SetCheckRun writes a check run, in the place of an earlier one of its name.
func (f *Forge) SetCheckRun(ctx context.Context, sha string, c gitops.CheckRun) error {
	if err := f.commit(ctx, sha); err != nil {
		return err
	}
	return write(filepath.Join(f.dir, "checks", sha, url.PathEscape(c.Name)+".json"), c)
}

// Statuses reads the statuses of a commit, by context.
func (f *Forge) Statuses(sha string) ([]gitops.Status, error) {
	return readAll[gitops.Status](filepath.Join(f.dir, "statuses", filepath.Base(sha)))
}

// CheckRuns reads the check runs of a commit, by name.
func (f *Forge) CheckRuns(sha string) ([]gitops.CheckRun, error) {
	return readAll[gitops.CheckRun](filepath.Join(f.dir, "checks", filepath.Base(sha)))
}

func (f *Forge) comments(number int) string {
	return filepath.Join(f.dir, "pulls", strconv.Itoa(number), "comments")
}

func (f *Forge) commentFile(number int, id string) (string, error) {
	if n, err := strconv.Atoi(id); err != nil || n <= 0 || strconv.Itoa(n) != id {
		return "", gitops.Errorf(gitops.NotFound, "there is no comment %q on #%d", id, number)
	}
	return filepath.Join(f.comments(number), id+".json"), nil
}

func fileURL(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}
