// Package views prints what commands found out: lines with colours, tables,
// live progress, questions and errors. It decides how things look on the
// terminal or log in front of it, and nothing else.
package views

import (
	"io"
	"slices"
	"strings"
	"sync"

	"golang.org/x/term"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Color says whether to use colours.
type Color string

// The values of --color.
const (
	ColorAuto   Color = "auto"
	ColorAlways Color = "always"
	ColorNever  Color = "never"
)

// ParseColor reads the value of --color; "" means auto.
func ParseColor(s string) (Color, error) {
	c := Color(s)
	if s == "" {
		c = ColorAuto
	}
	if !slices.Contains([]Color{ColorAuto, ColorAlways, ColorNever}, c) {
		return "", &gitops.Error{
			Kind: gitops.Invalid, What: "--color " + s + " is not one of auto, always, never",
			Next: "leave it out, or use --color never",
		}
	}
	return c, nil
}

// Options says what a Screen must know besides its writer.
type Options struct {
	// Color is the value of --color.
	Color Color
	// Getenv reads the environment; nil means an empty one.
	Getenv func(string) string
	// Size, when set, makes the Screen a terminal of that many columns and rows.
	// nil: the writer is asked.
	Size func() (columns, rows int)
}

// Screen is where lines are printed: a terminal, a log or a pipe. It is safe
// for concurrent use. After a failed write it writes nothing more and keeps
// returning that error.
type Screen struct {
	color, ascii bool
	size         func() (columns, rows int) // nil when not a terminal

	mu  sync.Mutex
	w   io.Writer
	err error
	// before, when set, makes room on a shared terminal before each write, and
	// returns what to do after it.
	before func() (after func())
}

// NewScreen looks at the writer and the environment.
func NewScreen(w io.Writer, o Options) *Screen {
	getenv := o.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	s := &Screen{w: w, size: o.Size, ascii: asciiOnly(getenv)}
	if s.size == nil && getenv("TERM") != "dumb" { // a dumb terminal cannot go back: it is a log
		s.size = terminalSize(w)
	}
	s.color = useColor(o.Color, getenv, s.size != nil)
	return s
}

// terminalSize returns how to ask the writer's size, nil when it is no
// terminal.
func terminalSize(w io.Writer) func() (int, int) {
	file, ok := w.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return nil
	}
	return func() (int, int) {
		columns, rows, err := term.GetSize(int(file.Fd()))
		if err != nil || columns <= 0 || rows <= 0 {
			return 80, 24
		}
		return columns, rows
	}
}

// useColor decides: --color, then NO_COLOR, then CLICOLOR_FORCE and
// FORCE_COLOR, then whether it is a terminal that knows colours.
func useColor(c Color, getenv func(string) string, terminal bool) bool {
	set := func(name string) bool { v := getenv(name); return v != "" && v != "0" && v != "false" }
	switch {
	case c == ColorAlways:
		return true
	case c == ColorNever, getenv("NO_COLOR") != "":
		return false
	case set("CLICOLOR_FORCE"), set("FORCE_COLOR"):
		return true
	}
	return terminal && getenv("TERM") != "dumb"
}

// asciiOnly tells whether the terminal or the locale knows nothing else. A
// locale that is not set says nothing.
func asciiOnly(getenv func(string) string) bool {
	if getenv("TERM") == "dumb" {
		return true
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return false
}

// IsTerminal tells whether a person sits in front of it.
func (s *Screen) IsTerminal() bool { return s.size != nil }

// Width returns the number of columns; 0 when it is no terminal.
func (s *Screen) Width() int {
	if s.size == nil {
		return 0
	}
	columns, _ := s.size()
	return columns
}

// TextOptions returns how a document fits this screen.
func (s *Screen) TextOptions() review.TextOptions {
	return review.TextOptions{Width: s.Width(), ASCII: s.ascii}
}

// Print writes the lines. Lines wider than a terminal are wrapped.
func (s *Screen) Print(lines ...review.Line) error {
	var b strings.Builder
	width := s.Width()
	for _, l := range lines {
		for _, part := range l.Wrap(width, 4) {
			s.paint(&b, part)
			b.WriteByte('\n')
		}
	}
	return s.write(b.String())
}

// Write writes text as it is, such as JSON or Markdown.
func (s *Screen) Write(p []byte) (int, error) {
	if err := s.write(string(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (s *Screen) hook(before func() func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before = before
}

func (s *Screen) write(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || text == "" {
		return s.err
	}
	if s.before != nil {
		defer s.before()()
	}
	_, s.err = io.WriteString(s.w, text)
	return s.err
}

// paint adds a line with its colours.
func (s *Screen) paint(b *strings.Builder, l review.Line) {
	for _, span := range l {
		code := codes[span.Style]
		if !s.color || code == "" || strings.TrimSpace(span.Text) == "" {
			b.WriteString(span.Text)
			continue
		}
		b.WriteString("\x1b[" + code + "m" + span.Text + "\x1b[0m")
	}
}

// codes are the terminal's own sixteen colours, so that its theme decides.
var codes = map[review.Style]string{
	review.Strong:   "1",
	review.Faint:    "2",
	review.Created:  "32",
	review.Updated:  "33",
	review.Replaced: "1;35",
	review.Deleted:  "31",
	review.Warning:  "33",
	review.Failure:  "1;31",
	review.Success:  "32",
}
