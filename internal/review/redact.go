package review

import (
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Every form of a document is written from a redacted copy of it:
//
//   - a property that is secret on one side is masked on the other;
//   - what looks like a secret is masked although the program did not mark it:
//     keys and tokens of known forms wherever they stand, and values under a
//     name such as password.
//
// The digests of changes are those of the changes as they came.

// redact returns a copy of the document without secrets. The document itself
// stays as it is.
func redact(d Document) Document {
	d.Stacks = each(d.Stacks, redactRun)
	d.Notes = each(d.Notes, maskText)
	d.Violations = each(d.Violations, func(v gitops.Violation) gitops.Violation {
		v.Message = maskText(v.Message)
		return v
	})
	d.Outputs = each(d.Outputs, func(o OutputChange) OutputChange {
		o.Old, o.New, _ = redactSides(o.Old, o.New, o.Name)
		return o
	})
	d.Deployment = each(d.Deployment, func(s DeployedStep) DeployedStep {
		s.Detail, s.Waiting, s.Revision = maskText(s.Detail), maskText(s.Waiting), redactRevision(s.Revision)
		return s
	})
	d.Left = each(d.Left, func(l LeftBehind) LeftBehind {
		l.Unread, l.Next = maskText(l.Unread), maskText(l.Next)
		return l
	})
	d.Ships = each(d.Ships, func(s Shipment) Shipment {
		s.Deployed, s.Commits = redactRevision(s.Deployed), each(s.Commits, redactRevision)
		return s
	})
	d.Same = each(d.Same, func(s SameStack) SameStack {
		s.Reasons = each(s.Reasons, redactReason)
		return s
	})
	d.PullRequest.Title = maskText(d.PullRequest.Title)
	d.PullRequest.Head, d.PullRequest.Base = redactRevision(d.PullRequest.Head), redactRevision(d.PullRequest.Base)
	d.Head, d.Base, d.Newer = redactRevision(d.Head), redactRevision(d.Base), redactRevision(d.Newer)
	d.Failure = redactError(d.Failure)
	return d
}

func redactRun(r gitops.RunResult) gitops.RunResult {
	r.Changes.Changes = each(r.Changes.Changes, redactChange)
	r.Outputs = maskMap(r.Outputs)
	r.Diagnostics = each(r.Diagnostics, func(d gitops.Diagnostic) gitops.Diagnostic {
		d.Message = maskText(d.Message)
		return d
	})
	r.Reasons = each(r.Reasons, redactReason)
	r.Skipped = maskText(r.Skipped)
	r.Err = redactError(r.Err)
	return r
}

func redactChange(ch gitops.Change) gitops.Change {
	if name := maskText(ch.Name); name != ch.Name || !strings.HasSuffix(ch.URN, ch.Name) {
		ch.Name, ch.URN = name, maskText(ch.URN)
	}
	ch.Parent = maskText(ch.Parent)
	own := false
	for i, p := range ch.Diff {
		old, now, changed := redactSides(p.Old, p.New, lastKey(p.Path))
		if !changed {
			continue
		}
		if !own {
			ch.Diff, own = slices.Clone(ch.Diff), true
		}
		ch.Diff[i].Old, ch.Diff[i].New = old, now
	}
	ch.Before = maskMap(ch.Before)
	return ch
}

func redactReason(r gitops.Reason) gitops.Reason {
	r.Detail = maskText(r.Detail)
	return r
}

func redactRevision(r gitops.Revision) gitops.Revision {
	r.Subject = maskText(r.Subject)
	return r
}

// redactError returns the error itself unless its text has a secret in it.
func redactError(err error) error {
	if err == nil || maskText(err.Error()) == err.Error() {
		return err
	}
	list := errorList(err)
	for i, e := range list {
		list[i].Message, list[i].Cause, list[i].Next = maskText(e.Message), maskText(e.Cause), maskText(e.Next)
	}
	return asError(list)
}

// redactSides masks both values of a property that stands under the name. A
// value that is not known yet stays unknown: it tells nothing.
func redactSides(old, now any, name string) (any, any, bool) {
	old, changedOld := mask(old, name)
	now, changedNow := mask(now, name)
	places := map[string]any{}
	maskedPlaces(old, "", places)
	maskedPlaces(now, "", places)
	if len(places) > 0 {
		var more bool
		old, more = maskPlaces(old, "", places)
		changedOld = changedOld || more
		now, more = maskPlaces(now, "", places)
		changedNow = changedNow || more
	}
	return old, now, changedOld || changedNow
}

// maskedPlaces collects where a value is masked, and with which mark. All
// elements of a list are one place: they may have moved.
func maskedPlaces(v any, at string, places map[string]any) {
	switch c := v.(type) {
	case string:
		if c == gitops.Masked || c == Suspect {
			places[at] = c
		}
	case map[string]any:
		for k, e := range c {
			maskedPlaces(e, at+"."+k, places)
		}
	case []any:
		for _, e := range c {
			maskedPlaces(e, at+"[]", places)
		}
	}
}

// maskPlaces masks what stands at one of the places.
func maskPlaces(v any, at string, places map[string]any) (any, bool) {
	if mark, here := places[at]; here {
		if v == nil || v == gitops.Unknown || v == gitops.Masked || v == Suspect {
			return v, false
		}
		return mark, true
	}
	return eachValue(v, func(k string, e any) (any, bool) { return maskPlaces(e, at+k, places) })
}

// each returns a list of what f makes of every element; nil for nil.
func each[T any](list []T, f func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}
