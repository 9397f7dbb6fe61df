package views

import (
	"slices"
	"sync"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

const (
	redraw    = 100 * time.Millisecond // at most ten frames a second
	heartbeat = 30 * time.Second       // how long a log may stay silent
)

// LiveOptions sets the clock of a Live; the zero value is the real one.
type LiveOptions struct {
	Now func() time.Time
	// Every returns a channel that ticks, and a function that ends it.
	Every func(time.Duration) (<-chan time.Time, func())
	// Beside is another Screen, on which data may be printed meanwhile. When both
	// are terminals, what is live stays above the data, as it then stands.
	Beside *Screen
}

// Live shows operations while they run. On a terminal it keeps a few lines at
// the bottom up to date; elsewhere it appends lines, and one every 30 seconds
// when nothing else happens. It is safe for concurrent use.
type Live struct {
	screen *Screen
	beside *Screen // nil when it needs no care
	now    func() time.Time

	mu     sync.Mutex
	phases []phase
	runs   []*liveRun
	frame  frame
	frames int
	// spoke is when a line was last appended.
	spoke   time.Time
	stopped bool

	quit chan struct{}
	done chan struct{}
}

// phase is a step before any stack runs. Took is 0 while it runs.
type phase struct {
	name  string
	begun time.Time
	took  time.Duration
}

// liveRun is what is known of one run.
type liveRun struct {
	gitops.RunProgress
	begun  time.Time
	active []liveResource
	// finished and failed count resource operations.
	finished, failed int
}

type liveResource struct {
	gitops.ResourceProgress
	begun time.Time
}

// NewLive starts to show. Stop must be called, best deferred: it also gives
// the cursor back.
func NewLive(s *Screen, o LiveOptions) *Live {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Every == nil {
		o.Every = func(d time.Duration) (<-chan time.Time, func()) {
			t := time.NewTicker(d)
			return t.C, t.Stop
		}
	}
	l := &Live{screen: s, now: o.Now, spoke: o.Now(), quit: make(chan struct{}), done: make(chan struct{})}
	period := heartbeat / 6
	if s.IsTerminal() {
		period = redraw
	}
	if o.Beside != nil && o.Beside != s && s.IsTerminal() && o.Beside.IsTerminal() {
		l.beside = o.Beside
		l.beside.hook(l.standBack)
	}
	ticks, end := o.Every(period)
	go func() {
		defer close(l.done)
		defer end()
		for {
			select {
			case <-ticks:
				l.tick()
			case <-l.quit:
				return
			}
		}
	}()
	return l
}

// tick draws the next frame, or says that something still runs.
func (l *Live) tick() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return
	}
	if l.screen.IsTerminal() {
		l.frames++
		l.draw()
		return
	}
	now := l.now()
	if now.Sub(l.spoke) < heartbeat {
		return
	}
	if line := l.still(now); line != nil {
		l.say(line)
	}
}

// Report takes one thing that happened.
func (l *Live) Report(p gitops.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return
	}
	now := l.now()
	var line review.Line
	switch {
	case p.Run != nil:
		line = l.run(*p.Run, now)
	case p.Resource != nil:
		line = l.resource(*p.Resource, now)
	case p.Note != "":
		l.note(p.Note)
	case p.Phase != "":
		line = l.phase(p, now)
	}
	if !l.screen.IsTerminal() && line != nil {
		l.say(line)
	}
}

// say appends a line to a log.
func (l *Live) say(line review.Line) {
	l.spoke = l.now()
	_ = l.screen.Print(line)
}

// note puts a line above what is live.
func (l *Live) note(text string) {
	l.erase()
	l.say(review.Line{{Text: "note: ", Style: review.Warning}, {Text: review.Clean(text)}})
}

