//go:build unix

package crash

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state"
)

// attempt is one case of the matrix.
type attempt struct {
	scenario scenario
	at       point
	fault    fault
	store    string // sqlite or postgres
}

func (a attempt) String() string {
	return strings.Join([]string{a.scenario.name, a.at.String(), string(a.fault), a.store}, "/")
}

// shortLease is how long leases live where one has to run out or to be renewed.
const shortLease = 300 * time.Millisecond

// spec is what the process under test is to do.
func (a attempt) spec(url, socket, dir string) spec {
	s := spec{
		Who: "first", Store: url, Cloud: socket, Dir: dir, Stack: ref,
		Operation: a.scenario.operation, Program: a.scenario.to, At: a.at, Fault: a.fault,
	}
	if a.fault == stop || a.fault == late || a.at.Call == "renew" {
		s.LeaseTTL = shortLease
	}
	if a.fault == late { // so that nothing else is on its way
		s.Parallel = 1
	}
	return s
}

// run tries the case on the store at url.
func (a attempt) run(t *testing.T, from beginning, url string) {
	store, err := state.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	w := newWorld(t, a.scenario, from, store)
	socket := filepath.Join(t.TempDir(), "cloud")
	w.cloud.serve(t, socket)
	first := start(t, a.spec(url, socket, w.dir))
	status := first.wait()
	if !w.cloud.wasReached("first") {
		r, _ := first.report()
		t.Fatalf("%s was never reached: %+v\n%s", a.at, r, first.complaints())
	}
	if a.fault == stop || a.fault == late {
		if !status.Stopped() {
			t.Fatalf("the process was not stopped: %v\n%s", status, first.complaints())
		}
		status = a.whileStopped(w, first)
	}
	w.cloud.calmDown(t)
	a.ended(w, first, status)
	w.conclude()
}

// whileStopped lets the lease run out and runs the next command. Then it lets the
// first one go on to its end: before anything is settled, or late.
func (a attempt) whileStopped(w *world, first *process) syscall.WaitStatus {
	w.t.Helper()
	w.waitForTheLease()
	w.nothingIsLost()
	if a.fault == late {
		w.finish()
		w.theGoalIsReached()
	} else if !w.next() {
		w.theGoalIsReached()
	}
	return first.resume()
}

// ended checks how the process under test has ended.
func (a attempt) ended(w *world, first *process, status syscall.WaitStatus) {
	w.t.Helper()
	r, spoke := first.report()
	switch {
	case a.fault == kill:
		if !status.Signaled() || status.Signal() != syscall.SIGKILL {
			w.t.Errorf("the process was to be killed: %v", status)
		}
		return
	case !spoke && a.fault == panik:
		if !strings.Contains(first.complaints(), errInjected.Error()) {
			w.t.Errorf("the process ended by another panic: %s", first.complaints())
		}
	case !spoke:
		w.t.Errorf("the process ended without a word, %v\n%s", status, first.complaints())
	}
	if spoke && !status.Exited() {
		w.t.Errorf("the process did not exit: %v", status)
	}
	if spoke && r.Kind == 0 {
		w.theGoalIsReached()
	}
	if a.fault == term {
		a.stoppedGently(w, r)
	}
}

// stoppedGently checks that a command that was asked to end left nothing open.
func (a attempt) stoppedGently(w *world, r report) {
	w.t.Helper()
	if r.Kind != 0 && r.Kind != gitops.Cancelled {
		w.t.Errorf("kind %d, want success or cancelled: %s", r.Kind, r.Error)
	}
	if pending := w.pending(); len(pending) > 0 {
		w.t.Errorf("pending after a gentle stop: %v", pending)
	}
	if st, err := w.store.Load(w.t.Context(), ref); err != nil || len(st.Journal) > 0 {
		w.t.Errorf("the journal has %d entries after a gentle stop, %v", len(st.Journal), err)
	}
}
