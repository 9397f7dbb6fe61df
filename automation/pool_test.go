package automation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAStackLivesItsWholeLifeInAWorker(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	s := w.stack("dev", secretive)
	ctx := t.Context()
	w.must(s.SetConfig(ctx, "password", auto.ConfigValue{Value: "hunter22", Secret: true}))
	pre, err := s.Preview(ctx)
	w.must(err)
	if pre.ChangeSummary["create"] != 2 {
		t.Errorf("preview: %v", pre.ChangeSummary)
	}
	ch, all := collect()
	var progress bytes.Buffer
	up, err := s.Up(ctx, optup.EventStreams(ch), optup.ProgressStreams(&progress))
	w.must(err)
	if up.Outputs["password"].Value != "hunter22" || !up.Outputs["password"].Secret || up.Summary.Result != "succeeded" {
		t.Errorf("outputs: %v, %v", up.Outputs, up.Summary.Result)
	}
	if up.StdOut != progress.String() || !strings.Contains(up.StdOut, "2 created") {
		t.Errorf("the progress differs from what is returned:\n%s\n--\n%s", progress.String(), up.StdOut)
	}
	if list := all(); !slices.ContainsFunc(list, func(e events.EngineEvent) bool { return e.SummaryEvent != nil }) {
		t.Errorf("no summary in %d events", len(list))
	}
	d, err := s.Export(ctx)
	w.must(err)
	w.must(s.Import(ctx, d))
	r, err := s.Refresh(ctx)
	w.must(err)
	if (*r.Summary.ResourceChanges)["same"] != 2 {
		t.Errorf("refresh: %v", r.Summary.ResourceChanges)
	}
	_, err = s.Destroy(ctx)
	w.must(err)
	w.must(s.Workspace().RemoveStack(ctx, "dev"))
	if _, err := s.Preview(ctx); err == nil || !strings.Contains(err.Error(), "no stack named 'dev' found") {
		t.Errorf("got %v", err)
	}
	w.wantKind("dev", gitops.NotFound)
}

func TestStandardInputReachesTheWorker(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	s := w.stack("dev", nothing)
	d, err := s.Export(t.Context())
	w.must(err)
	in := io.MultiReader(strings.NewReader(jsonOf(t, d)), strings.NewReader(strings.Repeat(" ", 1<<20)))
	run := func(in io.Reader) (string, int) {
		_, stderr, code, _ := w.pool.Run(t.Context(), w.dir, in, nil, nil, nil, "stack", "import", "--stack", "dev")
		return stderr, code
	}
	if stderr, code := run(in); code != 0 {
		t.Error(stderr)
	}
	if stderr, code := run(io.MultiReader(strings.NewReader("{"), failing{})); code != 2 || !strings.Contains(stderr, "the disk is gone") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestObserversOfAPoolHearWhatThoseOfACommandHear(t *testing.T) {
	t.Parallel()
	p := newPoolWorld(t, nil)
	c := newWorld(t)
	hear := func(s func(...automation.Option) auto.Stack) (steps []automation.Step, results []automation.Result) {
		stack := s(automation.Observe(func(name string, e automation.Event) {
			if e.Step != nil && !e.Step.Internal { // providers have random IDs
				steps = append(steps, *e.Step)
			}
		}), automation.OnResult(func(_ string, r automation.Result) { results = append(results, r) }))
		if _, err := stack.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		return steps, results
	}
	program := things("a", "one")
	steps, results := hear(func(o ...automation.Option) auto.Stack { return p.stack("dev", program, o...) })
	wantSteps, wantResults := hear(func(o ...automation.Option) auto.Stack {
		return c.stack("dev", program, auto.Pulumi(c.cmd.With(o...)))
	})
	if len(steps) < 2 {
		t.Errorf("%d steps", len(steps))
	}
	id := cmp.FilterPath(func(p cmp.Path) bool { return strings.HasSuffix(p.String(), "Provider") }, cmp.Ignore())
	if diff := cmp.Diff(wantSteps, steps, id); diff != "" {
		t.Error("steps (-command +pool):", diff)
	}
	if diff := cmp.Diff(wantResults, results); diff != "" {
		t.Error("results (-command +pool):", diff)
	}
}

func TestALockedStackIsTheSameErrorFromAWorker(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.Size = 2 })
	running, finish := make(chan struct{}), make(chan struct{})
	s := w.stack("dev", func(*pulumi.Context) error { close(running); <-finish; return nil }, automation.Holder("bob"))
	done := background(w.world, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	<-running
	other := w.world.stack("dev", nothing, auto.Pulumi(w.pool))
	_, err := other.Up(t.Context())
	if !auto.IsConcurrentUpdateError(err) {
		t.Errorf("got %v", err)
	}
	var locked *gitops.LockedError
	if !errors.As(w.fails.of("dev"), &locked) || locked.Lease.Holder != "bob" || locked.Lease.Operation != gitops.Update {
		t.Errorf("cause: %v", w.fails.of("dev"))
	}
	close(finish)
	w.must(<-done)
}

