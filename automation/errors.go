package automation

import (
	"errors"
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// exitError reads like an *exec.ExitError and keeps the cause.
type exitError struct {
	code  int
	cause error
}

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.code) }
func (e *exitError) Unwrap() error { return e.cause }

// exitCode is the part of the CLI's table of exit codes that can occur here.
// It differs from the kinds of Trunkline's own commands: to the CLI, a failed
// or cancelled operation and a locked stack are plain failures.
func exitCode(err error) int {
	switch gitops.KindOf(err) {
	case gitops.Invalid:
		return 2
	case gitops.NotFound:
		return 6
	case gitops.Unexpected:
		return 7
	case gitops.Bug:
		return 255
	}
	return 1
}

// shownError is how an operation ended whose diagnostics the display has shown.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

// report writes the error where auto looks for it. Like the CLI, it repeats
// nothing on stderr that the display has shown on stdout. What a program or a
// cloud said ("stack … already exists") must not get there at all: auto would
// take it for a finding about the Pulumi stack.
func (s *session) report(err error) {
	var e *gitops.Error
	var shown *shownError
	has := errors.As(err, &e)
	switch told := errors.As(err, &shown); {
	case told && gitops.KindOf(err) != gitops.Cancelled && engine.Told(err):
	case told && gitops.KindOf(err) == gitops.Cancelled && has:
		fmt.Fprintf(s.err, "error: %s\n", e.What)
	case told && has && e.Err != nil && strings.HasSuffix(e.What, " failed"): // a headline that says no more
		fmt.Fprintf(s.err, "error: %v\n", e.Err)
	default:
		fmt.Fprintf(s.err, "error: %v\n", err)
	}
	if has && e.Next != "" {
		fmt.Fprintln(s.err, e.Next)
	}
}

// The texts that auto.IsSelectStack404Error and auto.IsCreateStack409Error look
// for on stderr. auto.IsConcurrentUpdateError finds gitops.LockedError's.

func stackNotFound(ref gitops.StackRef) error {
	return gitops.Errorf(gitops.NotFound, "no stack named '%s' found", ref.Stack)
}

func stackExists(ref gitops.StackRef) error {
	return gitops.Errorf(gitops.Failed, "stack '%s' already exists", qualified(ref))
}

func usage(format string, args ...any) error {
	return gitops.Errorf(gitops.Invalid, format, args...)
}
