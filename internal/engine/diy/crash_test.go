package diy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// deadly lets a number of writes through and kills the process at the next.
type deadly struct {
	medium
	left int
}

func (d *deadly) pass() {
	if d.left--; d.left >= 0 {
		return
	}
	if p, err := os.FindProcess(os.Getpid()); err == nil {
		_ = p.Kill()
	}
	select {} // until it has happened
}

func (d *deadly) Put(ctx context.Context, key string, data []byte) error {
	d.pass()
	return d.medium.Put(ctx, key, data)
}

func (d *deadly) Create(ctx context.Context, key string, data []byte) error {
	d.pass()
	return d.medium.Create(ctx, key, data)
}

func (d *deadly) Delete(ctx context.Context, key string) error {
	d.pass()
	return d.medium.Delete(ctx, key)
}

func (d *deadly) Sync(ctx context.Context, key string) error {
	d.pass()
	return d.medium.Sync(ctx, key)
}

// forgetful fails to list the lock files once, at the given time.
type forgetful struct {
	medium
	at int
}

var errForgotten = errors.New("the connection is gone")

func (f *forgetful) List(ctx context.Context, prefix string) ([]object, error) {
	if prefix == lockDir(dev) {
		if f.at--; f.at == 0 {
			return nil, errForgotten
		}
	}
	return f.medium.List(ctx, prefix)
}

func TestALeaseThatFailsHalfWayLeavesNoLockOfTheCLI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.again()
	s.medium = &forgetful{medium: s.medium, at: 2} // after the lock file was written
	if _, err := s.Lease(t.Context(), dev, request()); err == nil || !strings.Contains(err.Error(), errForgotten.Error()) {
		t.Fatalf("the lease should have failed: %v", err)
	}
	w.must(w.lease(s).Release(t.Context()))
}

// killed runs an update in another process, which is killed at a write. It tells
// whether it was, and not done before.
func (w *world) killed(atWrite int) bool {
	w.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestUpdateInAnotherProcess$")
	cmd.Env = append(os.Environ(), dirVariable+"="+w.dir, fmt.Sprintf("%s=%d", writeVariable, atWrite))
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != -1) {
		w.Fatalf("%v\n%s", err, out)
	}
	return err != nil
}

const dirVariable, writeVariable = "DIY_TEST_DIR", "DIY_TEST_WRITE"

// TestUpdateInAnotherProcess does an update in the directory that it is told.
// Without one there is nothing to do.
func TestUpdateInAnotherProcess(t *testing.T) {
	dir := os.Getenv(dirVariable)
	if dir == "" {
		return
	}
	n, err := strconv.Atoi(os.Getenv(writeVariable))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, dir: dir}
	s := w.again()
	s.medium = &deadly{medium: s.medium, left: n}
	w.must(update(t.Context(), s))
}

// update is a whole one, from lease to release.
func update(ctx context.Context, s *Store) error {
	l, err := s.Lease(ctx, dev, request())
	if err != nil {
		return err
	}
	u := gitops.UpdateRecord{Operation: gitops.Update, Message: "first"}
	if err := l.Begin(ctx, u); err != nil {
		return err
	}
	for _, e := range []string{"a", "b"} {
		if err := l.Append(ctx, [][]byte{[]byte(e)}); err != nil {
			return err
		}
	}
	if _, err := l.Commit(ctx, deployment(1), u); err != nil {
		return err
	}
	return l.Release(ctx)
}

