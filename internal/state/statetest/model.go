package statetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// exerciseModel does random things through two handles and compares what the
// store then holds with a model of a few lines.
func exerciseModel(t *testing.T, open Open) {
	p := newPlace(t, open)
	other := p.again(t)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++ // each run has a project of its own in the one store
		m := &model{
			ctx: context.Background(), project: fmt.Sprintf("run%d", runs), clock: p.clock,
			handles: []gitops.StateStore{p, other}, stacks: map[string]*modelStack{},
		}
		t.Repeat(map[string]func(*rapid.T){
			"":        m.check,
			"create":  m.create,
			"remove":  m.remove,
			"rename":  m.rename,
			"lease":   m.lease,
			"append":  m.append,
			"commit":  m.commit,
			"renew":   m.renew,
			"release": m.release,
			"unlock":  m.unlock,
			"wait":    m.wait,
		})
	})
}

type modelStack struct {
	version    int64
	deployment string
	journal    []string
	epoch      int64
	holder     *modelLease
	wrote      *modelLease // the last that wrote the journal
	lost       *modelLease
}

// end takes the lease from its holder.
func (s *modelStack) end() {
	if s.lost == nil && s.holder != nil && s.wrote == s.holder {
		s.lost = s.holder
	}
	s.holder = nil
}

type modelLease struct {
	gitops.Lease
	stack   *modelStack
	expires time.Time
}

type model struct {
	ctx     context.Context
	project string
	clock   *Clock
	handles []gitops.StateStore
	stacks  map[string]*modelStack
	leases  []*modelLease // also lost ones
	written int
}

func (m *model) store(t *rapid.T) gitops.StateStore {
	return m.handles[rapid.IntRange(0, len(m.handles)-1).Draw(t, "handle")]
}

func (m *model) name(t *rapid.T, label string) (gitops.StackRef, *modelStack) {
	name := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, label)
	return gitops.StackRef{Project: m.project, Stack: name}, m.stacks[name]
}

// draw returns one of the leases ever taken; nil when there is none, or when it
// has expired and nobody took it: then a store may do either.
func (m *model) draw(t *rapid.T) (l *modelLease, held bool) {
	if len(m.leases) == 0 {
		return nil, false
	}
	l = m.leases[rapid.IntRange(0, len(m.leases)-1).Draw(t, "lease")]
	held = l.stack.holder == l
	if held && !m.clock.Now().Before(l.expires) {
		return nil, false
	}
	return l, held
}

func (m *model) locked(s *modelStack) bool {
	return s.holder != nil && m.clock.Now().Before(s.holder.expires)
}

func (m *model) next() string {
	m.written++
	return string(deployment(m.written))
}

func (m *model) create(t *rapid.T) {
	ref, s := m.name(t, "stack")
	d := m.next()
	err := m.store(t).Create(m.ctx, ref, []byte(d))
	if s != nil {
		expectKind(t, err, gitops.Unexpected)
		return
	}
	expectKind(t, err, 0)
	m.stacks[ref.Stack] = &modelStack{deployment: d}
}

func (m *model) remove(t *rapid.T) {
	ref, s := m.name(t, "stack")
	err := m.store(t).Remove(m.ctx, ref)
	if m.refused(t, s, err) {
		return
	}
	s.holder = nil
	delete(m.stacks, ref.Stack)
}

func (m *model) rename(t *rapid.T) {
	ref, s := m.name(t, "from")
	to, taken := m.name(t, "to")
	err := m.store(t).Rename(m.ctx, ref, to)
	if s != nil && taken != nil && !m.locked(s) {
		expectKind(t, err, gitops.Unexpected)
		return
	}
	if s != nil && taken != nil && err != nil {
		return // both reasons are good
	}
	if m.refused(t, s, err) {
		return
	}
	s.end()
	delete(m.stacks, ref.Stack)
	m.stacks[to.Stack] = s
}

// refused checks the error of what needs a stack that exists and is free.
func (m *model) refused(t *rapid.T, s *modelStack, err error) bool {
	var locked *gitops.LockedError
	switch {
	case s == nil:
		expectKind(t, err, gitops.NotFound)
		return true
	case m.locked(s):
		if !errors.As(err, &locked) || locked.Lease.ID != s.holder.Info().ID {
			t.Fatalf("error %v, want a LockedError of %s", err, s.holder.Info().ID)
		}
		return true
	}
	expectKind(t, err, 0)
	return false
}

func (m *model) lease(t *rapid.T) {
	ref, s := m.name(t, "stack")
	l, err := m.store(t).Lease(m.ctx, ref, request("model"))
	if m.refused(t, s, err) {
		return
	}
	if l.Info().Epoch <= s.epoch {
		t.Fatalf("epoch %d after %d", l.Info().Epoch, s.epoch)
	}
	s.end()
	s.epoch = l.Info().Epoch
	s.holder = &modelLease{Lease: l, stack: s, expires: m.clock.Now().Add(ttl)}
	m.leases = append(m.leases, s.holder)
}

