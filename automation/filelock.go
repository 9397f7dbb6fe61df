package automation

import (
	"os"
	"path/filepath"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// fileLock is held while a stack file is read, changed and written: by one
// goroutine of this process, and where the system can do it, by one process. It
// locks the project's file, which stays when the stack's is replaced. The
// directory would not do: a key file beside it is locked by that.
type fileLock struct {
	dir string
	mu  sync.Mutex
	f   *os.File // locked, nil when that was not possible
}

func newFileLock(path string) *fileLock { return &fileLock{dir: filepath.Dir(path)} }

// Lock implements sync.Locker.
func (l *fileLock) Lock() {
	l.mu.Lock()
	project, err := workspace.DetectProjectPathFrom(l.dir)
	if err != nil { // no project, no stack file
		return
	}
	f, err := os.Open(project)
	if err != nil {
		return
	}
	if err := lockFile(f); err != nil { // some network file systems cannot
		_ = f.Close()
		return
	}
	l.f = f
}

// Unlock implements sync.Locker.
func (l *fileLock) Unlock() {
	if l.f != nil {
		_ = l.f.Close() // gives the lock back
		l.f = nil
	}
	l.mu.Unlock()
}
