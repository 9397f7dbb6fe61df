package automation

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// A worker that may send 600 bytes in one frame is asked for more, and then for
// less.
func TestAFrameThatIsTooLargeFailsItsCallAndNoOther(t *testing.T) {
	t.Parallel()
	cmd := New(State("sqlite://"+t.TempDir()+"/state.db"), Environ())
	t.Cleanup(func() { _ = cmd.Close() })
	var sent bytes.Buffer
	s := &server{cmd: cmd, out: &frameWriter{w: &sent, max: 600}, frames: make(chan toWorker), failed: make(chan error)}
	run := func(number int64, args ...string) *endFrame {
		t.Helper()
		if last, err := s.call(toWorker{Call: number, Run: &runFrame{Dir: t.TempDir(), Args: args}}); last || err != nil {
			t.Fatalf("the worker ends: %v, %v", last, err)
		}
		for {
			var f fromWorker
			if err := readFrame(&sent, &f); err != nil {
				t.Fatal(err)
			}
			if f.End != nil {
				return f.End
			}
		}
	}
	if end := run(1, "stack", "select", "--stack", strings.Repeat("x", 900)); end.Err == nil ||
		!strings.Contains(end.Err.decode().Error(), "is longer than the 600") || end.Code != 1 {
		t.Errorf("the call that says too much ends with %+v", end)
	}
	if end := run(2, "version"); end.Err != nil || end.Code != 0 {
		t.Errorf("the next one ends with %+v", end)
	}
}

func TestACallThatIsTooLargeIsRefusedBeforeItsWorkerHearsOfIt(t *testing.T) {
	t.Parallel()
	var pipe bytes.Buffer
	k := &worker{in: &frameWriter{w: &pipe, max: 600}, out: io.LimitReader(&pipe, 0), resident: 7}
	end, err := k.serve(&call{ctx: context.Background(), pool: &Pool{}, run: runFrame{Args: []string{"up", strings.Repeat("x", 900)}}})
	if end == nil || end.Resident != 7 || pipe.Len() != 0 {
		t.Errorf("the worker is not as it was before: %+v, %d bytes", end, pipe.Len())
	}
	if gitops.KindOf(err) != gitops.Failed || !strings.Contains(err.Error(), "`pulumi up`") {
		t.Errorf("the call ends with %v", err)
	}
}
