package automation

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup keeps a terminal's signals from the worker, and ends it with this
// process. It gets the gentle signal: what it is doing is finished and saved.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// killGroup ends the worker and everything it started.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // what is gone is gone
}