func TestAnUpdateThatIsKilledAnywhereLosesNothing(t *testing.T) {
	t.Parallel()
	journals := map[int]int{}
	for n := 0; ; n++ {
		w := newWorld(t)
		if !w.killed(n) {
			if n < 10 || len(journals) < 3 {
				t.Errorf("a whole update takes %d writes and leaves %v: is it tested?", n, journals)
			}
			return
		}
		st, err := w.Load(t.Context(), dev)
		if err != nil {
			t.Fatalf("killed at write %d: %v", n, err)
		}
		journals[len(st.Journal)]++
		if !oneOf(st) {
			t.Errorf("killed at write %d: version %d, %s, journal %q", n, st.Version, st.Deployment, st.Journal)
		}
		if st.Lost != nil {
			t.Errorf("killed at write %d: the dead holder may be alive: %+v", n, st.Lost)
		}
		if v := w.commit(w.Store, 2); v != st.Version+1 {
			t.Errorf("killed at write %d: the next commit is version %d after %d", n, v, st.Version)
		}
		w.wantState(w.again(), st.Version+1, 2)
		if err := w.cli().imports(3); err != nil {
			t.Errorf("killed at write %d: the CLI: %v", n, err)
		}
	}
}

// oneOf tells whether the state is one that the update goes through.
func oneOf(st gitops.State) bool {
	got := fmt.Sprintf("%d %s %s", st.Version, st.Deployment, st.Journal)
	for _, want := range []string{
		fmt.Sprintf("0 %s []", deployment(0)),
		fmt.Sprintf("0 %s [a]", deployment(0)),
		fmt.Sprintf("0 %s [a b]", deployment(0)),
		fmt.Sprintf("1 %s []", deployment(1)),
	} {
		if got == want {
			return true
		}
	}
	return false
}

func TestAHolderThatWakesUpLateIsRefusedAtItsNextWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now()
	w.now = func() time.Time { return now }
	late := w.lease(w.Store).(*lease)
	w.must(late.Append(t.Context(), [][]byte{[]byte("a")}))

	other := w.again()
	other.now = func() time.Time { return now.Add(time.Hour) }
	w.lease(other)
	// It had looked at its lease before it fell asleep.
	var fenced *gitops.FencedError
	for doing, r := range map[string]journalRecord{
		"an append": {Epoch: late.epoch, Entries: [][]byte{[]byte("stray")}},
		"a commit":  {Epoch: late.epoch, Commit: "stray"},
	} {
		if err := late.add(t.Context(), r); !errors.As(err, &fenced) {
			t.Errorf("%s of a holder that slept: %v", doing, err)
		}
	}
	w.wantState(other, 0, 0, "a")
}

func TestALostHolderThatHasEndedSinceIsForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := time.Now()
	w.now = func() time.Time { return now }
	alive := w.again()
	alive.now = func() time.Time { return now.Add(time.Hour) }
	// Until it ends, all that is known of its process is that it lives.
	sleeper := exec.Command(os.Args[0], "-test.run=^TestSleepInAnotherProcess$")
	sleeper.Env = append(os.Environ(), sleepVariable+"=1")
	in, err := sleeper.StdinPipe()
	w.must(err)
	w.must(sleeper.Start())
	l, err := w.take(t.Context(), dev, request(), taking{})
	w.must(err)
	w.must(l.Append(t.Context(), [][]byte{[]byte("a")}))
	w.must(l.save(t.Context(), func(r *leaseRecord) { r.Owner.PID, r.Owner.Started = sleeper.Process.Pid, "" }))
	w.lease(alive)
	if st, err := alive.Load(t.Context(), dev); err != nil || st.Lost == nil || st.Lost.ID != l.Info().ID {
		t.Errorf("while it lives: %+v, %v", st.Lost, err)
	}
	w.must(in.Close())
	w.must(sleeper.Wait())
	if st, err := alive.Load(t.Context(), dev); err != nil || st.Lost != nil {
		t.Errorf("after its end: %+v, %v", st.Lost, err)
	}
}

const sleepVariable = "DIY_TEST_SLEEP"

// TestSleepInAnotherProcess waits for the end of its input when it is told to.
func TestSleepInAnotherProcess(t *testing.T) {
	if os.Getenv(sleepVariable) == "" {
		return
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Fatal(err)
	}
}
