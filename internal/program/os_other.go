//go:build !unix

package program

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: there are no process groups.
func ownGroup(*exec.Cmd) {}

// boundToParent does nothing: the program ends when its standard input does.
func boundToParent(*exec.Cmd) {}

// killGroup ends the process.
func killGroup(p *os.Process) error { return p.Kill() }
