package review

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// Style is what a piece of text means. A printer chooses a colour for it.
type Style int

// The meanings.
const (
	Normal Style = iota
	Strong       // headings and names
	Faint        // places, durations, what is only context
	Created
	Updated
	Replaced
	Deleted
	Warning
	Failure
	Success
)

// Span is a piece of a line with one meaning.
type Span struct {
	Text  string
	Style Style
}

// Line is one line of text without a line break.
type Line []Span

// String returns the text without its meanings.
func (l Line) String() string {
	var b strings.Builder
	for _, s := range l {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Width returns how many columns the line takes; wide characters take two.
func (l Line) Width() int {
	n := 0
	for _, s := range l {
		w, simple := simpleWidth(s.Text)
		if !simple { // its characters may join those of its neighbours
			return ansi.StringWidth(l.String())
		}
		n += w
	}
	return n
}

// columns returns how many columns a text takes.
func columns(text string) int {
	if w, simple := simpleWidth(text); simple {
		return w
	}
	return ansi.StringWidth(text)
}

// simpleWidth is the width of a text of printable ASCII and of the characters that
// layouts are drawn with, each of which takes one column. Most texts are such.
func simpleWidth(text string) (width int, simple bool) {
	for _, r := range text {
		if (r < ' ' || r > '~') && !strings.ContainsRune("│├└─…→·", r) {
			return 0, false
		}
		width++
	}
	return width, true
}

// isPlain tells whether a text is printable ASCII, as most are.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// Join returns the plain text of the lines, each ended by a line break.
func Join(lines []Line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.String())
		b.WriteByte('\n')
	}
	return b.String()
}

// Fit cuts the line to the width and ends a cut one with a mark. Width 0 means
// any width.
func (l Line) Fit(width int, ascii bool) Line {
	if width <= 0 || l.Width() <= width {
		return l
	}
	tail := ellipsis(ascii)
	room := width - ansi.StringWidth(tail)
	if room <= 0 {
		return Line{{ansi.Truncate(l.String(), width, ""), Normal}}
	}
	var out Line
	for _, s := range l {
		w := columns(s.Text)
		if w > room {
			cut := strings.TrimRight(ansi.Truncate(s.Text, room, ""), " ")
			return append(out, Span{cut + tail, s.Style})
		}
		out = append(out, s)
		room -= w
	}
	return out
}

func ellipsis(ascii bool) string {
	if ascii {
		return "..."
	}
	return "…"
}

// Wrap breaks the line at spaces so that no part is wider than width; parts
// after the first start with indent spaces. Words that are too long are cut
// into pieces. Width 0 means any width.
func (l Line) Wrap(width, indent int) []Line {
	if width <= 0 || l.Width() <= width {
		return []Line{l}
	}
	if indent > width/2 {
		indent = 0
	}
	w := wrapper{width: width, indent: indent}
	for _, s := range l {
		for _, word := range splitKeep(s.Text) {
			w.add(Span{word, s.Style})
		}
	}
	return append(w.lines, w.line)
}

type wrapper struct {
	width, indent, used int
	line                Line
	lines               []Line
}

func (w *wrapper) add(s Span) {
	n := columns(s.Text)
	if w.used+n > w.width && w.used > w.indent {
		w.breakLine()
		if strings.TrimSpace(s.Text) == "" {
			return
		}
	}
	for w.used+n > w.width { // one word is wider than a line
		head := ansi.Truncate(s.Text, w.width-w.used, "")
		if head == "" {
			return // a character wider than the line cannot be shown
		}
		w.line = append(w.line, Span{head, s.Style})
		w.breakLine()
		s.Text = s.Text[len(head):]
		n = columns(s.Text)
	}
	if s.Text != "" {
		w.line = append(w.line, s)
		w.used += n
	}
}

func (w *wrapper) breakLine() {
	if n := len(w.line); n > 0 && strings.TrimSpace(w.line[n-1].Text) == "" && n > 1 {
		w.line = w.line[:n-1]
	}
	w.lines = append(w.lines, w.line)
	w.line, w.used = nil, 0
	if w.indent > 0 {
		w.line, w.used = Line{{strings.Repeat(" ", w.indent), Normal}}, w.indent
	}
}

// splitKeep cuts text into words and the spaces between them.
func splitKeep(text string) []string {
	var out []string
	start, space := 0, false
	for i, r := range text {
		if i > start && (r == ' ') != space {
			out = append(out, text[start:i])
			start = i
		}
		space = r == ' '
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

// Clean makes foreign text safe to show on one line: control characters,
// escape sequences and characters that reorder or hide text are written out.
func Clean(text string) string {
	if isPlain(text) || !strings.ContainsFunc(text, unsafeRune) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unsafeRune(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// unsafeRune: controls, format characters (bidirectional marks, zero widths,
// tags), line separators, and what was not valid UTF-8.
func unsafeRune(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' || r == unicode.ReplacementChar
}
