//go:build unix && !linux

package automation

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup keeps a terminal's signals from the worker. The end of its input ends
// it when this process is gone.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// killGroup ends the worker and everything it started.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // what is gone is gone
}
