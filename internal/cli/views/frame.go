package views

import (
	"fmt"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// frame is what stands at the bottom of the terminal.
type frame struct {
	// widths are the columns that each of its lines takes.
	widths []int
	hidden bool // the cursor is
}

// rows returns how many rows the frame takes on a terminal of that width,
// which may have become narrower since it was drawn.
func (f frame) rows(columns int) int {
	n := 0
	for _, w := range f.widths {
		n += max(1, (w+columns-1)/columns)
	}
	return n
}

// draw replaces the frame. Elsewhere than on a terminal there is none.
func (l *Live) draw() {
	if !l.screen.IsTerminal() {
		return
	}
	columns, rows := l.screen.size()
	lines := l.lines(columns, rows-1)
	if len(lines)+len(l.frame.widths) == 0 {
		return
	}
	var b strings.Builder
	b.WriteString("\x1b[?2026h") // show the whole frame at once, where known
	if !l.frame.hidden {
		b.WriteString("\x1b[?25l")
	}
	l.up(&b, columns)
	widths := make([]int, len(lines))
	for i, line := range lines {
		line = line.Fit(columns-1, l.screen.ascii)
		widths[i] = line.Width()
		l.screen.paint(&b, line)
		b.WriteString("\x1b[K\n")
	}
	b.WriteString("\x1b[J\x1b[?2026l")
	l.frame = frame{widths, true}
	_ = l.screen.write(b.String())
}

// up moves the cursor to the start of the frame.
func (l *Live) up(b *strings.Builder, columns int) {
	b.WriteByte('\r')
	if n := l.frame.rows(columns); n > 0 {
		fmt.Fprintf(b, "\x1b[%dA", n)
	}
}

// erase removes the frame.
func (l *Live) erase() {
	if !l.screen.IsTerminal() || len(l.frame.widths) == 0 {
		return
	}
	var b strings.Builder
	l.up(&b, max(l.screen.Width(), 1))
	b.WriteString("\x1b[J")
	l.frame.widths = nil
	_ = l.screen.write(b.String())
}

func (l *Live) showCursor() {
	if l.frame.hidden {
		l.frame.hidden = false
		_ = l.screen.write("\x1b[?25h")
	}
}

// lines is the frame as it should be now, in at most that many rows: what runs
// comes before what is done when there is no room for both.
func (l *Live) lines(columns, rows int) []review.Line {
	now := l.now()
	all := l.phaseLines(now)
	for _, r := range l.runs {
		all = append(all, l.runLines(r, now)...)
	}
	if len(all) <= rows {
		return all
	}
	var short []review.Line
	hidden := 0
	for _, r := range l.runs {
		if r.State == gitops.RunRunning || r.State == gitops.RunFailed {
			short = append(short, l.runLines(r, now)...)
		} else {
			hidden++
		}
	}
	note := review.Line{{Text: fmt.Sprintf("  %d more stacks waiting or done", hidden), Style: review.Faint}}
	rows = max(rows-1, 1)
	if len(short) > rows {
		short = short[:rows]
	}
	return append(short, note)
}

func (l *Live) phaseLines(now time.Time) []review.Line {
	var out []review.Line
	for _, p := range l.phases {
		mark, took := l.mark(gitops.RunSucceeded), p.took
		if took == 0 {
			mark, took = l.mark(gitops.RunRunning), now.Sub(p.begun)
		}
		out = append(out, review.Line{mark, {Text: review.Clean(p.name)}, {Text: "  " + review.Duration(took), Style: review.Faint}})
	}
	return out
}

// runLines are a run and, below it, the resources that are being worked on.
func (l *Live) runLines(r *liveRun, now time.Time) []review.Line {
	line := append(review.Line{l.mark(r.State), {Text: r.Stack.String() + "  ", Style: review.Strong}}, r.status()...)
	if r.State == gitops.RunRunning {
		line = append(line, review.Span{Text: "  " + review.Duration(now.Sub(r.begun)), Style: review.Faint})
	}
	out := []review.Line{line}
	if dry(r.RunProgress) {
		return out
	}
	for _, a := range r.active {
		doing, _ := opWords(a.Op)
		text := "    " + doing + " " + review.Clean(a.Type) + " " + review.Clean(a.Name)
		out = append(out, review.Line{{Text: text}, {Text: "  " + review.Duration(now.Sub(a.begun)), Style: review.Faint}})
	}
	return out
}

// status says in words where a run is.
func (r *liveRun) status() review.Line {
	switch r.State {
	case gitops.RunQueued:
		return review.Line{{Text: "waiting", Style: review.Faint}}
	case gitops.RunRunning:
		if r.Detail != "" {
			return review.Line{{Text: "waiting " + review.Clean(r.Detail), Style: review.Warning}}
		}
		text := doing(r.RunProgress)
		switch total := r.Summary.Changed(); {
		case dry(r.RunProgress) || r.finished == 0:
		case total >= r.finished:
			text += fmt.Sprintf("  %d of %d", r.finished, total)
		default:
			text += fmt.Sprintf("  %d done", r.finished)
		}
		return review.Line{{Text: text, Style: review.Updated}}
	case gitops.RunSucceeded:
		return review.Line{{Text: outcome(r.RunProgress)}, {Text: "  " + review.Duration(r.Took), Style: review.Faint}}
	case gitops.RunFailed:
		return withDetail("failed", review.Failure, r.Detail)
	case gitops.RunCancelled:
		return withDetail("cancelled", review.Warning, r.Detail)
	}
	return withDetail("skipped", review.Warning, r.Detail)
}

// outcome says what a run that succeeded did or found.
func outcome(r gitops.RunProgress) string {
	if n := r.Summary.Changed(); r.Operation == gitops.Refresh && dry(r) {
		return fmt.Sprintf("%d differ from the state", n)
	}
	if r.Operation == gitops.Import {
		return review.ImportCounts(r.Summary, dry(r)).String()
	}
	return review.Counts(r.Summary, dry(r))
}

func withDetail(word string, style review.Style, detail string) review.Line {
	line := review.Line{{Text: word, Style: style}}
	if detail != "" {
		line = append(line, review.Span{Text: ": " + review.Clean(detail)})
	}
	return line
}

// mark is the sign in front of a line.
func (l *Live) mark(state gitops.RunState) review.Span {
	signs, spin := map[gitops.RunState]string{
		gitops.RunSucceeded: "✓", gitops.RunFailed: "✗", gitops.RunCancelled: "■", gitops.RunSkipped: "⊘",
	}, []rune("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏")
	if l.screen.ascii {
		signs, spin = map[gitops.RunState]string{
			gitops.RunSucceeded: "+", gitops.RunFailed: "!", gitops.RunCancelled: "x", gitops.RunSkipped: "o",
		}, []rune(`|/-\`)
	}
	styles := map[gitops.RunState]review.Style{
		gitops.RunSucceeded: review.Success, gitops.RunFailed: review.Failure,
		gitops.RunCancelled: review.Warning, gitops.RunSkipped: review.Warning, gitops.RunRunning: review.Updated,
	}
	sign := signs[state]
	switch state {
	case gitops.RunRunning:
		sign = string(spin[l.frames%len(spin)])
	case gitops.RunQueued:
		sign = " "
	}
	return review.Span{Text: sign + " ", Style: styles[state]}
}

// still is the line that a silent log gets: what runs, and since when. nil
// when nothing does.
func (l *Live) still(now time.Time) review.Line {
	var parts []string
	for _, p := range l.phases {
		if p.took == 0 {
			parts = append(parts, review.Clean(p.name)+" ("+review.Duration(now.Sub(p.begun))+")")
		}
	}
	for _, r := range l.runs {
		if r.State != gitops.RunRunning {
			continue
		}
		text := r.Stack.String() + " " + doing(r.RunProgress)
		if r.Detail != "" {
			text = r.Stack.String() + " waiting " + review.Clean(r.Detail)
		}
		if len(r.active) > 0 && !dry(r.RunProgress) {
			doing, _ := opWords(r.active[0].Op)
			text = r.Stack.String() + " " + doing + " " + review.Clean(r.active[0].Type) + " " + review.Clean(r.active[0].Name)
		}
		parts = append(parts, text+" ("+review.Duration(now.Sub(r.begun))+")")
	}
	if len(parts) == 0 {
		return nil
	}
	return review.Line{{Text: "still running: " + strings.Join(parts, ", "), Style: review.Faint}}
}