func (l *Live) phase(p gitops.Progress, now time.Time) review.Line {
	at := slices.IndexFunc(l.phases, func(ph phase) bool { return ph.name == p.Phase && ph.took == 0 })
	if at < 0 {
		l.phases = append(l.phases, phase{name: p.Phase, begun: now, took: p.Took})
	} else {
		l.phases[at].took = p.Took
	}
	if p.Took == 0 {
		return nil
	}
	return review.Line{{Text: review.Clean(p.Phase)}, {Text: "  " + review.Duration(p.Took), Style: review.Faint}}
}

// find returns the run of a stack, made when it is new.
func (l *Live) find(id gitops.StackID, now time.Time) *liveRun {
	for _, r := range l.runs {
		if r.Stack == id {
			return r
		}
	}
	r := &liveRun{RunProgress: gitops.RunProgress{Stack: id, State: gitops.RunQueued}, begun: now}
	l.runs = append(l.runs, r)
	return r
}

func (l *Live) run(p gitops.RunProgress, now time.Time) review.Line {
	r := l.find(p.Stack, now)
	if r.State != gitops.RunRunning && p.State == gitops.RunRunning || r.Operation != p.Operation || dry(r.RunProgress) != dry(p) {
		r.begun, r.active, r.finished, r.failed = now, nil, 0, 0
	}
	if p.Took == 0 && p.State != gitops.RunRunning {
		p.Took = now.Sub(r.begun)
	}
	r.RunProgress = p
	if p.State != gitops.RunRunning {
		r.active = nil
	}
	if p.State == gitops.RunQueued {
		return nil
	}
	return append(review.Line{{Text: p.Stack.String() + "  ", Style: review.Strong}}, r.status()...)
}

func (l *Live) resource(p gitops.ResourceProgress, now time.Time) review.Line {
	r := l.find(p.Stack, now)
	doing, done := opWords(p.Op)
	is := func(a liveResource) bool { return a.URN == p.URN }
	line := review.Line{{Text: p.Stack.String() + "  ", Style: review.Strong}}
	what := " " + review.Clean(p.Type) + " " + review.Clean(p.Name)
	switch p.State {
	case gitops.RunRunning:
		if !slices.ContainsFunc(r.active, is) {
			r.active = append(r.active, liveResource{p, now})
		}
		line = append(line, review.Span{Text: doing + what})
	case gitops.RunFailed:
		r.failed++
		r.active = slices.DeleteFunc(r.active, is)
		line = append(line, review.Span{Text: doing + what}, review.Span{Text: "  failed", Style: review.Failure})
	default:
		r.finished++
		r.active = slices.DeleteFunc(r.active, is)
		line = append(line, review.Span{Text: done + what}, review.Span{Text: "  " + review.Duration(p.Took), Style: review.Faint})
	}
	if dry(r.RunProgress) {
		return nil // a preview lists its resources at the end
	}
	return line
}

// Print writes lines above what is live.
func (l *Live) Print(lines ...review.Line) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	err := l.screen.Print(lines...)
	if !l.stopped {
		l.draw()
	}
	return err
}

// standBack settles the frame, keeps it from being drawn until the returned
// function is called, and starts afresh then.
func (l *Live) standBack() (goOn func()) {
	l.mu.Lock()
	l.settle()
	return l.mu.Unlock
}

// settle leaves the frame where it is and forgets it. What was too short to be
// seen and ran nothing leaves no trace.
func (l *Live) settle() {
	if len(l.runs) > 0 || len(l.frame.widths) > 0 {
		l.draw()
	}
	l.showCursor()
	l.frame.widths, l.phases, l.runs = nil, nil, nil
}

// Clear removes what is live from a terminal and forgets it, so that the next
// operation starts afresh.
func (l *Live) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.erase()
	l.showCursor()
	l.phases, l.runs = nil, nil
}

// Stop leaves the last frame on the terminal and gives the cursor back. A
// second Stop does nothing.
func (l *Live) Stop() {
	l.mu.Lock()
	already := l.stopped
	if !already {
		l.stopped = true
		l.settle()
	}
	l.mu.Unlock()
	if !already {
		if l.beside != nil {
			l.beside.hook(nil)
		}
		close(l.quit)
	}
	<-l.done
}
