package review

import (
	"cmp"
	"errors"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Combine makes one document of those of several jobs that each looked at some
// of the stacks of one revision. Documents of different revisions, and a stack in
// two of them, are errors of kind Invalid.
func Combine(docs ...Document) (Document, error) {
	if len(docs) == 0 {
		return Document{}, gitops.Errorf(gitops.Invalid, "there is no document")
	}
	out := docs[0]
	for i, d := range docs[1:] {
		for _, other := range docs[:i+1] { // not the sum: one that failed excuses only itself
			if err := belongTogether(other, d); err != nil {
				return Document{}, err
			}
		}
		out = sum(out, d)
	}
	if len(docs) > 1 {
		out.Unaffected = slices.DeleteFunc(out.Unaffected, func(id gitops.StackID) bool {
			return slices.ContainsFunc(out.Stacks, func(r gitops.RunResult) bool { return r.Stack == id })
		})
	}
	return out, nil
}

// belongTogether refuses documents that are not about the same.
func belongTogether(a, b Document) error {
	switch {
	case a.Verb != b.Verb:
		return apart("one is a %s, another a %s", a.Verb, b.Verb)
	case a.Head.SHA != b.Head.SHA:
		return apart("one is about %s, another about %s", a.Head.Short(), b.Head.Short())
	case a.PullRequest.Number != b.PullRequest.Number:
		return apart("one is about #%d, another about #%d", a.PullRequest.Number, b.PullRequest.Number)
	case a.Failure != nil || b.Failure != nil: // it did not get far enough to say more
	case a.Base.SHA != b.Base.SHA:
		return apart("one is compared with %s, another with %s", a.Base.Short(), b.Base.Short())
	case a.ProgramDiff != b.ProgramDiff:
		return apart("one asked a cloud, another compares programs alone")
	}
	for _, r := range b.Stacks {
		if slices.ContainsFunc(a.Stacks, func(o gitops.RunResult) bool { return o.Stack == r.Stack }) {
			return apart("%s is in two of them", r.Stack)
		}
	}
	return nil
}

func apart(format string, args ...any) error {
	err := gitops.Errorf(gitops.Invalid, "the documents do not belong together: "+format, args...)
	err.Next = "give the documents of one revision, each with stacks of its own"
	return err
}

// sum adds what b says to what a says. What both say is said once.
func sum(a, b Document) Document {
	a.Stacks = append(slices.Clone(a.Stacks), b.Stacks...)
	a.Total, a.Took = a.Total+b.Total, max(a.Took, b.Took)
	if a.Only != nil && b.Only != nil { // else one of them was for all
		a.Only = union(a.Only, b.Only)
	} else {
		a.Only = nil
	}
	if a.Base.SHA == "" {
		a.Base = b.Base
	}
	a.ProgramDiff = a.ProgramDiff || b.ProgramDiff
	a.Environments, a.Notes = union(a.Environments, b.Environments), union(a.Notes, b.Notes)
	a.Unaffected, a.Removed = union(a.Unaffected, b.Unaffected), union(a.Removed, b.Removed)
	a.Toolchain = union(a.Toolchain, b.Toolchain)
	a.Violations = append(slices.Clone(a.Violations), b.Violations...)
	a.Outputs = append(slices.Clone(a.Outputs), b.Outputs...)
	a.Same = unionBy(a.Same, b.Same, func(s SameStack) gitops.StackID { return s.Stack })
	a.Merge = unionBy(a.Merge, b.Merge, func(m MergeStep) string { return m.Environment })
	a.Ships = unionBy(a.Ships, b.Ships, func(s Shipment) string { return s.Environment })
	a.Deployment = unionBy(a.Deployment, b.Deployment, func(s DeployedStep) string { return s.Environment })
	a.Left = leftOf(a.Left, b.Left)
	a.Failure = errors.Join(a.Failure, b.Failure)
	a.Timings = append(slices.Clone(a.Timings), b.Timings...)
	a.Digest = "" // it names the changes of one of them
	a.Stage = leastComplete(a.Stage, b.Stage)
	a.Newer.SHA = cmp.Or(a.Newer.SHA, b.Newer.SHA)
	if a.Program != b.Program {
		a.Program = ""
	}
	if a.Reproduce != b.Reproduce {
		a.Reproduce = ""
	}
	return a
}

// leftOf prefers what one job has read to what another could not ask.
func leftOf(a, b []LeftBehind) []LeftBehind {
	out := unionBy(a, b, func(l LeftBehind) string { return l.Environment })
	for i, l := range out {
		read := slices.IndexFunc(b, func(x LeftBehind) bool { return x.Environment == l.Environment && x.Unread == "" })
		if l.Unread != "" && read >= 0 {
			out[i] = b[read]
		}
	}
	return out
}

// leastComplete is the stage of two documents together: what one does not know
// yet, both do not.
func leastComplete(a, b Stage) Stage {
	order := []Stage{Pending, Running, Superseded, Outdated, Complete}
	if slices.Index(order, b) < slices.Index(order, a) {
		return b
	}
	return a
}

func union[T comparable](a, b []T) []T { return unionBy(a, b, func(x T) T { return x }) }

// unionBy adds to a what b has under other keys.
func unionBy[T any, K comparable](a, b []T, key func(T) K) []T {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.ContainsFunc(a, func(y T) bool { return key(y) == key(x) }) {
			out = append(out, x)
		}
	}
	return out
}
