package diy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"gocloud.dev/gcerrors"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// explain turns what a bucket or Pulumi's backend says while doing something
// into an error that a person can act on and that gives no secret away. Errors
// of ours pass unchanged.
func (s *Store) explain(doing string, err error) error {
	var (
		told   *gitops.Error
		locked *gitops.LockedError
		fenced *gitops.FencedError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &told), errors.As(err, &locked), errors.As(err, &fenced):
		return err
	}
	e := &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("cannot %s the state in %s: %s", doing, s.place.shown, s.place.hide(err.Error())),
		Next: "check the URL, the credentials in the environment and the connection, then try again",
	}
	switch {
	case errors.Is(err, context.Canceled):
		e.Kind, e.Next = gitops.Cancelled, ""
	case errors.Is(err, context.DeadlineExceeded):
		e.Kind, e.Next = gitops.Timeout, "check the connection, then try again"
	case errors.Is(err, syscall.ENOSPC):
		e.Next = "free space on the disk and run the command again: what was saved before is intact"
	case errors.Is(err, fs.ErrPermission), gcerrors.Code(err) == gcerrors.PermissionDenied:
		e.Next = "the right to list, read, write and delete below .pulumi/ is needed"
	case s.place.scheme == "file" && errors.Is(err, fs.ErrNotExist):
		e.Next = "make the directory first"
	}
	return e
}

// damaged is the error for a checkpoint that cannot be what was written.
func (s *Store) damaged(ref gitops.StackRef, key string, cause error) error {
	return &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("the checkpoint %s of stack %q in %s cannot be used", key, ref.Stack, s.place.shown),
		Err:  cause,
		Next: fmt.Sprintf("keep a copy of it; trunkline state history %s lists versions and trunkline state restore brings one back; "+
			"%s.bak beside it is the state before the last write, and pulumi stack import --file writes a saved deployment", ref.Flags(), key),
	}
}

// brokenJournal is the error for a journal that is not what was appended.
func (s *Store) brokenJournal(ref gitops.StackRef, cause error) error {
	return &gitops.Error{
		Kind: gitops.Failed,
		What: fmt.Sprintf("the journal of stack %q in %s%s cannot be used", ref.Stack, s.place.shown, "/"+journalDir(ref)),
		Err:  cause,
		Next: fmt.Sprintf("trunkline state restore %s goes back to a version and puts the journal aside: "+
			"look there for resources that were made since", ref.Flags()),
	}
}

// changedUnder is the error for a journal whose base somebody has replaced.
var errChangedUnder = errors.New("it continues a state that was replaced since, probably by the Pulumi CLI after pulumi cancel: " +
	"what the run that died did is in the journal only")