func TestTheEndOfAContextStopsAWorkersOperationGracefully(t *testing.T) {
	t.Parallel()
	dir, reached, open := gates(t)
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.Environ = append(c.Environ, workerGates+"="+dir) })
	s := w.stack("dev", longAfter("g"))
	ctx, cancel := context.WithCancel(t.Context())
	done := background(w.world, func(context.Context) error { _, err := s.Up(ctx); return err })
	reached()
	cancel()
	open()
	if err := <-done; err == nil {
		t.Fatal("it was not stopped")
	}
	w.wantKind("dev", gitops.Cancelled)
	w.wantResource(s, "::slow")
}

// longAfter has many things, one after the other, behind the first one that waits
// at the gate: a stop arrives before the last one.
func longAfter(gate string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		last, err := enginetest.NewThing(ctx, "slow", pulumi.Map{"wait": pulumi.String(gate)})
		for i := 0; err == nil && i < 100; i++ {
			last, err = enginetest.NewThing(ctx, fmt.Sprint("later-", i), pulumi.Map{}, pulumi.DependsOn([]pulumi.Resource{last}))
		}
		return err
	}
}

// wantResource checks that the state has a resource, not the last one of longAfter,
// and that nothing is pending.
func (w *poolWorld) wantResource(s auto.Stack, urn string) {
	w.Helper()
	d, err := s.Export(w.Context())
	w.must(err)
	if !bytes.Contains(d.Deployment, []byte(urn)) || bytes.Contains(d.Deployment, []byte("::later-99")) || bytes.Contains(d.Deployment, []byte("pending_operations")) {
		w.Errorf("want %s and nothing pending: %s", urn, d.Deployment)
	}
}

func TestStackCancelFindsTheWorkerThatRunsTheStack(t *testing.T) {
	t.Parallel()
	dir, reached, open := gates(t)
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.Environ = append(c.Environ, workerGates+"="+dir) })
	s := w.stack("dev", longAfter("g"))
	done := background(w.world, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	reached()
	w.must(s.Cancel(t.Context())) // also with one worker that is busy
	open()
	if err := <-done; err == nil {
		t.Fatal("it was not stopped")
	}
	w.wantKind("dev", gitops.Cancelled)
	w.wantResource(s, "::slow")
}

func TestTerminateLeavesAWorkersCreatePending(t *testing.T) {
	t.Parallel()
	dir, reached, _ := gates(t)
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.Environ = append(c.Environ, workerGates+"="+dir) })
	now := make(chan struct{})
	s := w.stack("dev", gated("g"), automation.Terminate(now))
	done := background(w.world, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	reached()
	close(now)
	if err := <-done; err == nil {
		t.Fatal("it was not stopped")
	}
	w.wantKind("dev", gitops.Cancelled)
	d, err := s.Export(t.Context())
	w.must(err)
	if !bytes.Contains(d.Deployment, []byte("pending_operations")) {
		t.Errorf("nothing is pending: %s", d.Deployment)
	}
}

