package automation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// ServeWorker makes this process a worker of a Pool: it runs the calls that
// arrive on standard input with c until the input ends. Standard output belongs
// to the pool from then on; what the program prints there goes to standard
// error.
//
// When the input ends in the middle of a call, because the pool's process died,
// or when the process gets SIGTERM, the operation is stopped gracefully, saved
// and ServeWorker returns. One that cannot finish in a minute is stopped at once.
func ServeWorker(c *Command) error {
	in, out := os.Stdin, os.Stdout
	os.Stdout = os.Stderr
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	defer signal.Stop(stop)
	// A pool that is gone is noticed by the end of the input, not by a signal.
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	defer signal.Stop(pipe)
	return serveWorker(c, in, out, stop)
}

// orphanTime is how long an operation may take to finish what it has begun when
// the pool is gone, before it is stopped at once.
const orphanTime = time.Minute

// server is a worker's side of the pipe.
type server struct {
	cmd *Command
	out *frameWriter

	frames chan toWorker
	failed chan error // why reading has ended
	stop   <-chan os.Signal
}

// serveWorker serves calls one after the other.
func serveWorker(c *Command, in io.Reader, out io.Writer, stop <-chan os.Signal) error {
	s := &server{cmd: c, out: &frameWriter{w: out}, frames: make(chan toWorker), failed: make(chan error, 1), stop: stop}
	quit := make(chan struct{})
	defer close(quit)
	go s.read(in, quit)
	if err := s.out.write(fromWorker{Hello: &helloFrame{Protocol: workerProtocol, Engine: sdk.Version.String()}}); err != nil {
		return err
	}
	for {
		select {
		case f := <-s.frames:
			if f.Run == nil { // it came too late for its call
				continue
			}
			if last, err := s.call(f); last {
				return nil
			} else if err != nil {
				return gitops.Errorf(gitops.Failed, "answer the pool: %w", err)
			}
		case err := <-s.failed:
			if errors.Is(err, io.EOF) {
				return nil
			}
			return gitops.Errorf(gitops.Bug, "read from the pool: %w", err)
		case <-stop:
			return nil
		}
	}
}

func (s *server) read(in io.Reader, quit <-chan struct{}) {
	for {
		var f toWorker
		if err := readFrame(in, &f); err != nil {
			s.failed <- err
			return
		}
		select {
		case s.frames <- f:
		case <-quit:
			return
		}
	}
}

// serving is one call in a worker.
type serving struct {
	*server
	number  int64
	ran     *runFrame
	ctx     context.Context
	cancel  context.CancelFunc
	abandon func() // stops at once
	stdin   chan *dataFrame
	rest    []byte // of stdin
	over    chan *endFrame

	mu     sync.Mutex
	unsent *unsendableError // the first frame that could not be sent
}

// call runs one call. last tells that no other one will follow.
func (s *server) call(f toWorker) (last bool, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	terminate := make(chan struct{})
	c := &serving{server: s, number: f.Call, ran: f.Run, ctx: ctx, cancel: cancel, stdin: make(chan *dataFrame, 1), over: make(chan *endFrame, 1)}
	c.abandon = sync.OnceFunc(func() { close(terminate) })
	if err := s.out.write(fromWorker{Call: f.Call, Began: true}); err != nil {
		return true, err
	}
	go func() { c.over <- c.run(f.Run, terminate) }()
	return c.watch()
}

// watch hears what the pool says during a call.
func (c *serving) watch() (last bool, err error) {
	late := time.NewTimer(orphanTime)
	defer late.Stop()
	late.Stop()
	leave := func() { // nobody waits for the call any more
		if last {
			return
		}
		last = true
		c.cancel()
		late.Reset(orphanTime)
	}
	for {
		select {
		case f := <-c.frames:
			c.hear(f)
		case <-c.failed:
			leave()
		case <-c.stop: // also several times: each thread of a pool's process that dies may send one
			leave()
		case <-late.C:
			c.abandon()
		case end := <-c.over: // from now on frames belong to the next call
			return last, c.end(end)
		}
	}
}

