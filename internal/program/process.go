package program

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// StartOptions chooses how a program runs. The zero value is right for tests
// only: a program wants the directory of its estate.
type StartOptions struct {
	// Dir is the working directory; "" means an empty one.
	Dir string
	// Env are further variables, "NAME=value". Without them a program sees an
	// empty private HOME and TMPDIR, and LANG and TZ of the process, only.
	Env []string
	// Stderr receives what the program prints, line by line, up to 1 MiB.
	Stderr io.Writer
	// StartTimeout is how long it may take to say where it listens; 0 means 30
	// seconds.
	StartTimeout time.Duration
	// Grace is how long it may take to end; 0 means 3 seconds.
	Grace time.Duration
	// Confine keeps the program to something, where the system can; nil lets it do
	// what its user can.
	Confine *Confinement
}

// Process is a running estate program. It serves Pulumi's LanguageRuntime for
// all of its stacks.
type Process struct {
	bin     Binary
	address string
	stdin   io.Closer
	grace   time.Duration
	run     *run
	close   func() error
}

// Start runs the program and waits until it says where it listens. The end of
// ctx gives up the wait; a started program runs until Close. A program that is
// silent for too long is an error of kind Timeout.
func Start(ctx context.Context, bin Binary, opts StartOptions) (*Process, error) {
	timeout, grace := opts.StartTimeout, opts.Grace
	if timeout <= 0 {
		timeout = 30 * time.Second
	}
	if grace <= 0 {
		grace = 3 * time.Second
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "cannot start the estate program: %w", err)
	}
	out := &tail{to: opts.Stderr}
	hello := newHandshake(out)
	r, err := launch(bin, []string{"serve"}, opts, read, hello, out)
	_ = read.Close() // the program has its own
	if err != nil {
		_ = write.Close()
		return nil, err
	}
	p := &Process{bin: bin, stdin: write, grace: grace, run: r}
	p.close = sync.OnceValue(p.stop)
	patience := time.NewTimer(timeout)
	defer patience.Stop()
	select {
	case <-hello.done:
		if p.address, err = hello.result(); err == nil {
			return p, nil
		}
		err = gitops.Errorf(gitops.Failed, "the estate program did not start: %w", err)
	case <-r.done:
		err = r.death().early("the estate program did not start")
	case <-patience.C:
		err = &gitops.Error{
			Kind: gitops.Timeout, What: "the estate program did not start within " + timeout.String(),
			Next: "look for work that is done before estate.Main is called: package variables, init functions",
		}
	case <-ctx.Done():
		err = gitops.Errorf(gitops.Cancelled, "the start of the estate program was cancelled: %w", ctx.Err())
	}
	r.kill()
	return nil, errors.Join(err, p.Close())
}

// Address is where the program listens: "127.0.0.1:port".
func (p *Process) Address() string { return p.address }

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.run.done }

// Err says how the program died: an error of kind Failed, placed at the source
// line of a panic, whose cause is a *Death. It is nil while the program runs
// and after it was closed.
func (p *Process) Err() error {
	select {
	case <-p.run.done:
	default:
		return nil
	}
	if p.run.wasStopped() {
		return nil
	}
	return p.run.death().failure("the estate program died")
}

// Explain returns why the program died when that explains err, an error of a
// call to the program, and err itself otherwise. It waits a moment for a death
// that the call has noticed first.
func (p *Process) Explain(err error) error {
	if err == nil || !lostConnection(err.Error()) {
		return err
	}
	moment := time.NewTimer(time.Second)
	defer moment.Stop()
	select {
	case <-p.run.done:
	case <-moment.C:
	}
	if died := p.Err(); died != nil {
		return died
	}
	return err
}

// lostConnection tells whether a call failed because nobody answered.
func lostConnection(text string) bool {
	for _, s := range []string{"EOF", "Unavailable", "connection refused", "connection reset", "broken pipe", "transport is closing"} {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// Close ends the program, at first by the end of its standard input, then by
// force. Further calls do nothing.
func (p *Process) Close() error { return p.close() }

func (p *Process) stop() error {
	p.run.stopping()
	_ = p.stdin.Close()
	patience := time.NewTimer(p.grace)
	defer patience.Stop()
	select {
	case <-p.run.done:
	case <-patience.C:
		p.run.kill()
		<-p.run.done
	}
	return p.run.clean()
}

// run is one process of a program, from its start to its end.
type run struct {
	cmd  *exec.Cmd
	bin  Binary
	home string
	out  *tail
	done chan struct{} // closed when the process has ended

	mu      sync.Mutex
	stopped bool
}

// launch starts the program with an environment of its own. It ends with this
// process, whatever happens to it.
func launch(bin Binary, args []string, opts StartOptions, stdin io.Reader, stdout io.Writer, out *tail) (*run, error) {
	home, err := os.MkdirTemp("", "trunkline-home-")
	if err != nil {
		return nil, gitops.Errorf(gitops.Failed, "cannot make a directory for the estate program: %w", err)
	}
	r := &run{bin: bin, home: home, out: out, done: make(chan struct{})}
	r.cmd = exec.Command(bin.Path, args...)
	r.cmd.Dir = firstOf(opts.Dir, home)
	r.cmd.Env = environment(home, opts.Env)
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = stdin, stdout, out
	r.cmd.WaitDelay = time.Second
	ownGroup(r.cmd)
	boundToParent(r.cmd)
	started := make(chan error, 1)
	go func() {
		// Linux ends the program with the thread that started it, so this
		// goroutine keeps the thread to itself until then.
		runtime.LockOSThread()
		var err error
		if opts.Confine == nil {
			defer runtime.UnlockOSThread()
		} else { // the thread loses its rights first, and ends with this goroutine
			err = confine(*opts.Confine, bin.Path, home)
		}
		if err == nil {
			err = r.cmd.Start()
		}
		started <- err
		if err != nil {
			return
		}
		_ = r.cmd.Wait() // the state of the process says how it ended
		_ = killGroup(r.cmd.Process)
		out.close()
		close(r.done)
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(gitops.Errorf(gitops.Failed, "cannot start the estate program: %w", err), r.clean())
	}
	return r, nil
}

// environment is all that a program sees of its surroundings.
func environment(home string, more []string) []string {
	env := []string{"HOME=" + home, "TMPDIR=" + home}
	for _, name := range []string{"LANG", "TZ", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return append(env, more...)
}

func (r *run) kill() { _ = killGroup(r.cmd.Process) } // it may have ended by itself

func (r *run) death() *Death { return death(r.cmd.ProcessState, r.out, r.bin) }

func (r *run) stopping() {
	r.mu.Lock()
	defer r.mu.Unlock()
	select {
	case <-r.done: // it died before
	default:
		r.stopped = true
	}
}

func (r *run) wasStopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.stopped
}

func (r *run) clean() error { return os.RemoveAll(r.home) }
