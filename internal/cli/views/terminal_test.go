package views_test

import (
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/charmbracelet/x/ansi"
)

// terminal understands the few control sequences that a Live uses, and fails
// the test on any other one. It wraps lines as terminals do.
type terminal struct {
	t *testing.T

	mu            sync.Mutex
	columns, rows int
	lines         [][]rune
	row, col      int
	hidden        bool
	frames        int // how often it was asked to show a whole frame
}

func newTerminal(t *testing.T, columns, rows int) *terminal {
	return &terminal{t: t, columns: columns, rows: rows, lines: [][]rune{nil}}
}

func (tm *terminal) size() (int, int) {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	return tm.columns, tm.rows
}

// resize makes the terminal narrower or wider and wraps again what is too long.
func (tm *terminal) resize(columns int) {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	tm.columns = columns
	var lines [][]rune
	row := tm.row
	for i, line := range tm.lines {
		n := 0
		for len(line) > columns {
			lines = append(lines, line[:columns])
			line = line[columns:]
			n++
		}
		lines = append(lines, line)
		if i < tm.row {
			row += n
		}
	}
	tm.lines, tm.row = lines, row
}

func (tm *terminal) Write(p []byte) (int, error) {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	text := []rune(string(p))
	for i := 0; i < len(text); {
		switch r := text[i]; {
		case r == '\x1b':
			end := i + 2
			for end < len(text) && (text[end] < '@' || text[end] > '~') {
				end++
			}
			tm.control(string(text[i+2:end]), text[end])
			i = end + 1
		case r == '\n':
			tm.down()
			tm.col = 0
			i++
		case r == '\r':
			tm.col = 0
			i++
		default:
			tm.put(r)
			i++
		}
	}
	return len(p), nil
}

func (tm *terminal) down() {
	tm.row++
	for len(tm.lines) <= tm.row {
		tm.lines = append(tm.lines, nil)
	}
}

func (tm *terminal) put(r rune) {
	if tm.col >= tm.columns {
		tm.down()
		tm.col = 0
	}
	line := tm.lines[tm.row]
	for len(line) <= tm.col {
		line = append(line, ' ')
	}
	line[tm.col] = r
	tm.lines[tm.row] = line
	tm.col += max(1, ansi.StringWidth(string(r)))
}

func (tm *terminal) control(args string, final rune) {
	switch n, _ := strconv.Atoi(args); {
	case final == 'A':
		if n > tm.rows-1 || tm.row-n < 0 {
			tm.t.Errorf("the cursor goes %d rows up from row %d of a terminal with %d", n, tm.row, tm.rows)
			n = min(n, tm.row)
		}
		tm.row -= n
	case final == 'K':
		tm.lines[tm.row] = tm.lines[tm.row][:min(tm.col, len(tm.lines[tm.row]))]
	case final == 'J':
		tm.lines = tm.lines[:tm.row+1]
		tm.lines[tm.row] = tm.lines[tm.row][:min(tm.col, len(tm.lines[tm.row]))]
	case args == "?25" && final == 'l':
		tm.hidden = true
	case args == "?25" && final == 'h':
		tm.hidden = false
	case args == "?2026" && final == 'h':
		tm.frames++
	case args == "?2026", final == 'm':
	default:
		tm.t.Errorf("unknown control sequence %q %c", args, final)
	}
}

// text is what a person sees, without the empty rows at the end.
func (tm *terminal) text() string {
	tm.mu.Lock()
	defer tm.mu.Unlock()
	var b strings.Builder
	for _, l := range tm.lines {
		b.WriteString(strings.TrimRight(string(l), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}
