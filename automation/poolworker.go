package automation

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pulumi/pulumi/sdk/v3"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	// startTime is how long a worker may take to say hello.
	startTime = 30 * time.Second
	// killTime is how long a worker may take to end when it is told to.
	killTime = 10 * time.Second
)

// worker is a child process that runs one call at a time.
type worker struct {
	cmd   *exec.Cmd
	in    *frameWriter
	pipe  io.Closer // of in
	out   io.Reader
	errs  io.Closer // the worker's stderr
	log   sync.WaitGroup
	tail  *tail
	close sync.Once
	dead  chan struct{} // closed when the process is gone and reaped
	ended error         // how, after dead

	started  time.Time
	runs     int
	resident int64
	number   atomic.Int64 // of the call
}

// start starts a process and waits for its hello.
func (w *workers) start() (*worker, error) {
	if len(w.cfg.Argv) == 0 {
		return nil, usage("PoolConfig.Argv is empty: it names the program that calls automation.ServeWorker")
	}
	k := &worker{
		cmd:  exec.Command(w.cfg.Argv[0], w.cfg.Argv[1:]...), //nolint:gosec,noctx // the caller's program, ended by the pool
		tail: &tail{next: w.cfg.Stderr}, dead: make(chan struct{}), started: w.cfg.Now(),
	}
	k.cmd.Env = w.cfg.Environ
	ownGroup(k.cmd)
	if err := w.launch(k); err != nil {
		return nil, startError(err, "")
	}
	late := time.AfterFunc(startTime, func() { killGroup(k.cmd.Process) })
	err := k.hello()
	late.Stop()
	if err != nil {
		w.retire(k)
		<-k.dead
		return nil, startError(err, k.tail.String())
	}
	return k, nil
}

// launch starts the process on the spawner's thread.
func (w *workers) launch(k *worker) error {
	stdin, err := k.cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := k.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	// Not a plain writer: the end of the process must not wait for what it has
	// left behind with its stderr.
	errs, stderr, err := os.Pipe()
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }() // the worker has its own
	k.cmd.Stderr = stderr
	k.in, k.pipe, k.out, k.errs = &frameWriter{w: stdin}, stdin, bufio.NewReader(stdout), errs
	done := make(chan error)
	w.spawn <- func() { done <- k.cmd.Start() }
	if err := <-done; err != nil {
		_ = errs.Close() // nothing was written
		return err
	}
	k.log.Go(func() { _, _ = io.Copy(k.tail, errs) })
	return nil
}

func startError(err error, tail string) error {
	e := &gitops.Error{Kind: gitops.Failed, What: "start a worker", Err: err,
		Next: "PoolConfig.Argv must start a program that calls automation.ServeWorker, of the same build as this one."}
	if tail != "" {
		e.Err = fmt.Errorf("%w\n%s", err, tail)
	}
	return e
}

func (k *worker) hello() error {
	var f fromWorker
	if err := readFrame(k.out, &f); err != nil {
		return fmt.Errorf("it did not say hello: %w", err)
	}
	if f.Hello == nil || f.Hello.Protocol != workerProtocol || f.Hello.Engine != sdk.Version.String() {
		return fmt.Errorf("it speaks %+v, this program speaks protocol %d with engine %s", f.Hello, workerProtocol, sdk.Version)
	}
	return nil
}

// retire ends a worker that runs nothing: it is told to by the end of its input,
// and killed when it stays. It does not wait.
func (w *workers) retire(k *worker) {
	k.close.Do(func() {
		_ = k.pipe.Close() // it may be dead already
		w.gone.Go(k.reap)
	})
}

// reap waits for the process's end, and ends what it started. Its output is read
// to the end first: only then the process may be waited for.
func (k *worker) reap() {
	late := time.AfterFunc(killTime, func() { killGroup(k.cmd.Process) })
	_, _ = io.Copy(io.Discard, k.out)
	k.ended = k.cmd.Wait()
	late.Stop()
	killGroup(k.cmd.Process) // the plugins of a worker that died
	late = time.AfterFunc(killTime, func() { _ = k.errs.Close() })
	k.log.Wait()
	late.Stop()
	_ = k.errs.Close()
	close(k.dead)
}

// fate says how a worker ended that should not have.
func (k *worker) fate() string {
	var exit *exec.ExitError
	if errors.As(k.ended, &exit) {
		return exit.String()
	}
	return "it closed its output"
}

// tail keeps the end of what a worker prints, and passes everything on.
type tail struct {
	next io.Writer
	mu   sync.Mutex
	text []byte
}

const tailBytes = 8 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if extra := len(t.text) - tailBytes; extra > 0 {
		t.text = bytes.Clone(t.text[extra:])
	}
	if t.next != nil {
		_, _ = t.next.Write(p) // a log that is full must not end a worker
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}