func (m *model) append(t *rapid.T) {
	l, held := m.draw(t)
	if l == nil {
		return
	}
	var entries [][]byte
	for range rapid.IntRange(0, 3).Draw(t, "entries") {
		m.written++
		entries = append(entries, fmt.Appendf(nil, "entry %d", m.written))
	}
	if m.wrote(t, l.Append(m.ctx, entries), held) {
		l.stack.journal = append(l.stack.journal, texts(entries)...)
		if len(entries) > 0 {
			l.stack.wrote = l
		}
	}
}

func (m *model) commit(t *rapid.T) {
	l, held := m.draw(t)
	if l == nil {
		return
	}
	d := m.next()
	version, err := l.Commit(m.ctx, []byte(d), gitops.UpdateRecord{})
	if m.wrote(t, err, held) {
		l.stack.version++
		l.stack.deployment, l.stack.journal = d, nil
		l.stack.wrote, l.stack.lost = nil, nil
		if version != l.stack.version {
			t.Fatalf("version %d, want %d", version, l.stack.version)
		}
	}
}

func (m *model) renew(t *rapid.T) {
	l, held := m.draw(t)
	if l == nil {
		return
	}
	if m.wrote(t, l.Renew(m.ctx), held) {
		l.expires = m.clock.Now().Add(ttl)
	}
}

// wrote checks that exactly the holder can write.
func (m *model) wrote(t *rapid.T, err error, held bool) bool {
	var fenced *gitops.FencedError
	if held != (err == nil) || err != nil && !errors.As(err, &fenced) {
		t.Fatalf("lease held: %v, error: %v", held, err)
	}
	return held
}

func (m *model) release(t *rapid.T) {
	l, held := m.draw(t)
	if l == nil {
		return
	}
	expectKind(t, l.Release(m.ctx), 0)
	if held {
		l.stack.holder = nil
	}
}

func (m *model) unlock(t *rapid.T) {
	ref, s := m.name(t, "stack")
	if s == nil || !m.locked(s) {
		expectKind(t, m.store(t).Unlock(m.ctx, ref, "none"), gitops.NotFound)
		return
	}
	expectKind(t, m.store(t).Unlock(m.ctx, ref, s.holder.Info().ID), 0)
	s.end()
}

func (m *model) wait(t *rapid.T) {
	m.clock.Advance(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
}

// check compares everything.
func (m *model) check(t *rapid.T) {
	s := m.store(t)
	list, err := s.Stacks(m.ctx, m.project)
	expectKind(t, err, 0)
	var names []string
	for _, i := range list {
		names = append(names, i.Ref.Stack)
		m.checkStack(t, s, i, m.stacks[i.Ref.Stack])
	}
	var want []string
	for name := range m.stacks {
		want = append(want, name)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Fatalf("stacks (-want +got):\n%s", diff)
	}
}

func (m *model) checkStack(t *rapid.T, s gitops.StateStore, i gitops.StackInfo, want *modelStack) {
	got, err := s.Load(m.ctx, i.Ref)
	expectKind(t, err, 0)
	if want == nil || got.Version != want.version || i.Version != want.version || string(got.Deployment) != want.deployment {
		t.Fatalf("%s: version %d (listed %d) %s, want %+v", i.Ref, got.Version, i.Version, got.Deployment, want)
	}
	if diff := cmp.Diff(want.journal, texts(got.Journal)); diff != "" {
		t.Fatalf("%s: journal (-want +got):\n%s", i.Ref, diff)
	}
	if lost := m.lost(want); (got.Lost == nil) != (lost == nil) || lost != nil && got.Lost.ID != lost.Info().ID {
		t.Fatalf("%s: lost lease %v, in the model: %v", i.Ref, got.Lost, lost)
	}
	leases, err := s.Leases(m.ctx, i.Ref)
	expectKind(t, err, 0)
	if (len(leases) == 1) != m.locked(want) || len(leases) == 1 && leases[0].ID != want.holder.Info().ID {
		t.Fatalf("%s: leases %v, locked in the model: %v", i.Ref, leases, m.locked(want))
	}
}

// lost is the lease of which a store has to tell.
func (m *model) lost(s *modelStack) *modelLease {
	if s.lost == nil && s.holder != nil && !m.locked(s) && s.wrote == s.holder {
		return s.holder
	}
	return s.lost
}

func expectKind(t *rapid.T, err error, kind gitops.Kind) {
	if gitops.KindOf(err) != kind {
		t.Fatalf("error of kind %d (%v), want kind %d", gitops.KindOf(err), err, kind)
	}
}
