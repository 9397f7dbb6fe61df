package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// verbs are the verbs that have a document.
var verbs = []Verb{Preview, Up, Refresh, Destroy, Drift, Import}

// Parse reads a document that JSON wrote. Another schema, a stack without a
// name, a stack twice and words that the schema does not have are errors of kind
// Invalid; fields that it does not know are left out.
func Parse(text []byte) (Document, error) {
	var j documentJSON
	dec := json.NewDecoder(bytes.NewReader(text))
	if err := dec.Decode(&j); err != nil {
		return Document{}, unreadable("it is not the JSON of a review: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Document{}, unreadable("there is something after the document")
	}
	verb := Verb(strings.TrimSuffix(strings.TrimPrefix(j.Schema, "trunkline."), "/v1"))
	if !slices.Contains(verbs, verb) || j.Schema != schema(verb) {
		return Document{}, unreadable("its schema is %q, not that of a review such as %s", Clean(shorten(j.Schema, 80)), schema(Preview))
	}
	d := Document{
		Verb: verb, DryRun: j.DryRun && verb != Preview && verb != Drift, Head: j.Commit, Base: j.BaseCommit,
		Digest: j.Digest, Environments: j.Environments, Only: j.Only, Total: j.Total, Notes: j.Notes,
		Took:  time.Duration(j.DurationMS) * time.Millisecond,
		Stage: j.Stage, Newer: j.Newer, Failure: asError(j.Failure), PullRequest: j.PullRequest,
		Unaffected: idsOf(j.Unaffected), Removed: idsOf(j.Removed),
		Left: j.LeftBehind, ProgramDiff: j.ProgramDiff, Violations: j.Violations,
		Merge: j.AfterMerge, Ships: j.Ships, Deployment: j.Deployment,
		Toolchain: j.Toolchain, Program: j.Program, Reproduce: j.Reproduce,
	}
	d.Head.SHA, d.Base.SHA = j.Revision, j.Base
	d.Head.Dirty = j.Dirty
	for _, name := range slices.Sorted(maps.Keys(j.TimingsMS)) {
		d.Timings = append(d.Timings, Timing{name, time.Duration(j.TimingsMS[name]) * time.Millisecond})
	}
	for _, s := range j.SameResources {
		d.Same = append(d.Same, SameStack{s.StackID, s.Reasons})
	}
	for _, o := range j.OutputChanges {
		d.Outputs = append(d.Outputs, OutputChange{o.StackID, o.Name, o.Old, o.New, idsOf(o.ReadBy)})
	}
	for _, s := range j.Stacks {
		d.Stacks = append(d.Stacks, runOf(s))
	}
	return d, checkDocument(d)
}

func unreadable(format string, args ...any) error {
	err := gitops.Errorf(gitops.Invalid, format, args...)
	err.Next = "trunkline preview -o json > preview.json writes one that can be read"
	return err
}

func runOf(s stackJSON) gitops.RunResult {
	return gitops.RunResult{
		Stack: s.StackID, Operation: s.Operation, State: s.Result, StateVersion: s.StateVersion,
		Changes: gitops.ChangeSet{Stack: s.StackID, Changes: s.Changes, Same: s.Summary.Same}, Digest: s.Digest,
		Reasons: s.Reasons, Upstream: idsOf(s.Upstream), Outputs: s.Outputs, Diagnostics: s.Diagnostics,
		Skipped: s.Skipped, Err: asError(s.Error), Took: time.Duration(s.DurationMS) * time.Millisecond,
	}
}

// checkDocument refuses what would be shown wrongly rather than not at all.
func checkDocument(d Document) error {
	states := []gitops.RunState{gitops.RunQueued, gitops.RunRunning, gitops.RunSucceeded, gitops.RunFailed, gitops.RunCancelled, gitops.RunSkipped}
	ops := []gitops.Op{gitops.OpSame, gitops.OpCreate, gitops.OpUpdate, gitops.OpReplace, gitops.OpDelete, gitops.OpRead, gitops.OpImport, gitops.OpRefresh, gitops.OpForget}
	stages := []Stage{Complete, Pending, Running, Outdated, Superseded}
	if !slices.Contains(stages, d.Stage) {
		return unreadable("there is no stage %q", Clean(shorten(string(d.Stage), 80)))
	}
	seen := map[gitops.StackID]bool{}
	for _, r := range d.Stacks {
		name := Clean(shorten(r.Stack.String(), 120))
		switch {
		case r.Stack.Name == "" || r.Stack.Environment == "":
			return unreadable("a stack has no name or no environment")
		case seen[r.Stack]:
			return unreadable("%s is in it twice", name)
		case !slices.Contains(states, r.State):
			return unreadable("%s: there is no result %q", name, Clean(shorten(string(r.State), 80)))
		}
		seen[r.Stack] = true
		for _, ch := range r.Changes.Changes {
			if !slices.Contains(ops, ch.Op) {
				return unreadable("%s: there is no operation %q", name, Clean(shorten(string(ch.Op), 80)))
			}
		}
	}
	for _, s := range d.Deployment {
		if !slices.Contains(states, s.State) {
			return unreadable("there is no result %q of a deployment", Clean(shorten(string(s.State), 80)))
		}
	}
	return nil
}

// UnmarshalText reads "environment/name".
func (n *stackName) UnmarshalText(text []byte) error {
	env, name, ok := strings.Cut(string(text), "/")
	if !ok || env == "" || name == "" {
		return errors.New("a stack is written environment/name")
	}
	*n = stackName{Name: name, Environment: env}
	return nil
}

func idsOf(names []stackName) []gitops.StackID {
	var out []gitops.StackID
	for _, n := range names {
		out = append(out, gitops.StackID(n))
	}
	return out
}

// readError is an error that was read from a document.
type readError struct{ e errorJSON }

func (r readError) Error() string { return r.e.Message }

// As gives its kind, place and advice to whoever asks for a gitops.Error.
func (r readError) As(target any) bool {
	t, ok := target.(**gitops.Error)
	if ok {
		*t = &gitops.Error{Kind: gitops.Kind(r.e.Code), What: r.e.Message, Where: r.e.Where, Next: r.e.Next}
	}
	return ok
}

func asError(list []errorJSON) error {
	var errs []error
	for _, e := range list {
		errs = append(errs, readError{e})
	}
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return errors.Join(errs...)
}
