package automation_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrename"
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

func TestAWorkerThatDiesFailsItsCallAndNoOther(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	s := w.stack("dev", things("exit", "one"))
	_, err := s.Up(t.Context())
	if !auto.IsUnexpectedEngineError(err) {
		t.Errorf("got %v", err)
	}
	w.wantKind("dev", gitops.Bug)
	cause := w.fails.of("dev")
	for _, want := range []string{"the worker that ran `pulumi up` died: exit status 2", "the worker is out of luck"} {
		if !strings.Contains(cause.Error(), want) {
			t.Errorf("%q is not in: %v", want, cause)
		}
	}
	var e *gitops.Error
	if !errors.As(cause, &e) || !strings.Contains(e.Next, "stack recover") {
		t.Errorf("what to do next: %+v", e)
	}
	d, err := s.Export(t.Context())
	w.must(err)
	if !bytes.Contains(d.Deployment, []byte("pending_operations")) {
		t.Errorf("the create that was going on is not pending: %s", d.Deployment)
	}
	other := w.stack("other", things("a", "one"))
	_, err = other.Up(t.Context())
	w.must(err)
}

func TestAWorkerThatDiedWhileItWaitedIsReplacedUnnoticed(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, nil)
	s := w.stack("dev", nothing)
	before := w.children()
	if len(before) != 1 {
		t.Fatalf("workers: %v", before)
	}
	p, err := os.FindProcess(before[0])
	w.must(err)
	w.must(p.Kill())
	_, err = s.Preview(t.Context())
	w.must(err)
	if after := w.children(); len(after) != 1 || after[0] == before[0] {
		t.Errorf("workers: %v, then %v", before, after)
	}
}

// children are the worker processes of this pool that exist, by their
// environment.
func (w *poolWorld) children() []int {
	w.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/environ")
	w.must(err)
	var pids []int
	for _, path := range list {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(workerHome+"="+w.home)) { // gone, or somebody else's
			continue
		}
		pid, err := strconv.Atoi(strings.Split(path, "/")[2])
		w.must(err)
		pids = append(pids, pid)
	}
	return pids
}

func TestWorkersAreReplacedWithoutLosingWhatTheyRemembered(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.MaxRuns, c.Spare = 1, 1 })
	s := w.stack("dev", nothing)
	ctx := t.Context()
	cur, err := s.Workspace().Stack(ctx) // the selected one
	w.must(err)
	if cur == nil || cur.Name != "dev" {
		t.Errorf("selected: %+v", cur)
	}
	_, err = s.Up(ctx)
	w.must(err)
	_, err = s.Rename(ctx, optrename.StackName("new")) // asks for the history of the old name
	w.must(err)
	w.must(w.pool.Close())
	ends := regexp.MustCompile(`worker ends after (\d) operations`).FindAllStringSubmatch(w.log.String(), -1)
	operations := 0
	for _, e := range ends {
		if e[1] == "1" {
			operations++
		}
	}
	if len(ends) < 8 || operations != 1 {
		t.Errorf("%d workers, %d of them with an operation:\n%s", len(ends), operations, w.log)
	}
	if left := w.children(); len(left) > 0 {
		t.Errorf("workers are left: %v", left)
	}
}

func TestAnOldWorkerIsReplaced(t *testing.T) {
	t.Parallel()
	var now time.Time
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.Now = func() time.Time { return now } })
	s := w.stack("dev", nothing)
	first := w.children()
	_, err := s.Preview(t.Context())
	w.must(err)
	if again := w.children(); !slices.Equal(first, again) {
		t.Errorf("workers: %v, then %v", first, again)
	}
	now = now.Add(2 * time.Hour)
	_, err = s.Preview(t.Context())
	w.must(err)
	if later := w.children(); slices.Contains(later, first[0]) && len(later) == 1 {
		t.Errorf("the old worker is still the one: %v", later)
	}
}

func TestAWorkerThatHoldsTooMuchMemoryIsReplaced(t *testing.T) {
	t.Parallel()
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.MaxMemory = 1 })
	w.stack("dev", nothing)
	w.must(w.pool.Close())
	if n := strings.Count(w.log.String(), "worker ends"); n < 2 {
		t.Errorf("%d workers for several calls:\n%s", n, w.log)
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

// ownPool is a program with a pool whose worker is in the middle of a create
// when this program is killed.
func ownPool() int {
	p := automation.NewPool(automation.PoolConfig{
		Argv: []string{os.Args[0]}, Environ: automation.InheritEnv("TEST_WORKER_*", "HOME"), Size: 1, Spare: -1,
	})
	s, err := auto.UpsertStackInlineSource(context.Background(), "dev", "shop", gated("g"), auto.Pulumi(p), auto.WorkDir(os.Getenv(poolOwner)))
	if err == nil {
		_, err = s.Up(context.Background())
	}
	fmt.Fprintln(os.Stderr, "not killed:", err)
	return 1
}

func TestAWorkerFinishesWhatItHasBegunWhenItsPoolIsKilled(t *testing.T) {
	t.Parallel()
	dir, reached, open := gates(t)
	w := newWorld(t)
	owner := exec.Command(os.Args[0])
	owner.Env = []string{poolOwner + "=" + w.dir, workerHome + "=" + w.home, workerGates + "=" + dir, "HOME=" + w.home}
	w.must(owner.Start())
	worker := reached()
	w.must(owner.Process.Kill())
	_ = owner.Wait() // killed
	open()
	if _, err := io.Copy(io.Discard, worker); err != nil { // until the worker has ended
		t.Error(err)
	}
	s := w.stack("dev", nothing)
	d, err := s.Export(t.Context())
	w.must(err)
	if !bytes.Contains(d.Deployment, []byte("::slow")) || bytes.Contains(d.Deployment, []byte("pending_operations")) {
		t.Errorf("the create that was going on is not saved: %s", d.Deployment)
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
