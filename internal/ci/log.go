package ci

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// longestLine is how many bytes of one line are shown.
const longestLine = 64 << 10

// Log writes the log of a job. CI systems take some lines of a log for commands
// to them; whatever is written to a Log is text, and only its own methods make
// commands. It is safe for concurrent use.
type Log struct {
	// Now and Token are the clock and a source of random words that nobody can
	// guess, for GitLab's sections and for pauses.
	Now   func() time.Time
	Token func() string

	system System
	mu     sync.Mutex
	out    io.Writer
	line   []byte // what was written of the line that is not ended
	cut    bool   // more of it is left out
	group  string // the name of the open group
	groups int
	paused string // the word that ends the pause
	notes  map[string]int
	err    error // of the first write that failed
}

// NewLog returns a Log of a system that writes to out.
func NewLog(out io.Writer, s System, now func() time.Time, token func() string) *Log {
	return &Log{Now: now, Token: token, system: s, out: out, notes: map[string]int{}}
}

// Write writes text. Lines are shown when they end.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := p; len(rest) > 0; {
		part, after, ended := rest, []byte(nil), false
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			part, after, ended = rest[:i], rest[i+1:], true
		}
		room := longestLine - len(l.line)
		l.cut = l.cut || len(part) > room
		l.line = append(l.line, part[:min(room, len(part))]...)
		if ended {
			l.endLine()
		}
		rest = after
	}
	return len(p), l.err
}

// Flush ends a line that was begun.
func (l *Log) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.flush()
	return l.err
}

func (l *Log) flush() {
	if len(l.line) > 0 {
		l.endLine()
	}
}

func (l *Log) endLine() {
	text := plain(string(l.line))
	if l.cut {
		text += " … (cut)"
	}
	l.line, l.cut = l.line[:0], false
	l.put(text + "\n")
}

func (l *Log) put(s string) {
	if l.err == nil {
		_, l.err = io.WriteString(l.out, s)
	}
}

// plain makes a line that no CI system takes for a command:
//
//   - GitHub: "::" after any white space at the beginning, and "##[" anywhere;
//     Gitea and Forgejo look for the same at the beginning,
//   - GitLab: "section_start:" and the like with control characters around,
//   - Buildkite: "---", "+++", "~~~" and "^^^" at the beginning.
//
// Characters that cannot be seen, or that change others, are shown as such.
func plain(line string) string {
	line = visible(strings.TrimSuffix(line, "\r"))
	line = strings.ReplaceAll(line, "##[", "## [")
	switch text := strings.TrimLeftFunc(line, func(c rune) bool { return unicode.IsSpace(c) || !unicode.IsGraphic(c) }); {
	case strings.HasPrefix(text, "::"), strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"),
		strings.HasPrefix(line, "~~~"), strings.HasPrefix(line, "^^^"):
		return "| " + line
	}
	return line
}

// visible replaces the characters that cannot be seen: controls by their
// pictures (U+2400 and following), others by their numbers.
func visible(s string) string {
	if strings.IndexFunc(s, gitops.Unreadable) < 0 {
		return s
	}
	var b strings.Builder
	for i, c := range s {
		switch {
		case c == '\t':
			b.WriteByte('\t')
		case c < 0x20:
			b.WriteRune(0x2400 + c)
		case c == 0x7f:
			b.WriteRune(0x2421)
		case c == utf8.RuneError && strings.HasPrefix(s[i:], "\uFFFD"), !gitops.Unreadable(c):
			b.WriteRune(c)
		case c == utf8.RuneError:
			b.WriteRune(utf8.RuneError)
		default:
			fmt.Fprintf(&b, "<%U>", c)
		}
	}
	return b.String()
}

// command writes a line of ours. A pause is interrupted for it.
func (l *Log) command(s string) {
	l.flush()
	again := l.paused != ""
	l.resume()
	l.put(s + "\n")
	if again {
		l.pause()
	}
}

// Group begins a part of the log that is folded where logs can be, and ends the
// one before.
func (l *Log) Group(title string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endGroup()
	l.groups++
	l.group = fmt.Sprintf("trunkline_%d", l.groups)
	title = visible(strings.NewReplacer("\n", " ", "\t", " ", "##[", "## [").Replace(title))
	switch l.system {
	case GitHub, Gitea:
		l.command("::group::" + l.data(title))
	case GitLab:
		l.command(fmt.Sprintf("\x1b[0Ksection_start:%d:%s[collapsed=true]\r\x1b[0K%s", l.Now().Unix(), l.group, title))
	case Buildkite:
		l.command("--- " + title)
	default:
		l.flush()
		l.put(plain(title) + "\n")
	}
}

// EndGroup ends the group that is open.
func (l *Log) EndGroup() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endGroup()
}

func (l *Log) endGroup() {
	if l.group == "" {
		return
	}
	switch l.system {
	case GitHub, Gitea:
		l.command("::endgroup::")
	case GitLab:
		l.command(fmt.Sprintf("\x1b[0Ksection_end:%d:%s\r\x1b[0K", l.Now().Unix(), l.group))
	}
	l.group = ""
}

// Pause tells the system to take nothing for a command until Resume, for the
// output of programs that are not ours. What is written is made plain anyway;
// this is a second lock on the same door, where there is one.
func (l *Log) Pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pause()
}

// Resume ends a pause.
func (l *Log) Resume() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resume()
}

func (l *Log) pause() {
	if l.paused != "" || l.system != GitHub && l.system != Gitea {
		return
	}
	l.flush()
	l.paused = l.Token()
	l.put("::stop-commands::" + l.paused + "\n")
}

func (l *Log) resume() {
	if l.paused == "" {
		return
	}
	l.flush()
	l.put("::" + l.paused + "::\n")
	l.paused = ""
}
