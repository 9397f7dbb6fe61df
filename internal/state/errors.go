package state

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// explain turns what a database or the system says while doing something with
// the store into an error that a person can act on. Errors of ours pass
// unchanged.
func (s *Store) explain(doing string, err error) error {
	return explain(s.name, doing, s.scrub(err), s.dialect.advise)
}

// scrub returns the error without the store's password, which no driver should
// show, but one could.
func (s *Store) scrub(err error) error {
	if err == nil || s.secret == "" {
		return err
	}
	text := err.Error()
	clean := text
	for _, form := range []string{s.secret, url.QueryEscape(s.secret), url.PathEscape(s.secret)} {
		clean = strings.ReplaceAll(clean, form, "[password]")
	}
	if clean == text {
		return err
	}
	return &scrubbed{clean, err}
}

// scrubbed is an error with another text.
type scrubbed struct {
	text string
	err  error
}

func (e *scrubbed) Error() string { return e.text }
func (e *scrubbed) Unwrap() error { return e.err }

func explainFile(path, doing string, err error) error { return explain(path, doing, err, adviseFile) }

func explain(name, doing string, err error, advise func(name string, err error) (gitops.Kind, string)) error {
	var (
		told   *gitops.Error
		locked *gitops.LockedError
		fenced *gitops.FencedError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told):
		return told
	case errors.As(err, &locked):
		return locked
	case errors.As(err, &fenced):
		return fenced
	}
	e := &gitops.Error{Kind: gitops.Failed, What: fmt.Sprintf("cannot %s the state store %s", doing, name), Err: err}
	switch {
	case errors.Is(err, context.Canceled):
		e.Kind = gitops.Cancelled
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind = gitops.Timeout
	default:
		e.Kind, e.Next = advise(name, err)
	}
	return e
}

// adviseFile says what to do about what SQLite or the file system says.
func adviseFile(path string, err error) (gitops.Kind, string) {
	const otherwise = "check the disk and the rights of the file, then try again: nothing was changed"
	var s *sqlite.Error
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return gitops.Failed, noSpace
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return gitops.Failed, notWritable
	case !errors.As(err, &s):
		return gitops.Failed, otherwise
	}
	switch s.Code() & 0xff {
	case sqlite3.SQLITE_FULL:
		return gitops.Failed, noSpace
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return gitops.Failed, notWritable
	case sqlite3.SQLITE_BUSY:
		return gitops.Failed, "another program has been writing to the store for a long time: find it (lsof '" + path + "') and let it end"
	case sqlite3.SQLITE_NOTADB:
		return gitops.Failed, "the file is not a state store, or no longer: give another path, or put a backup there"
	case sqlite3.SQLITE_CORRUPT:
		return gitops.Failed, "the file is damaged: keep it, put a backup in its place, or save what can be read: " +
			"sqlite3 '" + path + "' .recover"
	}
	return gitops.Failed, otherwise
}

const (
	noSpace     = "free space on the disk and run the command again: what was saved before is intact"
	notWritable = "make the directory and the file writable for you: SQLite also writes beside the file"
)
