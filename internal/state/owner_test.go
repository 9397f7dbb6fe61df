package state

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	process "github.com/trunkline-dev/trunkline/internal/owner"
)

func TestTheLeaseOfADeadProcessIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	s.self.PID, s.self.Started = endedProcess(t), "1"
	dead := leased(t, s)
	s.self = process.This()
	if l, err := s.Leases(t.Context(), dev); err != nil || len(l) != 0 {
		t.Errorf("the lease of the dead process is listed: %v, %v", l, err)
	}
	l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "ben", TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if l.Info().Epoch <= dead.Info().Epoch {
		t.Errorf("the epoch went from %d to %d", dead.Info().Epoch, l.Info().Epoch)
	}
}

func TestTheLeaseOfAnotherMachineLastsUntilItExpires(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := open(t, filepath.Join(t.TempDir(), "state.db"), WithClock(func() time.Time { return now }))
	s.self.Host, s.self.PID = "elsewhere", endedProcess(t)
	leased(t, s)
	s.self = process.This()
	request := gitops.LeaseRequest{Holder: "ben", TTL: time.Minute}
	now = now.Add(time.Minute - 1)
	if _, err := s.Lease(t.Context(), dev, request); err == nil {
		t.Error("a lease that has not expired was taken over")
	}
	now = now.Add(1)
	if _, err := s.Lease(t.Context(), dev, request); err != nil {
		t.Error(err)
	}
}

func TestALostLeaseIsForgottenWhenItsProcessIsKnownToHaveEnded(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := open(t, filepath.Join(t.TempDir(), "state.db"), WithClock(func() time.Time { return now }))
	request := gitops.LeaseRequest{Holder: "ben", TTL: time.Minute}
	wantLost := func(when, id string) {
		t.Helper()
		state, err := s.Load(t.Context(), dev)
		switch {
		case err != nil:
			t.Fatal(err)
		case (state.Lost == nil) != (id == "") || id != "" && state.Lost.ID != id:
			t.Errorf("%s: the lost lease is %+v, want %q", when, state.Lost, id)
		}
	}
	me := s.self
	sleeper := exec.Command(os.Args[0], "-test.run=^$")
	sleeper.Env = append(os.Environ(), sleeperEnv+"=1")
	in, err := sleeper.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	s.self.PID = sleeper.Process.Pid
	s.self.Started = "" // its number is enough while it lives
	l := leased(t, s)
	if err := l.Append(t.Context(), [][]byte{[]byte("a")}); err != nil {
		t.Fatal(err)
	}
	s.self = me
	wantLost("while it holds the stack", "")
	now = now.Add(time.Minute)
	wantLost("when it has run out", l.Info().ID)
	next, err := s.Lease(t.Context(), dev, request)
	if err != nil {
		t.Fatal(err)
	}
	wantLost("when another holds the stack", l.Info().ID)
	_ = in.Close()
	if err := sleeper.Wait(); err != nil {
		t.Fatal(err)
	}
	wantLost("when its process has ended", "")
	if err := next.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestADeadProcessLeavesTheLineAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	me := s.self
	s.self.PID, s.self.Started = endedProcess(t), "1"
	if _, err := show(t.Context(), s, dev); err == nil {
		t.Error("a held stack was leased")
	}
	s.self = me
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{TTL: time.Minute}); err != nil {
		t.Errorf("the dead process still stands in line: %v", err)
	}
}

// endedProcess returns the number of a process that has ended.
func endedProcess(t *testing.T) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}
