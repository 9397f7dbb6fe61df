package driver

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Starter says who started what runs, for the history.
type Starter struct {
	// Actor is an account of a forge; "" means the user of this machine.
	Actor string
	// Run is the address of the job that does it, "" when there is none.
	Run string
}

// actor is who started what runs, else the user of this machine.
func (s *Session) actor() string { return cmp.Or(s.by.Actor, userName()) }

// The keys of the history's metadata that say who started an operation.
const (
	metaActor = "trunkline.actor"
	metaRun   = "trunkline.run"
)

// Done is what has been done in one environment at one commit, by however many
// commands and jobs.
type Done struct {
	Summary gitops.Summary
	// Last is when the newest of it ended, By who started that, and Run the address
	// of its job. They are zero when nothing was done.
	Last time.Time
	By   string
	Run  string
}

// Done reads from the histories of an environment's stacks what was done at the
// session's revision since they came to it, gone stacks included. Stacks are names
// or patterns; none means all.
func (s *Session) Done(ctx context.Context, environment string, stacks []string) (Done, error) {
	var out Done
	infos, err := s.infos(ctx, environment)
	if err != nil {
		return out, err
	}
	sel := Selection{Environments: []string{environment}, Stacks: stacks}
	for id := range infos {
		if !sel.has(id) {
			continue
		}
		store, err := s.storeOf(ctx, id)
		if err != nil {
			return out, err
		}
		updates, err := historySince(ctx, store, s.ref(id), s.Revision.SHA)
		if err != nil {
			return out, err
		}
		out.add(updates, s.Revision.SHA)
	}
	return out, nil
}

// historySince is a stack's history, newest first, at least as far back as something
// else than the commit was brought to it.
func historySince(ctx context.Context, store gitops.StateStore, ref gitops.StackRef, commit string) ([]gitops.UpdateRecord, error) {
	const page = 20
	var out []gitops.UpdateRecord
	for {
		more, err := store.History(ctx, ref, page, len(out))
		out = append(out, more...)
		if err != nil || len(more) < page || slices.ContainsFunc(more, func(u gitops.UpdateRecord) bool { return deploys(u) && !isAt(u, commit) }) {
			return out, err
		}
	}
}

// deploys tells an operation that brings a stack to a commit from a refresh or an
// import, which do not.
func deploys(u gitops.UpdateRecord) bool {
	return u.Operation == gitops.Update || u.Operation == gitops.Destroy
}

// isAt tells whether an operation was about a commit as it is.
func isAt(u gitops.UpdateRecord, commit string) bool {
	return u.Environment["git.head"] == commit && u.Environment["git.dirty"] == ""
}

// add adds the operations of one stack, newest first, since it came to a commit.
func (d *Done) add(updates []gitops.UpdateRecord, commit string) {
	for i, u := range updates {
		switch {
		case !deploys(u):
			continue
		case !isAt(u, commit):
			return
		}
		d.Summary = d.Summary.Add(summaryOf(u, updates[i+1:]))
		if u.Ended.After(d.Last) {
			d.Last, d.By, d.Run = u.Ended, u.Environment[metaActor], u.Environment[metaRun]
		}
	}
}

// summaryOf counts what an operation did as reviews count it: without the stack
// itself, which is a resource to the engine. Before are those that came before it,
// newest first.
func summaryOf(u gitops.UpdateRecord, before []gitops.UpdateRecord) gitops.Summary {
	n := u.Changes
	out := gitops.Summary{Create: n["create"] + n["import"], Update: n["update"], Replace: n["replace"] + n["import-replacement"], Delete: n["delete"], Same: n["same"]}
	fresh := u.Version == 1 || slices.IndexFunc(before, func(b gitops.UpdateRecord) bool {
		return b.Operation == gitops.Destroy && b.Result == "succeeded"
	}) == 0
	switch {
	case u.Operation == gitops.Destroy && u.Result == "succeeded":
		out.Delete = max(out.Delete-1, 0)
	case u.Operation == gitops.Update && fresh:
		out.Create = max(out.Create-1, 0)
	case u.Operation == gitops.Update:
		out.Same = max(out.Same-1, 0)
	}
	return out
}
