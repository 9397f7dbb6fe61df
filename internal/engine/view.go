package engine

import (
	"io"
	"sync"
	"time"

	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stamped is an engine event with the time at which it arrived.
type stamped struct {
	engine.Event
	at  time.Time
	seq int
}

// view hands the engine's events to everybody who wants to see them. Each
// consumer has a queue without bound, so that a slow one delays only itself.
type view struct {
	// in is where the engine sends. The last event is a CancelEvent.
	in chan engine.Event
	// failures is complete when the engine has returned.
	failures failures

	read sync.WaitGroup
	done chan struct{}
}

// startView starts the consumers that the request asks for.
func (op *operation) startView() *view {
	v := &view{in: make(chan engine.Event), done: make(chan struct{})}
	var queues []*queue
	var consumers sync.WaitGroup
	consume := func(f func(stamped)) {
		q := newQueue()
		queues = append(queues, q)
		consumers.Go(func() { q.drain(f) })
	}
	if op.req.Observe != nil {
		c := op.converter()
		consume(func(e stamped) { c.observe(e, op.req.Observe) })
	}
	if op.req.Events != nil {
		consume(func(e stamped) {
			if e.Type == engine.SummaryEvent || !op.req.SummaryOnly {
				sendJSON(e, op.req.Events)
			}
		})
	}
	if op.req.Out != nil {
		consume(op.show())
	}
	record := op.outputRecorder()
	if op.req.MakeImportFile {
		op.lister = &importLister{op: op}
	}
	v.read.Go(func() {
		for seq := 0; ; seq++ {
			e := <-v.in
			v.failures.note(e)
			e = reworded(e)
			record(e)
			if op.lister != nil {
				op.lister.note(e)
			}
			for _, q := range queues {
				q.put(stamped{e, op.eng.opts.Now(), seq})
			}
			if e.Type == engine.CancelEvent {
				break
			}
		}
		for _, q := range queues {
			q.close()
		}
	})
	go func() { consumers.Wait(); close(v.done) }()
	return v
}

// wait returns when every consumer has seen everything, or when the operation
// is to be left at once.
func (v *view) wait(abandoned <-chan struct{}) {
	v.read.Wait()
	select {
	case <-v.done:
	case <-abandoned:
	}
}

// sendJSON converts an event as the Pulumi CLI does for its event log.
func sendJSON(e stamped, send func(apitype.EngineEvent)) {
	a, err := display.ConvertEngineEvent(e.Event, false)
	if err != nil { // an event that has no JSON form; the CLI leaves it out too
		return
	}
	a.Sequence, a.Timestamp = e.seq, int(e.at.Unix())
	if d := a.DiagnosticEvent; d != nil {
		d.Message, d.Prefix = colors.Never.Colorize(d.Message), colors.Never.Colorize(d.Prefix)
		d.Color = string(colors.Never)
	}
	if p := a.PolicyEvent; p != nil {
		p.Message, p.Color = colors.Never.Colorize(p.Message), string(colors.Never)
	}
	if s := a.StdoutEvent; s != nil {
		s.Message, s.Color = colors.Never.Colorize(s.Message), string(colors.Never)
	}
	send(a)
}

// show returns a consumer that feeds Pulumi's own display.
func (op *operation) show() func(stamped) {
	events, done := make(chan engine.Event), make(chan bool)
	kind, label := updateKind(op.req.Operation), op.label()
	out := &safeWriter{w: op.req.Out}
	_, _ = io.WriteString(out, label+" ("+op.req.Ref.Stack+"):\n")
	opts := display.Options{
		Color: op.color(), Stdout: out, Stderr: out, SuppressPermalink: true,
		SuppressOutputs: op.req.SuppressOutputs, SuppressProgress: op.req.SuppressProgress,
	}
	if op.req.Diff {
		opts.Type = display.DisplayDiff
		go display.ShowDiffEvents(label, events, done, opts)
	} else {
		name := tokens.MustParseStackName(op.req.Ref.Stack)
		go display.ShowProgressEvents(label, kind, name, op.req.Project.Name, "", events, done, opts, op.req.DryRun)
	}
	return func(e stamped) {
		if e.Internal() {
			return
		}
		select {
		case events <- e.Event:
		case <-done:
			return
		}
		if e.Type == engine.CancelEvent {
			<-done
		}
	}
}

// color is how the display shows Pulumi's colour marks.
func (op *operation) color() colors.Colorization {
	if op.req.Color == "" {
		return colors.Never
	}
	return colors.Colorization(op.req.Color)
}

func updateKind(o gitops.Operation) apitype.UpdateKind {
	switch o {
	case gitops.Refresh:
		return apitype.RefreshUpdate
	case gitops.Destroy:
		return apitype.DestroyUpdate
	case ResourceImport:
		return apitype.ResourceImportUpdate
	}
	return apitype.UpdateUpdate
}

// label returns the headline of the display, as Pulumi words it.
func (op *operation) label() string {
	switch {
	case op.req.Operation == gitops.Refresh && op.req.DryRun:
		return "Previewing refresh"
	case op.req.Operation == gitops.Refresh:
		return "Refreshing"
	case op.req.Operation == gitops.Destroy && op.req.DryRun:
		return "Previewing destroy"
	case op.req.Operation == gitops.Destroy:
		return "Destroying"
	case op.req.Operation == ResourceImport && op.req.DryRun:
		return "Previewing import"
	case op.req.Operation == ResourceImport:
		return "Importing"
	case op.req.DryRun:
		return "Previewing update"
	}
	return "Updating"
}

// safeWriter goes silent after its first error, so that a reader who left does
// not end the operation.
type safeWriter struct {
	mu     sync.Mutex
	w      io.Writer
	broken bool
}

func (s *safeWriter) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.broken {
		if _, err := s.w.Write(p); err != nil {
			s.broken = true
		}
	}
	return len(p), nil
}
