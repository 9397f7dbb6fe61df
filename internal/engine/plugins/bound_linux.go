package plugins

import (
	"os/exec"
	"syscall"
)

// boundToParent lets the process die with the thread that starts it.
func boundToParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL }
