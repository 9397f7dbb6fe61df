//go:build unix

package crash

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// fault is what happens at a point.
type fault string

const (
	kill  fault = "kill"
	stop  fault = "stop"
	late  fault = "late"
	term  fault = "term"
	fail  fault = "error"
	panik fault = "panic"
	gone  fault = "gone"
)

// point is a place on the path of an operation: before or after the n-th call
// of a name. The names "store" and "provider" stand for any call of theirs.
type point struct {
	Call  string
	N     int
	After bool
}

func (p point) String() string {
	name := p.Call
	if p.N > 1 {
		name = fmt.Sprintf("%s#%d", name, p.N)
	}
	if p.After {
		return name + ".after"
	}
	return name + ".before"
}

// isProvider tells that the point is at a call of the provider.
func (p point) isProvider() bool {
	return strings.Contains(" provider check diff create update delete read ", " "+p.Call+" ")
}

// inFlight tells that a change of the cloud may be on its way at the point, also
// when there is one resource at a time: checks and diffs are made ahead.
func (p point) inFlight() bool {
	return strings.Contains(" renew check diff ", " "+p.Call+" ") || !p.After && strings.Contains(" create update delete ", " "+p.Call+" ")
}

var errInjected = errors.New("the test wants this call to fail")

// hook counts calls and does the fault at its point, once.
type hook struct {
	at    point
	fault fault
	// announce is called when the point is reached.
	announce func() error
	// terminated is closed when a SIGTERM has arrived, continued when a SIGCONT has.
	terminated, continued <-chan struct{}

	mu      sync.Mutex
	counts  map[string]int
	reached chan struct{} // closed when the point is reached

	// busy is held by calls to the store, so that a process is not stopped in the
	// middle of one: what that does is another matter.
	busy sync.RWMutex
}

func newHook(at point, f fault) *hook {
	return &hook{at: at, fault: f, announce: func() error { return nil },
		counts: map[string]int{}, reached: make(chan struct{})}
}

// call is one call between two points. do tells what it does.
func (h *hook) call(class, name string, do func() error) error {
	h.mu.Lock()
	h.counts[class]++
	h.counts[name]++
	here := h.at.Call == name && h.at.N == h.counts[name] || h.at.Call == class && h.at.N == h.counts[class]
	h.mu.Unlock()
	if here && !h.at.After {
		if err := h.fire(class); err != nil {
			return err
		}
	}
	if err := h.through(class, do); err != nil {
		return err
	}
	if here && h.at.After {
		return h.fire(class)
	}
	return nil
}

// through makes the call itself.
func (h *hook) through(class string, do func() error) error {
	if class == "store" {
		h.busy.RLock()
		defer h.busy.RUnlock()
	}
	return do()
}

// fire does the fault.
func (h *hook) fire(class string) error {
	if err := h.announce(); err != nil {
		return err
	}
	close(h.reached)
	switch h.fault {
	case kill:
		if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
			return err
		}
		select {}
	case stop, late:
		h.busy.Lock()
		defer h.busy.Unlock()
		if err := syscall.Kill(os.Getpid(), syscall.SIGSTOP); err != nil {
			return err
		}
		<-h.continued
	case term:
		if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
			return err
		}
		<-h.terminated
	case fail:
		if class == "provider" {
			return status.Error(codes.Unknown, errInjected.Error())
		}
		return errInjected
	case panik:
		panic(errInjected)
	case gone:
		return status.Error(codes.Unavailable, "error reading from server: EOF")
	}
	return nil
}

// hit tells whether the point was reached.
func (h *hook) hit() bool {
	select {
	case <-h.reached:
		return true
	default:
		return false
	}
}
