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

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrename"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

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
