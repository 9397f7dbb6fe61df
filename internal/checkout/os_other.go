//go:build !unix

package checkout

import "os/exec"

// asGroup does nothing: there are no groups of processes to end.
func asGroup(*exec.Cmd) {}
