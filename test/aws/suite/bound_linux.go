package main

import (
	"os/exec"
	"syscall"
)

// boundToParent lets the process die with the thread that starts it, which
// ends with this program at the latest.
func boundToParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