// end sends the last frame of the call. When that or an earlier one could not be
// sent, a short one says so: the pool waits for it, and the next call shall not
// suffer.
func (c *serving) end(end *endFrame) error {
	if c.lost() == nil {
		err := c.out.write(fromWorker{Call: c.number, End: end})
		if !c.lose(err) {
			return err
		}
	}
	short := &endFrame{Code: 1, Err: encodeError(unsendable(c.ran.Args, c.lost())), Memory: c.ran.Memory, Resident: end.Resident}
	return c.out.write(fromWorker{Call: c.number, End: short})
}

// lose notes the first frame that could not be sent, and tells whether err is
// about one.
func (c *serving) lose(err error) bool {
	var unsent *unsendableError
	if !errors.As(err, &unsent) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.unsent == nil {
		c.unsent = unsent
	}
	return true
}

func (c *serving) lost() *unsendableError {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unsent
}

func (c *serving) hear(f toWorker) {
	switch {
	case f.Call != c.number:
	case f.Cancel:
		c.cancel()
	case f.Terminate:
		c.abandon()
	case f.Stdin != nil:
		c.stdin <- f.Stdin // one answer for each request
	}
}

// run runs the call with the options of the pool on top of the worker's own.
func (c *serving) run(r *runFrame, terminate <-chan struct{}) *endFrame {
	c.cmd.core.recall(r.Memory)
	cmd := c.cmd.With(c.options(r, terminate)...)
	var stdin io.Reader
	if r.HasStdin {
		stdin = c
	}
	_, _, code, err := cmd.Run(c.ctx, r.Dir, stdin, []io.Writer{pieces{c, false}}, []io.Writer{pieces{c, true}}, r.Env, r.Args...)
	return &endFrame{
		Code: code, Err: encodeError(err), Memory: c.cmd.core.memory(), Overlay: r.Overlay.Changes(), Resident: resident(),
	}
}

func (c *serving) options(r *runFrame, terminate <-chan struct{}) []Option {
	opts := []Option{
		Terminate(terminate), WithOverlay(r.Overlay),
		OnError(func(stack string, err error) { c.send(fromWorker{Fail: &failFrame{stack, encodeError(err)}}) }),
		OnResult(func(stack string, res Result) { c.send(fromWorker{Done: &doneFrame{stack, res}}) }),
	}
	if r.Observe {
		opts = append(opts, Observe(func(stack string, e Event) { c.send(fromWorker{Event: &eventFrame{stack, e}}) }))
	}
	if r.Wait {
		opts = append(opts, Wait(func(stack string, w Waiting) { c.send(fromWorker{Line: &lineFrame{stack, w}}) }))
	}
	if r.Expect != nil {
		opts = append(opts, Expect(*r.Expect))
	}
	if r.Environ != nil {
		opts = append(opts, Environ(*r.Environ...))
	}
	if r.State != "" {
		opts = append(opts, State(r.State))
	}
	if r.Program != "" {
		opts = append(opts, Program(r.Program))
	}
	if r.Holder != "" {
		opts = append(opts, Holder(r.Holder))
	}
	if r.Metadata != nil {
		opts = append(opts, Metadata(r.Metadata))
	}
	return opts
}

// send sends a frame of the call. When the pool is gone, nobody hears it; when
// the frame cannot be sent, the call fails once what it has begun is saved.
func (c *serving) send(f fromWorker) {
	f.Call = c.number
	if err := c.out.write(f); err != nil {
		c.lose(err)
		c.cancel()
	}
}

// Read implements io.Reader: it asks the pool for a piece of stdin.
func (c *serving) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		if c.ctx.Err() != nil { // before it asks: there is one answer for each request
			return 0, c.ctx.Err()
		}
		c.send(fromWorker{Read: max(len(p), 1)})
		select {
		case d := <-c.stdin:
			c.rest = d.Data
			switch {
			case d.Err != "":
				return 0, errors.New(d.Err)
			case d.End && len(d.Data) == 0:
				return 0, io.EOF
			}
		case <-c.ctx.Done():
			return 0, c.ctx.Err()
		}
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

// pieces sends what a call prints.
type pieces struct {
	c   *serving
	err bool
}

func (w pieces) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		k := min(len(p), maxPiece)
		w.c.send(fromWorker{Out: &textFrame{Err: w.err, Data: p[:k]}})
		p = p[k:]
	}
	return n, nil
}

// resident is the memory that this process holds, in bytes; 0 when the system
// does not tell.
func resident() int64 {
	b, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(b)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
