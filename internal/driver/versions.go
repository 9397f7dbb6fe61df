package driver

import (
	"context"
	"fmt"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// StateVersion is one kept version of a stack's state, with the operation that
// wrote it when the history still has it.
type StateVersion struct {
	Version   int64            `json:"version"`
	Resources int              `json:"resources"`
	Created   time.Time        `json:"created"`
	Operation gitops.Operation `json:"operation,omitempty"`
	Commit    string           `json:"commit,omitempty"`
	Message   string           `json:"message,omitempty"`
}

// StateHistory lists the versions of a stack's state that are kept, newest
// first.
func (s *Session) StateHistory(ctx context.Context, id gitops.StackID) ([]StateVersion, error) {
	store, err := s.existing(ctx, id)
	if err != nil {
		return nil, err
	}
	kept, err := store.Generations(ctx, s.ref(id))
	if err != nil {
		return nil, err
	}
	updates, err := store.History(ctx, s.ref(id), 0, 0)
	if err != nil {
		return nil, err
	}
	by := map[int64]gitops.UpdateRecord{}
	for _, u := range updates {
		by[u.Version] = u
	}
	out := make([]StateVersion, 0, len(kept))
	for _, g := range kept {
		v := StateVersion{Version: g.Version, Resources: g.Resources, Created: g.Created}
		if u := by[g.Version]; g.Version > 0 {
			v.Operation, v.Commit, v.Message = u.Operation, u.Environment["git.head"], u.Message
		}
		out = append(out, v)
	}
	return out, nil
}

// RestoreState writes an older version of a stack's state as a new one, whose
// number it returns. It works when the present one is damaged, and refuses an
// older version that is damaged itself. Unless forced, it refuses to forget what
// an unfinished operation did.
func (s *Session) RestoreState(ctx context.Context, id gitops.StackID, version int64, force bool) (int64, error) {
	if !force {
		if err := s.settled(ctx, id); err != nil {
			return 0, err
		}
	}
	old, err := s.ExportVersion(ctx, id, version)
	if err != nil {
		return 0, err
	}
	if err := s.replaceState(ctx, id, old); err != nil {
		return 0, fmt.Errorf("restore version %d: %w", version, err)
	}
	info, err := s.Info(ctx, id)
	return info.Version, err
}

// storeOf opens the store of a stack's environment.
func (s *Session) storeOf(ctx context.Context, id gitops.StackID) (gitops.StateStore, error) {
	env, err := s.Environment(id.Environment)
	if err != nil {
		return nil, err
	}
	return s.d.store(ctx, env)
}

// existing opens the store of a stack that has a state. Else the error says
// whether the stack is not deployed or not there at all.
func (s *Session) existing(ctx context.Context, id gitops.StackID) (gitops.StateStore, error) {
	store, err := s.storeOf(ctx, id)
	if err != nil {
		return nil, err
	}
	if _, err = store.Info(ctx, s.ref(id)); gitops.KindOf(err) != gitops.NotFound {
		return store, err
	}
	env, err := s.Environment(id.Environment)
	if err != nil {
		return nil, err
	}
	if _, named := env.Stacks[id.Name]; !named {
		return nil, unknown("stack", id.Name, env.StackNames(), "trunkline stack ls -e "+env.Name)
	}
	return nil, &gitops.Error{Kind: gitops.NotFound, What: id.String() + " is not deployed: it has no state",
		Next: fmt.Sprintf("trunkline up -e %s -s %s deploys it; trunkline stack ls shows what is deployed", id.Environment, id.Name)}
}
