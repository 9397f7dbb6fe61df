package automation_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// What a worker of these tests finds in its environment.
const (
	workerHome  = "TEST_WORKER_HOME"  // makes the test binary a worker; the state is here
	poolOwner   = "TEST_POOL_OWNER"   // makes it a program that has a pool
	workerGates = "TEST_WORKER_GATES" // a directory with two pipes: see gate
)

func TestMain(m *testing.M) {
	switch {
	case filepath.Base(os.Args[0]) == policyPack:
		os.Exit(policies())
	case len(os.Args) > 1 && os.Args[1] == "worker":
		os.Exit(exampleWorker())
	case os.Getenv(poolOwner) != "":
		os.Exit(ownPool())
	case os.Getenv(workerHome) != "":
		os.Exit(work(os.Getenv(workerHome)))
	}
	os.Exit(m.Run())
}

// work is the worker. It notes its end and how many calls it has served.
func work(home string) int {
	cloud := &deadly{Provider: enginetest.NewProvider()}
	gates := os.Getenv(workerGates)
	if gates != "" {
		go gate(cloud.Provider, gates)
	}
	fmt.Fprintln(os.Stderr, "environment:", strings.Join(os.Environ(), " "))
	calls := 0
	count := automation.Observe(func(_ string, e automation.Event) {
		fmt.Println("a program may print what it likes")
		if e.Summary != nil {
			calls++
		}
	})
	cmd := automation.New(count, automation.Provider("test", cloud),
		automation.State("sqlite://"+filepath.ToSlash(filepath.Join(home, "state.db"))))
	if err := automation.ServeWorker(cmd); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := cmd.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintf(os.Stderr, "worker ends after %d operations\n", calls)
	return 0
}

// gate tells the test when a create waits at gate "g", and opens it when the
// test says so: a named pipe is opened when both sides have come.
func gate(cloud *enginetest.Provider, dir string) {
	<-cloud.Reached("g")
	reached, err := os.OpenFile(filepath.Join(dir, "reached"), os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	open, err := os.Open(filepath.Join(dir, "open"))
	if err != nil {
		panic(err)
	}
	cloud.Open("g")
	_, _ = reached, open // closed with the process: the test sees its end
}

// deadly ends the whole worker when a thing is created with the value "exit".
type deadly struct{ *enginetest.Provider }

func (d *deadly) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	if !r.GetPreview() && r.GetProperties().GetFields()["value"].GetStringValue() == "exit" {
		go panic("the worker is out of luck")
		select {}
	}
	return d.Provider.Create(ctx, r)
}

// poolWorld is a pool with its own state and working directory.
type poolWorld struct {
	*world
	pool *automation.Pool
	log  *logged // stderr of the workers
}

// logged is a text that several goroutines write.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func newPoolWorld(t testing.TB, edit func(*automation.PoolConfig)) *poolWorld {
	t.Helper()
	w := &poolWorld{
		world: &world{TB: t, dir: t.TempDir(), home: t.TempDir(), fails: &failures{last: map[string]error{}}},
		log:   &logged{},
	}
	cfg := automation.PoolConfig{
		Argv: []string{os.Args[0]}, Environ: []string{workerHome + "=" + w.home, "HOME=" + w.home, "USER=ana"},
		Stderr: w.log, Size: 1, Spare: -1,
	}
	if edit != nil {
		edit(&cfg)
	}
	w.pool = automation.NewPool(cfg)
	t.Cleanup(func() { w.must(w.pool.Close()) })
	w.pool = w.pool.With(automation.OnError(w.fails.note))
	return w
}

// stack upserts a stack of project "shop" on the pool.
func (w *poolWorld) stack(name string, run pulumi.RunFunc, opts ...automation.Option) auto.Stack {
	w.Helper()
	return w.world.stack(name, run, auto.Pulumi(w.pool.With(opts...)))
}

// gates makes the named pipes for a worker. reached waits until a create is at
// the gate, open opens it.
func gates(t testing.TB) (dir string, reached, open func() *os.File) {
	t.Helper()
	dir = t.TempDir()
	pipe := func(name string, flag int) func() *os.File {
		path := filepath.Join(dir, name)
		if err := syscall.Mkfifo(path, 0o600); err != nil {
			t.Fatal(err)
		}
		return func() *os.File {
			f, err := os.OpenFile(path, flag, 0)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() })
			return f
		}
	}
	return dir, pipe("reached", os.O_RDONLY), pipe("open", os.O_WRONLY)
}
