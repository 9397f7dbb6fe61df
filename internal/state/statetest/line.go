package statetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func exerciseLine(t *testing.T, open Open) {
	t.Run("tickets are served in the order in which they came", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		wantPlace(t, p, ref, "a", l.Info(), 1)
		wantPlace(t, p.again(t), ref, "b", l.Info(), 2)
		wantPlace(t, p, ref, "c", l.Info(), 3)
		wantPlace(t, p, ref, "a", l.Info(), 1) // asking again changes nothing
		must(t, l.Release(t.Context()))
		wantPlace(t, p, ref, "b", waiting(p, ref, "a"), 2)
		a := shown(t, p.again(t), ref, "a")
		wantPlace(t, p, ref, "c", a.Info(), 2)
		wantPlace(t, p, ref, "b", a.Info(), 1)
		must(t, a.Release(t.Context()))
		must(t, shown(t, p, ref, "b").Release(t.Context()))
		shown(t, p, ref, "c")
	})
	t.Run("a free stack without a line is given to any ticket", func(t *testing.T) {
		t.Parallel()
		p, ref := newStack(t, open)
		must(t, shown(t, p, ref, "a").Release(t.Context()))
		shown(t, p, ref, "b")
	})
	t.Run("without a ticket nobody passes a line", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		wantPlace(t, p, ref, "", l.Info(), 0)
		wantPlace(t, p, ref, "a", l.Info(), 1)
		must(t, l.Release(t.Context()))
		wantPlace(t, p, ref, "", waiting(p, ref, "a"), 0)
		must(t, shown(t, p, ref, "a").Release(t.Context()))
		lease(t, p, ref)
	})
	t.Run("who is not seen for a while has left", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		wantPlace(t, p, ref, "a", l.Info(), 1)
		p.clock.Advance(ttl / 2)
		must(t, l.Renew(t.Context()))
		wantPlace(t, p, ref, "b", l.Info(), 2)
		p.clock.Advance(ttl / 2)
		wantPlace(t, p, ref, "b", l.Info(), 1)
		wantPlace(t, p, ref, "a", l.Info(), 2) // comes back, behind
	})
	t.Run("who leaves is out of the line", func(t *testing.T) {
		t.Parallel()
		p, ref, l := newLeased(t, open)
		wantPlace(t, p, ref, "a", l.Info(), 1)
		wantPlace(t, p, ref, "b", l.Info(), 2)
		must(t, p.again(t).Leave(t.Context(), ref, "a"))
		must(t, p.Leave(t.Context(), ref, "a"))
		must(t, p.Leave(t.Context(), ref, "never there"))
		must(t, l.Release(t.Context()))
		shown(t, p, ref, "b")
	})
	t.Run("each stack has its own line", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, open)
		data, app := p.create(t, "data.dev"), p.create(t, "app.dev")
		l := lease(t, p, data)
		wantPlace(t, p, data, "a", l.Info(), 1)
		lease(t, p, app)
		must(t, p.Leave(t.Context(), app, "a"))
		wantPlace(t, p, data, "b", l.Info(), 2)
	})
	t.Run("a line does as its model says", func(t *testing.T) {
		t.Parallel()
		exerciseLineModel(t, open)
	})
}

// show asks for a stack with a ticket.
func show(ctx context.Context, s gitops.StateStore, ref gitops.StackRef, ticket string) (gitops.Lease, error) {
	req := request("who has " + ticket)
	req.Ticket = ticket
	return s.Lease(ctx, ref, req)
}

// shown takes a stack with a ticket whose turn it is.
func shown(t *testing.T, s gitops.StateStore, ref gitops.StackRef, ticket string) gitops.Lease {
	t.Helper()
	l, err := show(t.Context(), s, ref, ticket)
	must(t, err)
	return l
}

// wantPlace shows a ticket whose turn it is not.
func wantPlace(t *testing.T, s gitops.StateStore, ref gitops.StackRef, ticket string, by gitops.LeaseInfo, position int) {
	t.Helper()
	_, err := show(t.Context(), s, ref, ticket)
	var locked *gitops.LockedError
	if !errors.As(err, &locked) || locked.Lease != by || locked.Position != position {
		t.Errorf("ticket %q: error %v (%+v), want place %d behind %+v", ticket, err, locked, position, by)
	}
}

// waiting is how the first in line is described who came just now.
func waiting(p *place, ref gitops.StackRef, ticket string) gitops.LeaseInfo {
	return gitops.LeaseInfo{Ref: ref, Holder: "who has " + ticket, Operation: gitops.Update, Since: p.clock.Now()}
}

// lineModel is one stack, who holds it until when, and who waits until when.
type lineModel struct {
	p      *place
	ref    gitops.StackRef
	ctx    context.Context
	holder gitops.Lease
	until  time.Time
	line   []modelPlace
}

type modelPlace struct {
	ticket string
	until  time.Time
}

func exerciseLineModel(t *testing.T, open Open) {
	p := newPlace(t, open)
	runs := 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		m := &lineModel{p: p, ctx: context.Background(), ref: gitops.StackRef{Project: "line", Stack: fmt.Sprint(runs)}}
		expectKind(t, p.Create(m.ctx, m.ref, deployment(0)), 0)
		t.Repeat(map[string]func(*rapid.T){
			"show": m.show, "show again": m.show, "leave": m.leave, "release": m.release, "wait": m.wait,
		})
	})
}

func (m *lineModel) ticket(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "a", "b", "c", "d"}).Draw(t, "ticket")
}

func (m *lineModel) show(t *rapid.T) {
	ticket, now := m.ticket(t), m.p.clock.Now()
	m.line = slices.DeleteFunc(m.line, func(p modelPlace) bool { return !now.Before(p.until) })
	at := slices.IndexFunc(m.line, func(p modelPlace) bool { return p.ticket == ticket })
	free := m.holder == nil || !now.Before(m.until)
	l, err := show(m.ctx, m.p, m.ref, ticket)
	if free && (at == 0 || len(m.line) == 0) {
		expectKind(t, err, 0)
		m.holder, m.until = l, now.Add(ttl)
		m.line = m.line[min(1, len(m.line)):]
		return
	}
	if at < 0 && ticket != "" {
		at = len(m.line)
		m.line = append(m.line, modelPlace{ticket: ticket})
	}
	if at >= 0 {
		m.line[at].until = now.Add(ttl)
	}
	var locked *gitops.LockedError
	if !errors.As(err, &locked) || locked.Position != at+1 || (locked.Lease.ID == "") != free {
		t.Fatalf("ticket %q, free %v: %v (%+v), want place %d of %v", ticket, free, err, locked, at+1, m.line)
	}
}

func (m *lineModel) leave(t *rapid.T) {
	ticket := m.ticket(t)
	expectKind(t, m.p.Leave(m.ctx, m.ref, ticket), 0)
	m.line = slices.DeleteFunc(m.line, func(p modelPlace) bool { return p.ticket == ticket })
}

func (m *lineModel) release(t *rapid.T) {
	if m.holder != nil {
		expectKind(t, m.holder.Release(m.ctx), 0)
		m.holder = nil
	}
}

func (m *lineModel) wait(t *rapid.T) {
	m.p.clock.Advance(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
}
