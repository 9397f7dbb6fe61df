package driver

import (
	"context"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// StackStatus is a row of the list of stacks.
type StackStatus struct {
	gitops.StackID
	// Version of the state; 0 when never deployed.
	Version   int64     `json:"version"`
	Resources int       `json:"resources"`
	Updated   time.Time `json:"updated,omitzero"`
	// Commit is what the last successful update deployed, "" when unknown.
	Commit string `json:"commit,omitempty"`
	// Locked says who holds the stack, Lease is the ID of that lease.
	Locked string `json:"locked,omitempty"`
	Lease  string `json:"lease,omitempty"`
	// Pending counts the operations whose end is unknown: the stack needs
	// recovery.
	Pending int `json:"pending,omitempty"`
	// Interrupted tells that an operation ended without saving its end. The next
	// one starts with that.
	Interrupted bool `json:"interrupted,omitempty"`
	// Orphan tells that the stack has a state and no place in the estate.
	Orphan bool `json:"orphan,omitempty"`
	// NoEnvironment tells that the estate has no file of its environment, which
	// makes it an orphan that no command can reach.
	NoEnvironment bool `json:"noEnvironment,omitempty"`
}

// ref is a stack's name in a state store.
func (s *Session) ref(id gitops.StackID) gitops.StackRef {
	return gitops.StackRef{Project: s.d.Project, Stack: id.PulumiName()}
}

// Info tells what the store knows of one stack; the zero value when nothing.
func (s *Session) Info(ctx context.Context, id gitops.StackID) (gitops.StackInfo, error) {
	store, err := s.storeOf(ctx, id)
	if err != nil {
		return gitops.StackInfo{}, err
	}
	info, err := store.Info(ctx, s.ref(id))
	if gitops.KindOf(err) == gitops.NotFound {
		return gitops.StackInfo{}, nil
	}
	return info, err
}

// infos lists the stacks of one environment that have a state.
func (s *Session) infos(ctx context.Context, environment string) (map[gitops.StackID]gitops.StackInfo, error) {
	env, err := s.Environment(environment)
	if err != nil {
		return nil, err
	}
	store, err := s.d.store(ctx, env)
	if err != nil {
		return nil, err
	}
	all, err := store.Stacks(ctx, s.d.Project)
	if err != nil {
		return nil, err
	}
	out := map[gitops.StackID]gitops.StackInfo{}
	for _, info := range all {
		if id, err := gitops.ParsePulumiName(info.Ref.Stack); err == nil && id.Environment == environment {
			out[id] = info
		}
	}
	return out, nil
}

// Orphans lists the deployed stacks of an environment that its file does not
// name.
func (s *Session) Orphans(ctx context.Context, environment string) ([]gitops.StackID, error) {
	env, err := s.Environment(environment)
	if err != nil {
		return nil, err
	}
	infos, err := s.infos(ctx, environment)
	if err != nil {
		return nil, err
	}
	var out []gitops.StackID
	for id, info := range infos {
		if _, named := env.Stacks[id.Name]; !named && info.Resources > 0 {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, gitops.StackID.Compare)
	return out, nil
}

// Stacks lists the selected stacks, deployed or not, and the orphans beside
// them, in promotion order. At the end come those of environments that are gone.
func (s *Session) Stacks(ctx context.Context, sel Selection) ([]StackStatus, error) {
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	var out []StackStatus
	for _, env := range s.Environments {
		if len(sel.Environments) > 0 && !slices.Contains(sel.Environments, env.Name) {
			continue
		}
		orphans, err := s.Orphans(ctx, env.Name)
		if err != nil {
			return nil, err
		}
		for _, id := range append(slices.Clone(ids), orphans...) {
			if id.Environment != env.Name {
				continue
			}
			st, err := s.status(ctx, id)
			if err != nil {
				return nil, err
			}
			st.Orphan = slices.Contains(orphans, id)
			out = append(out, st)
		}
	}
	if len(sel.Environments)+len(sel.Stacks) > 0 {
		return out, nil
	}
	lost, err := s.lost(ctx)
	return append(out, lost...), err
}

// lost lists the deployed stacks in the local store whose environment has no
// file any more.
func (s *Session) lost(ctx context.Context) ([]StackStatus, error) {
	store, err := s.d.store(ctx, &environments.Environment{})
	if err != nil {
		return nil, err
	}
	all, err := store.Stacks(ctx, s.d.Project)
	if err != nil {
		return nil, err
	}
	var out []StackStatus
	for _, info := range all {
		id, err := gitops.ParsePulumiName(info.Ref.Stack)
		if err != nil || info.Resources == 0 {
			continue
		}
		if _, err := s.Environment(id.Environment); err == nil {
			continue
		}
		out = append(out, StackStatus{StackID: id, Version: info.Version, Resources: info.Resources, Updated: info.Updated,
			Orphan: true, NoEnvironment: true})
	}
	slices.SortFunc(out, func(a, b StackStatus) int { return a.StackID.Compare(b.StackID) })
	return out, nil
}

func (s *Session) status(ctx context.Context, id gitops.StackID) (StackStatus, error) {
	st := StackStatus{StackID: id}
	info, err := s.Info(ctx, id)
	if err != nil {
		return st, err
	}
	st.Version, st.Resources, st.Updated = info.Version, info.Resources, info.Updated
	if info.Ref == (gitops.StackRef{}) {
		return st, nil
	}
	store, err := s.storeOf(ctx, id)
	if err != nil {
		return st, err
	}
	leases, err := store.Leases(ctx, s.ref(id))
	if err != nil {
		return st, err
	}
	for _, l := range leases {
		st.Locked, st.Lease = l.Holder, l.ID
	}
	st.Pending, st.Interrupted = info.Pending, info.Journal > 0 && len(leases) == 0
	st.Commit, err = deployedCommit(ctx, store, s.ref(id))
	return st, err
}

// deployedCommit is the commit of the last update that succeeded. Rotations and
// other work on the state alone change nothing of it, however much there was.
func deployedCommit(ctx context.Context, store gitops.StateStore, ref gitops.StackRef) (string, error) {
	u, err := newestUpdate(ctx, store, ref, func(u gitops.UpdateRecord) bool {
		return u.Operation == gitops.Update && u.Result == "succeeded"
	})
	return u.Environment["git.head"], err
}

// newestUpdate is the newest entry of a stack's history that is wanted, and the
// zero value when there is none.
func newestUpdate(ctx context.Context, store gitops.StateStore, ref gitops.StackRef, wanted func(gitops.UpdateRecord) bool) (gitops.UpdateRecord, error) {
	const page = 20
	for at := 0; ; at += page {
		updates, err := store.History(ctx, ref, page, at)
		if err != nil {
			return gitops.UpdateRecord{}, err
		}
		if i := slices.IndexFunc(updates, wanted); i >= 0 {
			return updates[i], nil
		}
		if len(updates) < page {
			return gitops.UpdateRecord{}, nil
		}
	}
}
