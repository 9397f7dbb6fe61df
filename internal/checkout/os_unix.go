//go:build unix

package checkout

import (
	"os"
	"os/exec"
	"syscall"
)

// asGroup makes a command the leader of a group of processes, all of which end
// when its context does: git leaves talking to a remote to others.
func asGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		if err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); err != syscall.ESRCH {
			return err
		}
		return os.ErrProcessDone
	}
}
