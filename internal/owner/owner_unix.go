//go:build unix

package owner

import (
	"errors"
	"syscall"
)

// processExists asks the system by sending no signal. A process of another
// user exists too.
func processExists(pid int) bool {
	return pid <= 0 || !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
