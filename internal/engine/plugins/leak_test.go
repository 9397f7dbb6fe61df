package plugins

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// openFiles counts what this process has open; 0 where the system does not tell.
func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// settles waits until measure is at most want, and returns what it is then.
func settles(measure func() int, want int) int {
	deadline := time.Now().Add(20 * time.Second)
	for measure() > want && time.Now().Before(deadline) {
		runtime.Gosched()
	}
	return measure()
}

func TestTwoHundredUsesOfAProcessLeaveNothingBehind(t *testing.T) { // not parallel: it counts
	y := newYard(t, enginetest.InstallPlugin(t), Options{})
	use := func() {
		s, _ := y.busy("eu")
		y.close(s)
	}
	use()
	goroutines, files := runtime.NumGoroutine(), openFiles()
	for range 200 {
		use()
	}
	if n := settles(runtime.NumGoroutine, goroutines+2); n > goroutines+2 {
		t.Errorf("%d goroutines became %d", goroutines, n)
	}
	if n := settles(openFiles, files+2); n > files+2 {
		t.Errorf("%d open files became %d", files, n)
	}
}

func TestAClosedPoolLeavesNothingBehind(t *testing.T) { // not parallel: it counts
	p := enginetest.InstallPlugin(t)
	engine := newEngine(t)
	goroutines, files := runtime.NumGoroutine(), openFiles()
	y := newYard(t, p, Options{})
	y.engine = engine
	for range 3 {
		s, _ := y.busy("eu")
		defer y.close(s)
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	// newYard has an engine of its own with a goroutine and a socket; the calls
	// to the other one end when it notices.
	if n := settles(runtime.NumGoroutine, goroutines+6); n > goroutines+6 {
		t.Errorf("%d goroutines became %d", goroutines, n)
	}
	if n := settles(openFiles, files+3); n > files+3 {
		t.Errorf("%d open files became %d", files, n)
	}
}
