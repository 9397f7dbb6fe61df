package automation

import (
	"context"
	"io/fs"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// wireError is an error on its way from a worker: its text, and what errors.As
// and errors.Is find in it.
type wireError struct {
	Text   string              `json:"text"`
	Ours   *wireOurs           `json:"ours,omitempty"`
	Locked *gitops.LockedError `json:"locked,omitempty"`
	Fenced *gitops.FencedError `json:"fenced,omitempty"`
	// Known names one of knownErrors.
	Known string       `json:"known,omitempty"`
	Wraps []*wireError `json:"wraps,omitempty"`
}

// wireOurs is a gitops.Error without its cause, which is the one in Wraps.
type wireOurs struct {
	Kind  gitops.Kind `json:"kind"`
	What  string      `json:"what,omitempty"`
	Where string      `json:"where,omitempty"`
	Next  string      `json:"next,omitempty"`
}

// knownErrors are the values that callers compare with.
var knownErrors = map[string]error{
	"canceled": context.Canceled, "deadline": context.DeadlineExceeded,
	"not-exist": fs.ErrNotExist, "exist": fs.ErrExist, "permission": fs.ErrPermission,
}

// encodeError takes an error apart; nil stays nil.
func encodeError(err error) *wireError {
	if err == nil {
		return nil
	}
	w := &wireError{Text: err.Error()}
	for name, known := range knownErrors {
		if err == known { //nolint:errorlint // exactly this value; what it is wrapped in is taken apart below
			w.Known = name
			return w
		}
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case *gitops.Error:
		w.Ours = &wireOurs{Kind: e.Kind, What: e.What, Where: e.Where, Next: e.Next}
	case *gitops.LockedError:
		w.Locked = e
	case *gitops.FencedError:
		w.Fenced = e
	}
	switch e := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		if cause := encodeError(e.Unwrap()); cause != nil {
			w.Wraps = []*wireError{cause}
		}
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			if c := encodeError(cause); c != nil {
				w.Wraps = append(w.Wraps, c)
			}
		}
	}
	return w
}

// decode puts the error together again: the same text, kinds and causes.
func (w *wireError) decode() error {
	if w == nil {
		return nil
	}
	if known, ok := knownErrors[w.Known]; ok {
		return known
	}
	var causes []error
	for _, c := range w.Wraps {
		if err := c.decode(); err != nil {
			causes = append(causes, err)
		}
	}
	switch {
	case w.Locked != nil:
		return w.Locked
	case w.Fenced != nil:
		return w.Fenced
	case w.Ours != nil:
		e := &gitops.Error{Kind: w.Ours.Kind, What: w.Ours.What, Where: w.Ours.Where, Next: w.Ours.Next}
		if len(causes) > 0 {
			e.Err = causes[0]
		}
		return e
	}
	return &remoteError{text: w.Text, causes: causes}
}

// remoteError is an error of a worker whose type this process does not need.
type remoteError struct {
	text   string
	causes []error
}

func (e *remoteError) Error() string   { return e.text }
func (e *remoteError) Unwrap() []error { return e.causes }
