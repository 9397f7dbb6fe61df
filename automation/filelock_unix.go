//go:build unix

package automation

import (
	"os"
	"syscall"
)

// lockFile waits for the lock of the file and takes it.
func lockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
		if err != syscall.EINTR { //nolint:errorlint // an errno, never wrapped
			return err
		}
	}
}
