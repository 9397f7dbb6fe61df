package plugins

import (
	"runtime"
	"sync"
)

// thread runs functions on one thread of the operating system, which lives until
// the thread is closed. Processes that it starts end with it, where the system
// can do that: a killed engine must not leave providers behind that go on with
// what they were told.
type thread struct {
	once  sync.Once
	tasks chan func()
}

func newThread() *thread { return &thread{tasks: make(chan func())} }

// do runs f and returns when it has returned.
func (t *thread) do(f func()) {
	t.once.Do(func() { go t.serve() })
	done := make(chan struct{})
	t.tasks <- func() {
		defer close(done)
		f()
	}
	<-done
}

func (t *thread) serve() {
	runtime.LockOSThread() // never unlocked: the thread ends with this function
	for task := range t.tasks {
		task()
	}
}

// close ends the thread. Nothing may be done with it any more.
func (t *thread) close() { close(t.tasks) }
