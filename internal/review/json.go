package review

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// documentJSON is trunkline.<verb>/v1. Fields are added, never renamed. It
// carries everything that a document says, so that Parse can give it back.
type documentJSON struct {
	Schema   string `json:"schema"`
	Revision string `json:"revision"`
	Base     string `json:"base,omitempty"`
	Dirty    bool   `json:"dirty,omitempty"`
	DryRun   bool   `json:"dryRun,omitempty"`
	// Result is succeeded, failed or cancelled.
	Result  string         `json:"result"`
	Stacks  []stackJSON    `json:"stacks"`
	Summary gitops.Summary `json:"summary"`
	// Digest is what `--approve` takes.
	Digest     string           `json:"digest,omitempty"`
	Notes      []string         `json:"notes,omitempty"`
	DurationMS int64            `json:"durationMs"`
	TimingsMS  map[string]int64 `json:"timingsMs,omitempty"`

	// Commit and BaseCommit say more of revision and base.
	Commit       gitops.Revision    `json:"commit,omitzero"`
	BaseCommit   gitops.Revision    `json:"baseCommit,omitzero"`
	Environments []string           `json:"environments,omitempty"`
	Only         []string           `json:"only,omitempty"`
	Total        int                `json:"total,omitempty"`
	Stage        Stage              `json:"stage,omitempty"`
	Newer        gitops.Revision    `json:"newer,omitzero"`
	Failure      []errorJSON        `json:"failure,omitempty"`
	PullRequest  gitops.PullRequest `json:"pullRequest,omitzero"`
	Unaffected   []stackName        `json:"unaffected,omitempty"`
	// SameResources are touched and register the same resources.
	SameResources []gitops.Affected  `json:"sameResources,omitempty"`
	Removed       []stackName        `json:"removed,omitempty"`
	LeftBehind    []LeftBehind       `json:"leftBehind,omitempty"`
	ProgramDiff   bool               `json:"programDiff,omitempty"`
	Violations    []gitops.Violation `json:"violations,omitempty"`
	OutputChanges []outputJSON       `json:"outputChanges,omitempty"`
	// AfterMerge is what happens after the merge, Ships what goes out with it.
	AfterMerge []MergeStep    `json:"afterMerge,omitempty"`
	Ships      []Shipment     `json:"ships,omitempty"`
	Deployment []DeployedStep `json:"deployment,omitempty"`
	Toolchain  []Tool         `json:"toolchain,omitempty"`
	Program    string         `json:"program,omitempty"`
	Reproduce  string         `json:"reproduce,omitempty"`
}

type stackJSON struct {
	gitops.StackID
	Digest       string              `json:"digest"`
	StateVersion int64               `json:"stateVersion"`
	Operation    gitops.Operation    `json:"operation,omitempty"`
	Result       gitops.RunState     `json:"result"`
	Summary      gitops.Summary      `json:"summary"`
	Changes      []gitops.Change     `json:"changes"`
	Reasons      []gitops.Reason     `json:"reasons"`
	Upstream     []stackName         `json:"upstream,omitempty"`
	Outputs      map[string]any      `json:"outputs,omitempty"`
	Diagnostics  []gitops.Diagnostic `json:"diagnostics,omitempty"`
	Skipped      string              `json:"skipped,omitempty"`
	Error        []errorJSON         `json:"error,omitempty"`
	DurationMS   int64               `json:"durationMs"`
}

type outputJSON struct {
	gitops.StackID
	Name   string      `json:"name"`
	Old    any         `json:"old,omitempty"`
	New    any         `json:"new,omitempty"`
	ReadBy []stackName `json:"readBy,omitempty"`
}

type errorJSON struct {
	// Code is the exit code that the error stands for.
	Code    int    `json:"code"`
	Message string `json:"message"`
	Where   string `json:"where,omitempty"`
	Next    string `json:"next,omitempty"`
	// Cause is the message without that the operation failed, when it says so.
	Cause string `json:"cause,omitempty"`
}

// JSON returns the document as a value for Encode. Its schema is
// trunkline.<verb>/v1; stacks come in order of promotion, then as planned.
func JSON(d Document) any {
	digests := map[gitops.StackID]string{}
	for _, r := range d.Stacks {
		digests[r.Stack] = cmp.Or(r.Digest, r.Changes.Digest())
	}
	d = redact(d)
	out := documentJSON{
		Schema:   schema(d.Verb),
		Revision: d.Head.SHA, Base: d.Base.SHA, Dirty: d.Head.Dirty,
		Commit: d.Head, BaseCommit: d.Base,
		DryRun: d.planned(), Digest: d.Digest, Result: string(d.result()),
		Stacks: []stackJSON{}, Summary: d.Summary(), Notes: d.Notes,
		DurationMS: d.Took.Milliseconds(), TimingsMS: milliseconds(d.Timings),
		Environments: d.Environments, Only: d.Only, Total: d.Total,
		Stage: d.Stage, Newer: d.Newer, Failure: errorList(d.Failure),
		PullRequest: d.PullRequest, Unaffected: namesOf(d.Unaffected), Removed: namesOf(d.Removed),
		LeftBehind: d.Left, ProgramDiff: d.ProgramDiff, Violations: d.Violations,
		AfterMerge: d.Merge, Ships: d.Ships, Deployment: d.Deployment,
		Toolchain: d.Toolchain, Program: d.Program, Reproduce: d.Reproduce,
	}
	for _, s := range d.Same {
		out.SameResources = append(out.SameResources, gitops.Affected{StackID: s.Stack, Reasons: s.Reasons})
	}
	for _, o := range d.Outputs {
		out.OutputChanges = append(out.OutputChanges, outputJSON{o.Stack, o.Name, o.Old, o.New, namesOf(o.ReadBy)})
	}
	for _, r := range d.sorted() {
		out.Stacks = append(out.Stacks, stackDocument(d, r, digests[r.Stack]))
	}
	return out
}

