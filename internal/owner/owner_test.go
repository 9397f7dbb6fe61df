package owner

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

func TestAProcessIsDeadOnlyWhenThatIsCertain(t *testing.T) {
	t.Parallel()
	me := This()
	gone := endedProcess(t)
	for name, c := range map[string]struct {
		change func(p *Process)
		want   bool
	}{
		"this process":                    {func(*Process) {}, false},
		"an ended process":                {func(p *Process) { p.PID = gone }, true},
		"an ended one of another host":    {func(p *Process) { p.PID, p.Host = gone, "elsewhere" }, false},
		"an ended one before a restart":   {func(p *Process) { p.PID, p.Boot = gone, "earlier" }, false},
		"an ended one of a container":     {func(p *Process) { p.PID, p.Space = gone, "pid:[1]" }, false},
		"an ended one of an unknown host": {func(p *Process) { p.PID, p.Host = gone, "" }, false},
		"no process at all":               {func(p *Process) { p.PID = 0 }, false},
		"the parent":                      {func(p *Process) { p.PID, p.Started = os.Getppid(), "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := me
			c.change(&p)
			if got := p.Dead(me); got != c.want {
				t.Errorf("dead = %v, want %v", got, c.want)
			}
		})
	}
}

func TestALaterProcessWithTheSameNumberIsAnother(t *testing.T) {
	t.Parallel()
	me := This()
	if runtime.GOOS == "linux" == (me.Started == "" || me.Boot == "" || me.Space == "") {
		t.Fatalf("what is known of this process: %+v", me)
	}
	earlier := me
	earlier.Started = "1"
	if got, want := earlier.Dead(me), me.Started != ""; got != want {
		t.Errorf("a process that started before this one with its number: dead = %v, want %v", got, want)
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
