package state

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAProcessIsDeadOnlyWhenThatIsCertain(t *testing.T) {
	t.Parallel()
	me := thisProcess()
	gone := endedProcess(t)
	for name, c := range map[string]struct {
		change func(o *owner)
		want   bool
	}{
		"this process":                    {func(*owner) {}, false},
		"an ended process":                {func(o *owner) { o.PID = gone }, true},
		"an ended one of another host":    {func(o *owner) { o.PID, o.Host = gone, "elsewhere" }, false},
		"an ended one before a restart":   {func(o *owner) { o.PID, o.Boot = gone, "earlier" }, false},
		"an ended one of a container":     {func(o *owner) { o.PID, o.Space = gone, "pid:[1]" }, false},
		"an ended one of an unknown host": {func(o *owner) { o.PID, o.Host = gone, "" }, false},
		"no process at all":               {func(o *owner) { o.PID = 0 }, false},
		"the parent":                      {func(o *owner) { o.PID, o.Started = os.Getppid(), "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := me
			c.change(&o)
			if got := o.dead(me); got != c.want {
				t.Errorf("dead = %v, want %v", got, c.want)
			}
		})
	}
}

func TestALaterProcessWithTheSameNumberIsAnother(t *testing.T) {
	t.Parallel()
	me := thisProcess()
	if runtime.GOOS == "linux" == (me.Started == "" || me.Boot == "" || me.Space == "") {
		t.Fatalf("what is known of this process: %+v", me)
	}
	earlier := me
	earlier.Started = "1"
	if got, want := earlier.dead(me), me.Started != ""; got != want {
		t.Errorf("a process that started before this one with its number: dead = %v, want %v", got, want)
	}
}

func TestTheLeaseOfADeadProcessIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	s.self.PID, s.self.Started = endedProcess(t), "1"
	dead := leased(t, s)
	s.self = thisProcess()
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
	s.self = thisProcess()
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

// endedProcess returns the number of a process that has ended.
func endedProcess(t *testing.T) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	return cmd.Process.Pid
}