func schema(v Verb) string { return "trunkline." + string(v) + "/v1" }

func stackDocument(d Document, r gitops.RunResult, digest string) stackJSON {
	set := r.Changes.Canonical()
	s := stackJSON{
		StackID: r.Stack, StateVersion: r.StateVersion, Operation: r.Operation, Result: r.State,
		Digest: digest, Summary: r.Changes.Summary(), Changes: set.Changes,
		Reasons: r.Reasons, Diagnostics: r.Diagnostics, Skipped: r.Skipped, Upstream: namesOf(r.Upstream),
		Error: errorList(r.Err), DurationMS: r.Took.Milliseconds(),
	}
	if s.Reasons == nil {
		s.Reasons = []gitops.Reason{}
	}
	if !d.planned() {
		s.Outputs = r.Outputs
	}
	return s
}

// stackName is a stack as "environment/name".
type stackName gitops.StackID

func namesOf(ids []gitops.StackID) []stackName {
	var out []stackName
	for _, id := range ids {
		out = append(out, stackName(id))
	}
	return out
}

// MarshalText writes the name as people type it.
func (n stackName) MarshalText() ([]byte, error) { return []byte(gitops.StackID(n).String()), nil }

func errorList(err error) []errorJSON {
	var out []errorJSON
	for _, e := range flatten(err) {
		where, next := placeAndNext(e)
		j := errorJSON{Code: int(gitops.KindOf(e)), Message: e.Error(), Where: where, Next: next}
		if cause := causeOf(e); cause != j.Message {
			j.Cause = cause
		}
		out = append(out, j)
	}
	return out
}

func milliseconds(ts []Timing) map[string]int64 {
	if len(ts) == 0 {
		return nil
	}
	out := map[string]int64{}
	for _, t := range ts {
		out[t.Name] += int64(t.Took / time.Millisecond)
	}
	return out
}

// result is the state of the whole: the worst of its runs.
func (d Document) result() gitops.RunState {
	switch {
	case d.count(gitops.RunFailed) > 0:
		return gitops.RunFailed
	case d.count(gitops.RunCancelled) > 0:
		return gitops.RunCancelled
	}
	return gitops.RunSucceeded
}

// JSONLines returns the document as a stream of values, one a line. The first
// names the version of the format: a reader refuses a higher major number and
// ignores types and fields that it does not know.
func JSONLines(d Document) []any {
	type line struct {
		Type string `json:"type"`
	}
	whole, _ := JSON(d).(documentJSON)
	out := []any{struct {
		line
		UI     string `json:"ui"`
		Schema string `json:"schema"`
	}{line{"version"}, "1.0", whole.Schema}}
	for _, s := range whole.Stacks {
		for _, ch := range s.Changes {
			out = append(out, changeLine{"change", s.StackID, ch})
		}
		s.Changes = nil
		out = append(out, struct {
			line
			stackJSON
			Changes *int `json:"changes,omitempty"` // they have lines of their own
		}{line: line{"stack"}, stackJSON: s})
	}
	whole.Stacks = nil
	return append(out, struct {
		line
		documentJSON
		Stacks *int `json:"stacks,omitempty"`
	}{line: line{"summary"}, documentJSON: whole})
}

// changeLine is one change of one stack. A resource's own "type" is under
// "change".
type changeLine struct {
	Type string `json:"type"`
	gitops.StackID
	Change gitops.Change `json:"change"`
}

// ErrorJSON returns the document trunkline.error/v1 for a command that could
// not even start. It is nil for a nil error.
func ErrorJSON(err error) any {
	if err == nil {
		return nil
	}
	return struct {
		Schema string      `json:"schema"`
		Error  []errorJSON `json:"error"`
	}{"trunkline.error/v1", errorList(err)}
}

// AffectedJSON returns the document trunkline.affected/v1. resources is what else
// is known about the affected stacks; nil for nothing.
func AffectedJSON(a Affected, resources any) any {
	type affected struct {
		Schema string `json:"schema"`
		Base   string `json:"base"`
		// MergeBase is what was compared with, when that is not the base.
		MergeBase  string            `json:"mergeBase,omitempty"`
		Head       string            `json:"head"`
		Stacks     []gitops.Affected `json:"stacks"`
		Unaffected []string          `json:"unaffected"`
		Resources  any               `json:"resources,omitempty"`
	}
	out := affected{Schema: "trunkline.affected/v1", Base: a.Base.SHA, Head: a.Head.SHA, Stacks: a.Stacks, Unaffected: []string{}, Resources: resources}
	if a.Against.SHA != a.Base.SHA {
		out.MergeBase = a.Against.SHA
	}
	if out.Stacks == nil {
		out.Stacks = []gitops.Affected{}
	}
	for _, id := range a.Unaffected {
		out.Unaffected = append(out.Unaffected, id.String())
	}
	return out
}

// Encode writes a value as indented JSON. Unlike encoding/json's default it
// leaves <, > and & as they are.
func Encode(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		var unsupported *json.UnsupportedTypeError
		if errors.As(err, &unsupported) {
			return gitops.Errorf(gitops.Bug, "cannot write %T as JSON: %w", v, err)
		}
		return gitops.Errorf(gitops.Failed, "cannot write JSON: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}
