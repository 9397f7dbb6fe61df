package gitops

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an error is. It decides the exit code of a
// command, the status of a response and the sentence in a review.
type Kind int

// The kinds of failure. Their numbers are the exit codes of the command line
// and never change.
const (
	Failed      Kind = 1   // anything that has no kind of its own
	Invalid     Kind = 2   // wrong usage or configuration
	Denied      Kind = 3   // not authenticated or not allowed
	Deployment  Kind = 4   // a resource could not be created, updated or deleted
	Violated    Kind = 5   // a policy forbids it
	NotFound    Kind = 6   // no such environment, stack or commit
	Unexpected  Kind = 7   // changes where none were expected
	Cancelled   Kind = 8   // somebody stopped it
	Timeout     Kind = 9   // it took too long
	NeedsReview Kind = 10  // waiting for approval
	Locked      Kind = 11  // another run holds the stack
	Stale       Kind = 12  // the approval is about something else
	Bug         Kind = 255 // a fault of Trunkline itself
)

// Error is a failure that a person can act on.
type Error struct {
	Kind Kind
	// What says what failed and why, in one sentence without a full stop.
	What string
	// Where is "file:line:col" in the repository when the cause has a place.
	Where string
	// Next is what to do: a command, or a sentence.
	Next string
	// Err is the cause. Its text is shown after What.
	Err error
}

// Error returns "where: what: cause", leaving out what is empty.
func (e *Error) Error() string {
	s := e.What
	if e.Err != nil && s != "" {
		s += ": "
	}
	if e.Err != nil {
		s += e.Err.Error()
	}
	if e.Where != "" {
		s = e.Where + ": " + s
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf returns an Error of the kind whose text is the formatted one. It
// understands %w.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// KindOf returns the kind of the first Error in err's tree, Failed when there
// is none, and 0 for nil.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case err == nil:
		return 0
	case errors.As(err, &e):
		return e.Kind
	}
	return Failed
}
