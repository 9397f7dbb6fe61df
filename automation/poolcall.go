package automation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// call is one Run of a pool.
type call struct {
	pool     *Pool
	ctx      context.Context
	dir      string
	stack    string // bare name, "" when the call names none
	stdin    io.Reader
	out, err *tee
	run      runFrame
}

// isOperation tells whether the call is one that Stack.Cancel is for.
func (c *call) isOperation() bool {
	return len(c.run.Args) > 0 && slices.Contains([]string{"preview", "up", "refresh", "destroy"}, c.run.Args[0])
}

// errNotBegun: the worker died before it had begun with the call.
var errNotBegun = errors.New("the worker was gone")

// serve runs the call in the worker until its last frame. A worker that fails is
// dead when serve returns, and there is no last frame; one that could not be sent
// the call is as good as before, and both results are set.
func (k *worker) serve(c *call) (*endFrame, error) {
	number := k.number.Add(1)
	over := make(chan struct{})
	watched := make(chan struct{})
	var killed bool
	begun := false
	var end *endFrame
	err := k.in.write(toWorker{Call: number, Run: &c.run})
	var unsent *unsendableError
	if errors.As(err, &unsent) {
		return &endFrame{Resident: k.resident}, unsendable(c.run.Args, unsent)
	}
	go func() {
		defer close(watched)
		killed = k.watch(c, number, over)
	}()
	for err == nil && end == nil {
		var f fromWorker
		if err = readFrame(k.out, &f); err != nil || f.Call != number {
			continue
		}
		begun = begun || f.Began
		end = k.handle(c, &f)
	}
	close(over)
	<-watched
	if end != nil {
		return end, nil
	}
	c.pool.retire(k)
	<-k.dead
	switch {
	case killed:
		return nil, &gitops.Error{Kind: gitops.Cancelled, Next: nextAfterDeath,
			What: fmt.Sprintf("the worker had not ended %s after it was told to stop at once, and was killed", killTime)}
	case !begun:
		return nil, fmt.Errorf("%w: %s\n%s", errNotBegun, k.fate(), k.tail)
	}
	return nil, k.died(c, err)
}

// unsendable is the error of a call that is too large for the pipe.
func unsendable(args []string, err error) error {
	name := "pulumi"
	if len(args) > 0 {
		name += " " + args[0]
	}
	return &gitops.Error{Kind: gitops.Failed, What: "the worker could not exchange all of `" + name + "` with its pool", Err: err,
		Next: "run this call with automation.New, in this process"}
}

const nextAfterDeath = "What was recorded until then is in the state: run it again. A create whose end is not known is " +
	"listed by `trunkline stack recover`."

// died is the error of a call whose worker ended in the middle of it.
func (k *worker) died(c *call, err error) error {
	name := "pulumi"
	if len(c.run.Args) > 0 {
		name += " " + c.run.Args[0]
	}
	e := &gitops.Error{Kind: gitops.Bug, Next: nextAfterDeath,
		What: fmt.Sprintf("the worker that ran `%s` died: %s", name, k.fate())}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		e.Err = err
	}
	if text := k.tail.String(); text != "" {
		e.Err = errors.Join(e.Err, errors.New(text))
	}
	return e
}

// watch passes the ends of the call's contexts on, and ends a worker that does
// not stop when it must.
func (k *worker) watch(c *call, number int64, over <-chan struct{}) (killed bool) {
	cancelled, terminated := c.ctx.Done(), c.pool.terminate
	var late <-chan time.Time
	for {
		select {
		case <-cancelled:
			_ = k.in.write(toWorker{Call: number, Cancel: true}) // one that died is noticed by serve
			cancelled = nil
		case <-terminated:
			_ = k.in.write(toWorker{Call: number, Terminate: true}) // as above
			terminated = nil
			timer := time.NewTimer(killTime)
			defer timer.Stop()
			late = timer.C
		case <-late:
			killGroup(k.cmd.Process)
			killed, late = true, nil
		case <-over:
			return killed
		}
	}
}

// handle does what a frame of the call says, and returns the last one.
func (k *worker) handle(c *call, f *fromWorker) *endFrame {
	switch {
	case f.Out != nil && f.Out.Err:
		_, _ = c.err.Write(f.Out.Data) // a tee does not fail
	case f.Out != nil:
		_, _ = c.out.Write(f.Out.Data) // as above
	case f.Read > 0 && c.stdin != nil:
		go k.feed(c, f.Call, min(f.Read, maxPiece))
	case f.Event != nil:
		for _, o := range c.pool.observers {
			o(f.Event.Stack, f.Event.Event)
		}
	case f.Line != nil && c.pool.wait != nil:
		c.pool.wait(f.Line.Stack, f.Line.Waiting)
	case f.Done != nil:
		for _, o := range c.pool.onResult {
			o(f.Done.Stack, f.Done.Result)
		}
	case f.Fail != nil:
		for _, o := range c.pool.onError {
			o(f.Fail.Stack, f.Fail.Err.decode())
		}
	}
	return f.End
}

// feed answers one request for stdin. A reader that blocks holds up this
// goroutine only.
func (k *worker) feed(c *call, number int64, n int) {
	buf := make([]byte, n)
	n, err := c.stdin.Read(buf)
	d := &dataFrame{Data: buf[:n], End: errors.Is(err, io.EOF)}
	if err != nil && !d.End {
		d.Err = err.Error()
	}
	_ = k.in.write(toWorker{Call: number, Stdin: d}) // one that died is noticed by serve
}
