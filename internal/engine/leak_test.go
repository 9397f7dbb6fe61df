package engine_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"go.uber.org/goleak"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// What Pulumi leaves behind for each operation: the program's loader server is
// never closed, and a goroutine of each step executor waits for ever.
const (
	leakedServer   = "github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil.serveWithOptions.func1"
	leakedAccept   = "google.golang.org/grpc.(*Server).Serve"
	leakedExecutor = "github.com/pulumi/pulumi/pkg/v3/resource/deploy.newStepExecutor.func1"
)

// leakedByFailures is what else Pulumi leaves behind when a program or a
// resource fails or the operation is cancelled: a call of the program that
// nobody answers, and the sides of its conversation.
var leakedByFailures = []string{
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy.(*defaultProviders).serve",
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy.(*resmon).RegisterResource",
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy.(*resmon).RegisterResourceOutputs",
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy.(*evalSourceIterator).forkRun.func1",
}

// goroutines counts the goroutines of this process that contain a function.
func goroutines(function string) int {
	buf := make([]byte, 64<<10)
	for {
		n := runtime.Stack(buf, true)
		if n < len(buf) {
			buf = buf[:n]
			break
		}
		buf = make([]byte, 2*len(buf))
	}
	count := 0
	for _, g := range strings.Split(string(buf), "\n\n") {
		if strings.Contains(g, function+"(") {
			count++
		}
	}
	return count
}

// listeners counts the sockets of this process.
func listeners(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(fds, func(e os.DirEntry) bool {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		return err != nil || !strings.HasPrefix(to, "socket:") // gone, or something else
	}))
}

// steady returns a count when it has stopped changing: what is being closed
// takes a moment.
func steady(count func() int) int {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	last, same := count(), 0
	for same < 20 {
		<-tick.C
		if n := count(); n == last {
			same++
		} else {
			last, same = n, 0
		}
	}
	return last
}

// Each operation leaves exactly this behind. When a new version of Pulumi leaves
// less, this is good news: the numbers go down, and package automation's pool of
// workers may not be needed any more. Not parallel: it counts.
func TestEachOperationLeaksWhatIsKnownOfPulumi(t *testing.T) {
	w := newWorld(t)
	program := one(pulumi.Map{"value": pulumi.String("a")})
	w.run(gitops.Update, program)
	for _, op := range []struct {
		req      engine.Request
		servers  int // listening sockets, with two goroutines each
		executor int
	}{
		{w.request(gitops.Refresh, nil), 0, 1},
		{w.request(gitops.Preview, program), 1, 1},
	} {
		const n = 5
		counts := map[string]func() int{
			"listening sockets":  func() int { return listeners(t) },
			"waiting servers":    func() int { return goroutines(leakedServer) },
			"accepting servers":  func() int { return goroutines(leakedAccept) },
			"executors of steps": func() int { return goroutines(leakedExecutor) },
		}
		known := map[string]int{
			"listening sockets": n * op.servers, "waiting servers": n * op.servers, "accepting servers": n * op.servers,
			"executors of steps": n * op.executor,
		}
		had := map[string]int{}
		for what, count := range counts {
			had[what] = steady(count)
		}
		before := goleak.IgnoreCurrent()
		for range n {
			if _, err := w.Run(t.Context(), op.req); err != nil {
				t.Fatal(err)
			}
		}
		if err := onlyKnown(before); err != nil {
			t.Error(err)
		}
		for what, count := range counts {
			if got := steady(count) - had[what]; got != known[what] {
				t.Errorf("%d operations %s left %d %s, known are %d", n, op.req.Operation, got, what, known[what])
			}
		}
	}
}

// onlyKnown waits until the goroutines that are on their way out are gone, and
// returns an error when others than Pulumi's known ones have come since before.
func onlyKnown(before goleak.Option, known ...string) error {
	opts := []goleak.Option{before}
	for _, f := range append([]string{leakedServer, leakedAccept, leakedExecutor}, known...) {
		opts = append(opts, goleak.IgnoreAnyFunction(f))
	}
	return goleak.Find(opts...)
}

// Not parallel: it looks at all goroutines.
func TestNothingOfOursOutlivesAnOperationHoweverItEnds(t *testing.T) {
	w := newWorld(t)
	program := one(pulumi.Map{"value": pulumi.String("a")})
	failing := one(pulumi.Map{"value": pulumi.String("b"), "fail": pulumi.Bool(true)})
	broken := func(*pulumi.Context) error { return errors.New("the program has no idea") }
	requests := map[string]engine.Request{}
	cases := []struct {
		name string
		op   gitops.Operation
		run  pulumi.RunFunc
		kind gitops.Kind
	}{
		{"preview", gitops.Preview, program, 0}, {"update", gitops.Update, program, 0}, {"refresh", gitops.Refresh, nil, 0},
		{"failed update", gitops.Update, failing, gitops.Deployment}, {"failed program", gitops.Update, broken, gitops.Failed},
		{"cancelled update", gitops.Update, slow, gitops.Cancelled}, {"destroy", gitops.Destroy, nil, 0},
	}
	for _, c := range cases {
		requests[c.name] = w.request(c.op, c.run) // the servers of the programs live as long as the test
	}
	before := goleak.IgnoreCurrent()
	for _, c := range cases {
		ctx, cancel := context.WithCancel(t.Context())
		done := w.start(ctx, w.Engine, requests[c.name])
		if c.kind == gitops.Cancelled {
			<-w.provider.Reached("g")
			if err := w.Cancel(ctx, dev); err != nil { // which has told the engine when it returns
				t.Fatal(err)
			}
			w.provider.Open("g")
		}
		if got := <-done; gitops.KindOf(got.err) != c.kind {
			t.Errorf("%s: %v", c.name, got.err)
		}
		cancel()
		if err := onlyKnown(before, leakedByFailures...); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