func TestPreviewedOutputsTravelFromWorkerToWorker(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.MaxRuns = 1 })
	overlay := automation.NewOverlay()
	with := automation.WithOverlay(overlay)
	up := w.stack("network.dev", things("old", "net"), with)
	_, err := up.Up(t.Context())
	w.must(err)
	var got string
	down := w.stack("app.dev", func(ctx *pulumi.Context) error {
		ref, err := pulumi.NewStackReference(ctx, "organization/shop/network.dev", nil)
		if err != nil {
			return err
		}
		d, err := ref.GetOutputDetails("value")
		got, _ = d.Value.(string)
		return err
	}, with)
	up.Workspace().SetProgram(things("new", "net"))
	_, err = up.Preview(t.Context())
	w.must(err)
	_, err = down.Preview(t.Context())
	w.must(err)
	if got != "new" {
		t.Errorf("the preview saw %q", got)
	}
	want := []gitops.StackRef{{Project: "shop", Stack: "network.dev"}}
	if diff := cmp.Diff(want, overlay.Used(gitops.StackRef{Project: "shop", Stack: "app.dev"})); diff != "" {
		t.Error(diff)
	}
}

func TestAWorkerGetsOnlyTheEnvironmentThatItIsGiven(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	s := w.stack("dev", nothing)
	_, err := s.Preview(t.Context())
	w.must(err)
	w.must(w.pool.Close())
	want := "environment: " + workerHome + "=" + w.home + " HOME=" + w.home + " USER=ana\n"
	if !strings.Contains(w.log.String(), want) || !strings.Contains(w.log.String(), "a program may print what it likes") {
		t.Errorf("want %q in:\n%s", want, w.log)
	}
}

func TestAProgramThatIsNoWorkerIsAnErrorThatSaysSo(t *testing.T) {
	t.Parallel()
	for _, argv := range [][]string{nil, {"/does/not/exist"}, {"/bin/cat", "/etc/passwd"}, {"/bin/true"}} {
		p := automation.NewPool(automation.PoolConfig{Argv: argv, Size: 1})
		_, stderr, code, err := p.Run(t.Context(), ".", nil, nil, nil, nil, "version")
		if code == 0 || err == nil || !strings.Contains(stderr, "ServeWorker") {
			t.Errorf("%v: exit code %d, %v: %s", argv, code, err, stderr)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if _, _, _, err := p.Run(t.Context(), ".", nil, nil, nil, nil, "version"); err == nil {
			t.Error("a closed pool has served a call")
		}
	}
}

func TestWhatCannotTravelIsRefused(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	_, stderr, code, _ := w.pool.With(automation.KeyFile("x")).Run(t.Context(), w.dir, nil, nil, nil, nil, "version")
	if code != 2 || !strings.Contains(stderr, "KeyFile") {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestWhoWaitsForAStackInAWorkerIsTold(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.Size = 2 })
	running, finish := make(chan struct{}), make(chan struct{})
	s := w.stack("dev", func(*pulumi.Context) error { close(running); <-finish; return nil }, automation.Holder("bob"))
	done := background(w.world, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	<-running
	told := make(chan automation.Waiting, 8)
	other := w.stack("dev", nothing, automation.Wait(func(_ string, l automation.Waiting) { told <- l }))
	second := background(w.world, func(ctx context.Context) error { _, err := other.Up(ctx); return err })
	if l := <-told; l.Lease.Holder != "bob" || l.Position != 1 {
		t.Errorf("told: %+v", l)
	}
	close(finish)
	w.must(<-done)
	w.must(<-second)
}

func TestAWorkerRefusesAnotherVersionThanTheExpectedOne(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	first := w.stack("dev", nothing)
	_, err := first.Up(t.Context())
	w.must(err)
	second := w.stack("dev", nothing, automation.Expect(0))
	if _, err := second.Up(t.Context()); err == nil {
		t.Error("an update that was decided on another version ran")
	}
	w.wantKind("dev", gitops.Stale)
}
