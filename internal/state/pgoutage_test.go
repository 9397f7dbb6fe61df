package state

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

// fakePace is a store's patience on a clock that only its waits move.
type fakePace struct {
	mu     sync.Mutex
	at     time.Time
	sleeps int
	// during, when set, is called in each wait.
	during func(n int)
}

func (p *fakePace) use(s *Store) {
	s.pace.now = p.now
	s.pace.sleep = func(ctx context.Context, d time.Duration) error {
		p.mu.Lock()
		p.at, p.sleeps = p.at.Add(d), p.sleeps+1
		n := p.sleeps
		p.mu.Unlock()
		if p.during != nil {
			p.during(n)
		}
		return ctx.Err()
	}
}

func (p *fakePace) now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.at
}

// TestAWriterOutlivesACrashOfItsServer kills the server again and again in the
// middle of appends. Under one lease the writer goes on, and every entry is
// there once.
func TestAWriterOutlivesACrashOfItsServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s := open(t, server.URL(t))
	if err := s.Create(t.Context(), dev, []byte(`{"deployment":{"count":0}}`)); err != nil {
		t.Fatal(err)
	}
	l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "ana", TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	const crashes, appends = 4, 25
	var written int
	stop, reached, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			var entries [][]byte
			for range batch {
				written++
				entries = append(entries, fmt.Appendf(nil, "%d %s", written, strings.Repeat("x", 2000)))
			}
			if err := l.Append(context.Background(), entries); err != nil {
				done <- err
				return
			}
			select {
			case reached <- struct{}{}:
			case <-stop:
				done <- nil
				return
			default: // nobody counts while the server is killed and started
			}
		}
	}()
	for range crashes {
		for range appends {
			select {
			case <-reached:
			case err := <-done:
				t.Fatalf("the writer ended early: %v", err)
			}
		}
		server.Kill(t) // while the next append is under way
		server.Restart(t)
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	state, err := s.Load(t.Context(), dev)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := count(state); err != nil || n != written {
		t.Errorf("%d entries, %v, want %d", n, err, written)
	}
	version, err := l.Commit(t.Context(), tiny, gitops.UpdateRecord{})
	if err != nil || version != 1 {
		t.Errorf("committed version %d, %v", version, err)
	}
}

func TestAnOutageShorterThanTheLeaseIsSatOut(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	p := &fakePace{during: func(n int) {
		if n == 20 {
			server.Restart(t)
		}
	}}
	s := open(t, server.URL(t), p.use)
	l := leased(t, s)
	server.Kill(t)
	if err := l.Append(t.Context(), [][]byte{[]byte("a")}); err != nil {
		t.Fatalf("Append after %d waits: %v", p.sleeps, err)
	}
	if state, err := s.Load(t.Context(), dev); err != nil || len(state.Journal) != 1 {
		t.Errorf("%d entries, %v", len(state.Journal), err)
	}
}

func TestAnOutageLongerThanTheLeaseEndsWithWhatToDo(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	p := &fakePace{}
	s := open(t, server.URL(t), p.use)
	l := leased(t, s)
	server.Kill(t)
	before := p.now()
	wantError(t, l.Append(t.Context(), [][]byte{[]byte("a")}), gitops.Failed,
		`the lease on stack "data.dev" has run out meanwhile`, "trunkline stack recover -e dev -s data")
	if waited := p.now().Sub(before); waited < 58*time.Second || waited > time.Minute {
		t.Errorf("waited %s for a lease of a minute", waited)
	}
	_, err := s.Load(t.Context(), dev)
	wantError(t, err, gitops.Failed, "cannot read the state store postgres://", "check that the server runs")
	wantNoSecret(t, err, pgtest.Password)

	server.Restart(t) // what comes after the end of the lease is tried once, and succeeds
	if _, err := l.Commit(t.Context(), tiny, gitops.UpdateRecord{}); err != nil {
		t.Errorf("Commit when the server is back: %v", err)
	}
}
