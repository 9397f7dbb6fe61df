package automation_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/automation"
)

// A long-lived program that previews through a pool stays as it was. Not
// parallel: it counts what the process holds.
func TestManyPreviewsLeaveTheirProcessFlat(t *testing.T) {
	total, limit := 2000, 200
	if testing.Short() {
		total, limit = 400, 50
	}
	w := newPoolWorld(t, func(c *automation.PoolConfig) { c.MaxRuns, c.Spare = limit, 1 })
	s := w.stack("dev", things("a", "one", "two"))
	_, err := s.Up(t.Context())
	w.must(err)
	early := total / 10
	var before holdings
	for i := range total {
		if i == early {
			before = held(t)
		}
		w.preview(s)
	}
	after := held(t)
	t.Logf("after %5d previews: %v", early, before)
	t.Logf("after %5d previews: %v", total, after)
	if after.fds > before.fds+8 || after.goroutines > before.goroutines+8 { // one worker may be on its way in, one out
		t.Errorf("file descriptors or goroutines grew")
	}
	if after.heap > before.heap+4<<20 || after.resident > before.resident+24<<20 {
		t.Errorf("memory grew")
	}
	w.must(w.pool.Close())
	if left := w.children(); len(left) > 0 {
		t.Errorf("workers are left: %v", left)
	}
	w.checkWorkers(total+1, limit)
}

func (w *poolWorld) preview(s auto.Stack) {
	w.Helper()
	p, err := s.Preview(w.Context())
	w.must(err)
	if p.ChangeSummary["same"] != 3 {
		w.Fatalf("preview: %v", p.ChangeSummary)
	}
}

// checkWorkers reads what the workers have said at their ends: all operations
// were theirs, and none served more than the limit.
func (w *poolWorld) checkWorkers(operations, limit int) {
	w.Helper()
	sum, workers := 0, 0
	for _, m := range regexp.MustCompile(`worker ends after (\d+) operations`).FindAllStringSubmatch(w.log.String(), -1) {
		n, err := strconv.Atoi(m[1])
		w.must(err)
		if n > limit {
			w.Errorf("a worker has served %d operations, the limit is %d", n, limit)
		}
		sum += n
		workers++
	}
	w.Logf("%d workers served %d operations", workers, sum)
	if sum != operations || workers < operations/limit {
		w.Errorf("%d workers served %d operations, want all %d", workers, sum, operations)
	}
}

// holdings is what a process holds.
type holdings struct{ fds, goroutines, heap, resident int }

func (h holdings) String() string {
	return fmt.Sprintf("%d file descriptors, %d goroutines, %.1f MiB heap, %.1f MiB resident",
		h.fds, h.goroutines, float64(h.heap)/(1<<20), float64(h.resident)/(1<<20))
}

// held is what this process holds after a garbage collection.
func held(t *testing.T) holdings {
	t.Helper()
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	h := holdings{fds: len(fds), goroutines: runtime.NumGoroutine(), heap: int(m.HeapAlloc)}
	for lines := bufio.NewScanner(bytes.NewReader(status)); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "VmRSS:" {
			kib, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			h.resident = kib << 10
		}
	}
	if h.resident == 0 {
		t.Fatal("the system does not tell the memory of this process")
	}
	return h
}
