package state

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

// TestPostgreSQL checks what is different with a server, all on one server.
func TestPostgreSQL(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	for name, test := range map[string]func(t *testing.T, server *pgtest.Server){
		"a lease expires by the clock of the server":           serversClock,
		"one of twenty handles gets the stack":                 oneOfTwenty,
		"eight first opens make one schema":                    racingOpens,
		"a newer schema is refused with what made it":          newerPostgres,
		"stacks do not wait for each other":                    independentStacks,
		"a user who may only read reads":                       readOnlyUser,
		"a user who may not make tables is told who can":       powerlessUser,
		"tables of others are left alone":                      foreignTables,
		"a missing database is reported":                       missingDatabase,
		"a wrong password is denied":                           wrongPassword,
		"missing tables are reported":                          missingTables,
		"writes are durable where the server's default is not": durableWrites,
		"text that a database refuses is made plain":           plainText,
		"a killed writer loses nothing it was told is saved":   killedWriter,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, server)
		})
	}
}

func serversClock(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	if s.clock() != nil {
		t.Fatal("the store takes the time from this process")
	}
	before := number(t, s.writer, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
	info := leased(t, s).Info()
	after := number(t, s.writer, "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)")
	if at := int(info.Since.UnixMicro()); at < before || at > after || info.Expires.Sub(info.Since) != time.Minute {
		t.Errorf("leased from %d until %s, the server's clock went from %d to %d", at, info.Expires, before, after)
	}
	request := gitops.LeaseRequest{Holder: "ben", TTL: time.Minute}
	if _, err := s.Lease(t.Context(), dev, request); err == nil {
		t.Error("a live lease was taken over")
	}
	inSchema(t, s, "UPDATE leases SET expires = CAST(extract(epoch FROM clock_timestamp()) * 1000000000 AS BIGINT) - 1")
	if l, err := s.Lease(t.Context(), dev, request); err != nil || l.Info().Epoch <= info.Epoch {
		t.Errorf("an expired lease was not taken over: %v", err)
	}
}

func oneOfTwenty(t *testing.T, server *pgtest.Server) {
	address := server.URL(t)
	s := open(t, address)
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	handles := []*Store{s, open(t, address), open(t, address), open(t, address)}
	results := make(chan error, 20)
	for i := range cap(results) {
		go func() {
			_, err := handles[i%len(handles)].Lease(context.Background(), dev, gitops.LeaseRequest{Holder: fmt.Sprint(i), TTL: time.Minute})
			results <- err
		}()
	}
	won := 0
	for range cap(results) {
		var locked *gitops.LockedError
		switch err := <-results; {
		case err == nil:
			won++
		case !errors.As(err, &locked):
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d have the stack", won)
	}
}

func racingOpens(t *testing.T, server *pgtest.Server) {
	address := server.URL(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := Open(context.Background(), address)
			if err == nil {
				err = s.Create(context.Background(), gitops.StackRef{Project: "p", Stack: fmt.Sprint(i)}, tiny)
				err = errors.Join(err, s.Close())
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if list, err := open(t, address).Stacks(t.Context(), "p"); err != nil || len(list) != 8 {
		t.Errorf("%d of 8 stacks are there, %v", len(list), err)
	}
}

func newerPostgres(t *testing.T, server *pgtest.Server) {
	address := server.URL(t)
	s := open(t, address)
	inSchema(t, s, "UPDATE meta SET value = '99' WHERE key = 'schema'; UPDATE meta SET value = 'v9.1.0' WHERE key = 'schema_made_by'")
	_, err := Open(t.Context(), address)
	wantError(t, err, gitops.Failed, "has schema 99, made by trunkline v9.1.0", "use trunkline v9.1.0 or later")
}

func independentStacks(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	leased(t, s)
	other := gitops.StackRef{Project: "trunkline", Stack: "app.dev"}
	if err := s.Create(t.Context(), other, tiny); err != nil {
		t.Fatal(err)
	}
	err := s.write(t.Context(), "hold a stack of", func(q querier) error {
		if _, err := s.lockStack(t.Context(), q, dev); err != nil {
			return err
		}
		err := s.write(t.Context(), "hold it again", func(q querier) error {
			_, err := q.ExecContext(t.Context(), "SELECT id FROM stacks WHERE name = ? FOR UPDATE NOWAIT", dev.Stack)
			if sqlState(err) != "55P03" {
				t.Errorf("the stack can be held twice: %v", err)
			}
			return nil
		})
		if err != nil {
			return err
		}
		o, err := s.Lease(t.Context(), other, gitops.LeaseRequest{TTL: time.Minute})
		if err != nil {
			return err
		}
		return o.Append(t.Context(), [][]byte{[]byte("b")})
	})
	if err != nil {
		t.Error(err)
	}
}

// durableWrites opens a store as a user whose commits do not wait for the disk.
func durableWrites(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	account := makeUser(t, s, "hasty", "GRANT ALL ON SCHEMA %[1]s TO %[2]s; GRANT ALL ON ALL TABLES IN SCHEMA %[1]s TO %[2]s; ALTER ROLE %[2]s SET synchronous_commit = off")
	hasty := open(t, account)
	var got string
	err := hasty.write(t.Context(), "look into", func(q querier) error {
		return q.QueryRowContext(t.Context(), "SHOW synchronous_commit").Scan(&got)
	})
	if err != nil || got != "on" {
		t.Errorf("a write has synchronous_commit %q, %v", got, err)
	}
}

func plainText(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	odd := "a\x00b\xffc"
	wantError(t, s.Create(t.Context(), gitops.StackRef{Project: "p", Stack: odd}, tiny), gitops.Invalid, "cannot be the name of a stack", "letters")
	if _, err := s.Load(t.Context(), gitops.StackRef{Project: "p", Stack: odd}); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("Load: %v", err)
	}
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: odd, Operation: gitops.Operation(odd), TTL: time.Minute, Ticket: odd})
	if err != nil {
		t.Fatal(err)
	}
	u := gitops.UpdateRecord{Operation: gitops.Update, Message: odd, Environment: map[string]string{odd: odd}, Config: []byte(odd)}
	if err := l.Begin(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	commit(t, l)
	h, err := s.History(t.Context(), dev, 0, 0)
	if err != nil || h[0].Message != "a\uFFFDb\uFFFDc" || string(h[0].Config) != odd || l.Info().Holder != "a\uFFFDb\uFFFDc" {
		t.Errorf("kept as %+v, %v", h, err)
	}
}

func killedWriter(t *testing.T, server *pgtest.Server) {
	address := server.URL(t)
	s := open(t, address)
	if err := s.Create(t.Context(), dev, []byte(`{"deployment":{"count":0}}`)); err != nil {
		t.Fatal(err)
	}
	for round := range 5 {
		acknowledged := runAndKill(t, address, 1+3*round, time.Duration(round)*time.Millisecond)
		state, err := s.Load(t.Context(), dev)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := count(state); err != nil || n < acknowledged || n%batch != 0 || state.Lost != nil {
			t.Fatalf("round %d: %d entries are there, %d were acknowledged, lost %v, %v", round, n, acknowledged, state.Lost, err)
		}
	}
}

// inSchema runs statements in the store's schema.
func inSchema(t *testing.T, s *Store, statements string) {
	t.Helper()
	err := s.write(t.Context(), "change", func(q querier) error {
		_, err := q.ExecContext(t.Context(), statements)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// makeUser adds a user with the password hunter2 and returns the store's
// address for it. In the grants, %[1]s is the schema and %[2]s the user.
func makeUser(t *testing.T, s *Store, user, grants string) string {
	t.Helper()
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	schema := u.Query().Get("schema")
	user += "_" + schema
	inSchema(t, s, fmt.Sprintf("CREATE ROLE %s LOGIN PASSWORD 'hunter2'", user))
	if grants != "" {
		inSchema(t, s, fmt.Sprintf(grants, schema, user))
	}
	u.User = url.UserPassword(user, "hunter2")
	return u.String()
}

func wantNoSecret(t *testing.T, err error, secrets ...string) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range secrets {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("the error shows %q: %v", secret, e)
			}
		}
	}
}
