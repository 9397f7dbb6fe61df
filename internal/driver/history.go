package driver

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// HistoryEntry is one update of one stack.
type HistoryEntry struct {
	gitops.StackID
	// Version of the state that it committed; 0 while it runs or when it failed
	// before that.
	Version   int64            `json:"version"`
	Operation gitops.Operation `json:"operation"`
	// Result is in-progress, succeeded or failed.
	Result  string    `json:"result"`
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended,omitzero"`
	Message string    `json:"message,omitempty"`
	// Commit is the revision that ran, "" when it is not known.
	Commit  string         `json:"commit,omitempty"`
	Changes map[string]int `json:"changes,omitempty"`
}

// History lists the updates of the selected stacks, newest first, at most limit
// of them.
func (s *Session) History(ctx context.Context, sel Selection, limit int) ([]HistoryEntry, error) {
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	out := []HistoryEntry{}
	for _, id := range ids {
		info, err := s.Info(ctx, id)
		if err != nil {
			return nil, err
		}
		if info.Ref == (gitops.StackRef{}) {
			continue
		}
		env, err := s.Environment(id.Environment)
		if err != nil {
			return nil, err
		}
		store, err := s.d.store(ctx, env)
		if err != nil {
			return nil, err
		}
		updates, err := store.History(ctx, s.ref(id), limit, 0)
		if err != nil {
			return nil, err
		}
		for _, u := range updates {
			out = append(out, HistoryEntry{id, u.Version, u.Operation, u.Result, u.Started, u.Ended,
				u.Message, u.Environment["git.head"], u.Changes})
		}
	}
	slices.SortStableFunc(out, func(a, b HistoryEntry) int {
		return cmp.Or(b.Started.Compare(a.Started), a.StackID.Compare(b.StackID))
	})
	if limit > 0 && len(out) > limit {
		out = out[:limit]
	}
	return out, nil
}
