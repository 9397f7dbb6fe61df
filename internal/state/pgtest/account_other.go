//go:build !linux

package pgtest

import (
	"os"
	"os/exec"
)

// account is the user that a server runs as; here always the present one.
type account struct{ uid, gid int }

func unprivileged() (*account, error) { return nil, nil }

func (a *account) use(*exec.Cmd) {}

// killChildren leaves it to the children to notice that their parent has ended.
func killChildren(*os.Process) {}
