package review

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// documentJSON is trunkline.<verb>/v1. Fields are added, never renamed.
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
}

type stackJSON struct {
	gitops.StackID
	Digest       string              `json:"digest"`
	StateVersion int64               `json:"stateVersion"`
	Result       gitops.RunState     `json:"result"`
	Summary      gitops.Summary      `json:"summary"`
	Changes      []gitops.Change     `json:"changes"`
	Reasons      []gitops.Reason     `json:"reasons"`
	Upstream     []string            `json:"upstream,omitempty"`
	Outputs      map[string]any      `json:"outputs,omitempty"`
	Diagnostics  []gitops.Diagnostic `json:"diagnostics,omitempty"`
	Skipped      string              `json:"skipped,omitempty"`
	Error        []errorJSON         `json:"error,omitempty"`
	DurationMS   int64               `json:"durationMs"`
}

type errorJSON struct {
	// Code is the exit code that the error stands for.
	Code    int    `json:"code"`
	Message string `json:"message"`
	Where   string `json:"where,omitempty"`
	Next    string `json:"next,omitempty"`
}

// JSON returns the document as a value for Encode. Its schema is
// trunkline.<verb>/v1; stacks come in order of promotion, then as planned.
func JSON(d Document) any {
	out := documentJSON{
		Schema:     "trunkline." + string(d.Verb) + "/v1",
		Revision:   d.Head.SHA,
		Base:       d.Base.SHA,
		Dirty:      d.Head.Dirty,
		DryRun:     d.planned(),
		Digest:     d.Digest,
		Result:     string(d.result()),
		Stacks:     []stackJSON{},
		Summary:    d.Summary(),
		Notes:      d.Notes,
		DurationMS: d.Took.Milliseconds(),
		TimingsMS:  milliseconds(d.Timings),
	}
	for _, r := range d.sorted() {
		out.Stacks = append(out.Stacks, stackDocument(d, r))
	}
	return out
}

func stackDocument(d Document, r gitops.RunResult) stackJSON {
	set := r.Changes.Canonical()
	if set.Changes == nil {
		set.Changes = []gitops.Change{}
	}
	s := stackJSON{
		StackID: r.Stack, StateVersion: r.StateVersion, Result: r.State,
		Digest: r.Changes.Digest(), Summary: r.Changes.Summary(), Changes: set.Changes,
		Reasons: r.Reasons, Diagnostics: r.Diagnostics, Skipped: r.Skipped,
		DurationMS: r.Took.Milliseconds(),
	}
	if s.Reasons == nil {
		s.Reasons = []gitops.Reason{}
	}
	if !d.planned() {
		s.Outputs = r.Outputs
	}
	for _, id := range r.Upstream {
		s.Upstream = append(s.Upstream, id.String())
	}
	if r.Err != nil {
		s.Error = errorList(r.Err)
	}
	return s
}

func errorList(err error) []errorJSON {
	var out []errorJSON
	for _, e := range flatten(err) {
		where, next := placeAndNext(e)
		out = append(out, errorJSON{int(gitops.KindOf(e)), e.Error(), where, next})
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
func AffectedJSON(base, head gitops.Revision, stacks []gitops.Affected, unaffected []gitops.StackID, resources any) any {
	type affected struct {
		Schema     string            `json:"schema"`
		Base       string            `json:"base"`
		Head       string            `json:"head"`
		Stacks     []gitops.Affected `json:"stacks"`
		Unaffected []string          `json:"unaffected"`
		Resources  any               `json:"resources,omitempty"`
	}
	out := affected{"trunkline.affected/v1", base.SHA, head.SHA, stacks, []string{}, resources}
	if out.Stacks == nil {
		out.Stacks = []gitops.Affected{}
	}
	for _, id := range unaffected {
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
