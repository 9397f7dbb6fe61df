package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var dev = gitops.StackRef{Project: "trunkline", Stack: "net.dev"}

// spied is a store whose leases tell what is done with them.
type spied struct {
	gitops.StateStore
	renewed  chan struct{}
	renewErr error
	renew    func()
	append   func() error
}

func (s spied) Lease(ctx context.Context, ref gitops.StackRef, req gitops.LeaseRequest) (gitops.Lease, error) {
	l, err := s.StateStore.Lease(ctx, ref, req)
	return spiedLease{l, s}, err
}

type spiedLease struct {
	gitops.Lease
	spied
}

func (l spiedLease) Renew(ctx context.Context) error {
	select {
	case l.renewed <- struct{}{}:
	default:
	}
	if l.renew != nil {
		l.renew()
	}
	return errors.Join(l.renewErr, l.Lease.Renew(ctx))
}

func (l spiedLease) Append(ctx context.Context, entries [][]byte) error {
	if l.append != nil {
		if err := l.append(); err != nil {
			return err
		}
	}
	return l.Lease.Append(ctx, entries)
}

// leased returns an engine whose leases live for ttl, a provider, and an update
// that waits at gate "g".
func leased(t *testing.T, s *spied, ttl time.Duration) (*Engine, *enginetest.Provider, Request) {
	t.Helper()
	p := enginetest.NewProvider()
	s.StateStore, s.renewed = enginetest.NewStore(), make(chan struct{}, 1)
	e := New(Options{
		Store: s, Providers: map[string]pulumirpc.ResourceProviderServer{"test": p},
		Key: func() (KeyCrypter, error) { return enginetest.Key("k1"), nil },
	})
	e.pace = pace{ttl, time.Millisecond, time.Millisecond}
	if _, err := e.Init(t.Context(), Stack{Ref: dev}); err != nil {
		t.Fatal(err)
	}
	return e, p, Request{Stack: Stack{Ref: dev}, Operation: gitops.Update, Root: t.TempDir(),
		Program: enginetest.Serve(t, func(ctx *pulumi.Context) error {
			_, err := enginetest.NewThing(ctx, "one", pulumi.Map{"wait": pulumi.String("g")})
			return err
		})}
}

func TestALongOperationKeepsItsLease(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	done := make(chan error, 1)
	go func() { _, err := e.Run(t.Context(), req); done <- err }()
	<-p.Reached("g")
	<-s.renewed
	<-s.renewed
	p.Open("g")
	if err := <-done; err != nil {
		t.Error(err)
	}
	if l, err := s.Leases(t.Context(), dev); err != nil || len(l) != 0 {
		t.Errorf("leases after the end: %v, %v", l, err)
	}
}

func TestAStoreOutOfReachForALeaseLongCountsAsALostLease(t *testing.T) {
	t.Parallel()
	s := &spied{renewErr: errors.New("no route to host")}
	e, p, req := leased(t, s, 20*time.Millisecond)
	defer p.Open("g")
	_, err := e.Run(t.Context(), req)
	var fenced *gitops.FencedError
	if !errors.As(err, &fenced) {
		t.Errorf("got %v", err)
	}
}

func TestAPanicOfTheStoreIsABugAndDoesNotEndTheProcess(t *testing.T) {
	t.Parallel()
	s := &spied{append: func() error { panic("index out of range") }}
	e, _, req := leased(t, s, time.Hour)
	_, err := e.Run(t.Context(), req)
	if gitops.KindOf(err) != gitops.Bug || !strings.Contains(err.Error(), "the state store panicked: index out of range") {
		t.Errorf("got %v", err)
	}
}

func TestAPanicOfARenewalIsABugAndDoesNotEndTheProcess(t *testing.T) {
	t.Parallel()
	s := &spied{renew: func() { panic("index out of range") }}
	e, p, req := leased(t, s, time.Hour)
	defer p.Open("g")
	_, err := e.Run(t.Context(), req)
	if gitops.KindOf(err) != gitops.Bug || !strings.Contains(err.Error(), "the state store panicked: index out of range") {
		t.Errorf("got %v", err)
	}
}

type brokenKey struct{ enginetest.Key }

func (brokenKey) Encrypt(string) (string, error) { panic("no more entropy") }

func TestAPanicInsideTheEngineIsABugAndDoesNotEndTheProcess(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, _, req := leased(t, s, time.Hour)
	e.opts.Key = func() (KeyCrypter, error) { return brokenKey{"k1"}, nil }
	req.Program = enginetest.Serve(t, func(ctx *pulumi.Context) error {
		_, err := enginetest.NewThing(ctx, "one", pulumi.Map{"value": pulumi.ToSecret(pulumi.String("s"))})
		return err
	})
	_, err := e.Run(t.Context(), req)
	if gitops.KindOf(err) != gitops.Bug || !strings.Contains(err.Error(), "no more entropy") {
		t.Errorf("got %v", err)
	}
	if l, err := s.Leases(t.Context(), dev); err != nil || len(l) != 0 {
		t.Errorf("the lease is still held: %v, %v", l, err)
	}
}

func TestStepsThatChangeNothingAreNotWrittenOneByOne(t *testing.T) {
	t.Parallel()
	s := &spied{}
	e, p, req := leased(t, s, time.Hour)
	p.Open("g")
	if _, err := e.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	writes := 0
	s.append = func() error { writes++; return nil }
	if _, err := e.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if writes > 1 {
		t.Errorf("an update without changes wrote to the journal %d times", writes)
	}
}

func TestPluginsSeeOnlyTheEnvironmentOfTheRequest(t *testing.T) {
	t.Setenv("TRUNKLINE_TEST_SECRET", "hunter22")
	vars := scrubbed([]string{"AWS_PROFILE=dev"})
	if got, ok := vars.Raw("TRUNKLINE_TEST_SECRET"); !ok || got != "" {
		t.Errorf("a variable of this process should be set to nothing, got %q, %v", got, ok)
	}
	if got, _ := vars.Raw("AWS_PROFILE"); got != "dev" {
		t.Errorf("the request's variable is %q", got)
	}
	names := []string{}
	for k, v := range vars.Values() {
		if v != "" {
			names = append(names, k)
		}
	}
	if !slices.Equal(names, []string{"AWS_PROFILE"}) {
		t.Errorf("variables with a value: %v", names)
	}
}

func TestDamagedJournalsAreErrorsNotPanics(t *testing.T) {
	t.Parallel()
	d, err := parseDeployment(t.Context(), []byte(`{"version":3,"deployment":{"manifest":{"time":"2026-01-01T00:00:00Z","magic":"","version":""}}}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range []string{
		`{`, `{"kind":1,"operationID":1,"deleteNew":7}`, `{"kind":5}`, `{"kind":6}`, `{"kind":8}`, `{"kind":3,"removeNew":4,"state":{"urn":"x"}}`,
	} {
		_, err := replay(d, [][]byte{[]byte(entry)})
		if entry == "{" && err == nil {
			t.Error("half an entry was replayed")
		}
	}
}
