package program

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
)

const (
	longestLine = 4 << 10 // bytes of one line that are kept
	tailLines   = 40      // last lines that are kept
	traceLines  = 400     // lines of a panic that are kept
	maxPassed   = 1 << 20 // bytes that are passed on
)

// tail reads what a program prints: it passes whole lines on, up to a limit,
// and remembers the last ones and the trace of a panic.
type tail struct {
	mu     sync.Mutex
	to     io.Writer // nil: nobody
	passed int
	line   []byte
	long   bool // the rest of this line is dropped
	last   []string
	trace  []string
}

// Write never fails: the program must not notice that nobody reads.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for rest := p; len(rest) > 0; {
		part, more, ended := bytes.Cut(rest, []byte("\n"))
		rest = more
		room := longestLine - len(t.line)
		t.long = t.long || len(part) > room
		t.line = append(t.line, part[:min(room, len(part))]...)
		if ended {
			t.end()
		}
	}
	return len(p), nil
}

// close ends a last line that has no end.
func (t *tail) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.line) > 0 {
		t.end()
	}
}

// end takes the line.
func (t *tail) end() {
	line := strings.ToValidUTF8(strings.TrimSuffix(string(t.line), "\r"), "\uFFFD")
	if t.long {
		line += " … (cut)"
	}
	t.line, t.long = t.line[:0], false
	if startsTrace(line) {
		t.trace = []string{line}
	} else if len(t.trace) > 0 && len(t.trace) < traceLines {
		t.trace = append(t.trace, line)
	}
	t.last = append(t.last, line)
	if len(t.last) > 2*tailLines {
		t.last = slices.Clone(t.last[len(t.last)-tailLines:])
	}
	t.pass(line + "\n")
}

func (t *tail) pass(line string) {
	if t.to == nil || t.passed > maxPassed {
		return
	}
	t.passed += len(line)
	if t.passed > maxPassed {
		line = "(the program prints more than is shown)\n"
	}
	_, _ = io.WriteString(t.to, line) // whoever reads may have gone
}

// lines returns the last lines and the trace of the last panic.
func (t *tail) lines() (last, trace []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.last[max(0, len(t.last)-tailLines):]), slices.Clone(t.trace)
}
