package engine_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// panicking is a provider with a fault in it.
type panicking struct{ *enginetest.Provider }

func (panicking) Create(context.Context, *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	panic("out of cheese")
}

func contains(err error, text string) bool { return strings.Contains(err.Error(), text) }

func TestFailuresSayWhatFailedAndWhy(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		run  pulumi.RunFunc
		kind gitops.Kind
		text []string
	}{
		"a resource cannot be created": {
			one(pulumi.Map{"fail": pulumi.Bool(true)}), gitops.Deployment, []string{"test:index:Thing one", "the cloud said no"},
		},
		"a resource's inputs are wrong": {
			one(pulumi.Map{"value": pulumi.String("bad")}), gitops.Deployment, []string{"test:index:Thing one", "is bad"},
		},
		"the program returns an error": {
			func(*pulumi.Context) error { return errors.New("zones must be at least 2") }, gitops.Failed, []string{"zones must be at least 2"},
		},
		"the program panics": {
			func(*pulumi.Context) error { panic("oops") }, gitops.Failed, []string{"oops"},
		},
		"a provider that nobody has": {
			func(ctx *pulumi.Context) error {
				return ctx.RegisterResource("nosuch:index:Thing", "x", nil, &enginetest.Thing{}, pulumi.Version("9.9.9"))
			}, gitops.Invalid, []string{"nosuch 9.9.9", "not installed"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, err := w.Run(t.Context(), w.request(gitops.Update, c.run))
			if gitops.KindOf(err) != c.kind {
				t.Fatalf("kind %d, want %d: %v", gitops.KindOf(err), c.kind, err)
			}
			for _, text := range c.text {
				if !contains(err, text) {
					t.Errorf("%q is not in %q", text, err)
				}
			}
			h, err := w.store.History(t.Context(), dev, 0, 0)
			if err != nil || len(h) != 1 || h[0].Result != "failed" || h[0].Ended.IsZero() {
				t.Errorf("history: %+v, %v", h, err)
			}
		})
	}
}

func TestAProgramThatDiesIsNamedAsTheCause(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	started := make(chan struct{})
	addr, kill, err := enginetest.ServeProgram(func(ctx *pulumi.Context) error {
		close(started)
		<-ctx.Context().Done()
		return ctx.Context().Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	req := w.request(gitops.Update, nil)
	req.Program = addr
	var shown bytes.Buffer
	req.Out = &shown
	done := w.start(t.Context(), w.Engine, req)
	<-started
	kill()
	got := <-done
	if gitops.KindOf(got.err) != gitops.Failed || !contains(got.err, "the program ended before it had answered") {
		t.Errorf("got %v", got.err)
	}
	if text := shown.String(); strings.Contains(text, "EOF") || !strings.Contains(text, "the program ended before it had answered") {
		t.Errorf("the display speaks of the connection:\n%s", text)
	}
}

func TestAProviderThatPanicsFailsOnlyItsResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := engine.New(w.options(panicking{w.provider}))
	_, err := e.Run(t.Context(), w.request(gitops.Update, one(nil)))
	if gitops.KindOf(err) != gitops.Deployment || !contains(err, "the provider panicked: out of cheese") {
		t.Errorf("got %v", err)
	}
}

func TestAJournalThatCannotBeWrittenStopsTheOperationAndKeepsWhatIsKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	done := w.start(t.Context(), w.Engine, w.request(gitops.Update, slow))
	<-w.provider.Reached("g")
	w.store.BreakAppends(errors.New("disk full"))
	w.provider.Open("g")
	got := <-done
	if got.err == nil || !contains(got.err, "disk full") {
		t.Errorf("got %v", got.err)
	}
	if state := w.resources(); !strings.Contains(state, "::first\"") || strings.Contains(state, "::second\"") {
		t.Errorf("the commit at the end should have saved the first thing: %s", state)
	}
}

func TestWrongRequestsAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*engine.Request){
		"operation": func(r *engine.Request) { r.Operation = "paint" },
		"root":      func(r *engine.Request) { r.Root = "relative/path" },
	} {
		req := w.request(gitops.Update, nil)
		change(&req)
		if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	req := w.request(gitops.Update, nil)
	req.Ref.Stack = "nowhere.dev"
	if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("unknown stack: got %v", err)
	}
}
