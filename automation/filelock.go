package automation

import (
	"os"
	"path/filepath"
	"sync"
)

// fileLock is held while a stack file is read, changed and written: by one
// goroutine of this process, and where the system can do it, by one process. It
// locks the directory, which stays when the file is replaced.
type fileLock struct {
	dir string
	mu  sync.Mutex
	f   *os.File // locked, nil when that was not possible
}

func newFileLock(path string) *fileLock { return &fileLock{dir: filepath.Dir(path)} }

// Lock implements sync.Locker.
func (l *fileLock) Lock() {
	l.mu.Lock()
	f, err := os.Open(l.dir)
	if err != nil { // made with the first file
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
