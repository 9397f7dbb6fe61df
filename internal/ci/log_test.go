package ci_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// words counts up: a source of words that a test can foretell.
func words() func() string {
	n := 0
	return func() string { n++; return fmt.Sprintf("word%d", n) }
}

func newLog(s ci.System) (*ci.Log, *bytes.Buffer) {
	out := new(bytes.Buffer)
	return ci.NewLog(out, s, func() time.Time { return time.Unix(1_700_000_000, 0) }, words()), out
}

// The readers below take a log for commands as the systems do.

// github follows actions/runner, src/Runner.Common/ActionCommand.cs: lines as
// .NET reads them, "::" after white space, "##[" anywhere.
func github(log string) (commands []string) {
	stop := ""
	for _, line := range regexp.MustCompile(`\r\n|\r|\n`).Split(log, -1) {
		command := ""
		if text := strings.TrimLeftFunc(line, unicode.IsSpace); strings.HasPrefix(text, "::") && strings.Contains(text[2:], "::") {
			command, _, _ = strings.Cut(text[2:], "::")
		} else if _, after, ok := strings.Cut(line, "##["); ok && strings.Contains(after, "]") {
			command, _, _ = strings.Cut(after, "]")
		}
		switch {
		case command == "":
		case stop != "":
			if command == stop {
				stop = ""
			}
		case command == "stop-commands":
			stop = line[strings.LastIndex(line, ":")+1:]
		default:
			name, _, _ := strings.Cut(command, " ")
			commands = append(commands, name)
		}
	}
	return commands
}

// gitea follows gitea/act, pkg/runner/command.go.
func gitea(log string) (commands []string) {
	new1 := regexp.MustCompile(`^::([^ ]+)( (.+))?::([^\r\n]*)[\r\n]+$`)
	old := regexp.MustCompile(`^##\[([^ ]+)( (.+))?]([^\r\n]*)[\r\n]+$`)
	stop := ""
	for line := range strings.Lines(log) {
		m := new1.FindStringSubmatch(line)
		if m == nil {
			m = old.FindStringSubmatch(line)
		}
		switch {
		case m == nil:
		case stop != "":
			if m[1] == stop {
				stop = ""
			}
		case m[1] == "stop-commands":
			stop = m[4]
		default:
			commands = append(commands, m[1])
		}
	}
	return commands
}

// gitlab follows GitLab's lib/gitlab/regex.rb, and GitLab's overwriting of lines.
func gitlab(log string) (commands []string) {
	for _, m := range regexp.MustCompile(`section_(start|end):(\d+):([a-zA-Z0-9_.-]+)(\[(?:\w+=\w+)(?:, ?(?:\w+=\w+))*\])?\r\x1b\[0K`).FindAllStringSubmatch(log, -1) {
		commands = append(commands, m[1])
	}
	rest := regexp.MustCompile(`\x1b\[0K(section_(start|end):\d+:trunkline_\d+(\[collapsed=true\])?\r\x1b\[0K)`).ReplaceAllString(log, "")
	if strings.ContainsAny(rest, "\x1b\r\b") {
		commands = append(commands, "control")
	}
	return commands
}

// buildkite follows Buildkite's description of groups in logs.
func buildkite(log string) (commands []string) {
	for line := range strings.Lines(log) {
		if m := regexp.MustCompile(`^(---|\+\+\+|~~~|\^\^\^)`).FindString(line); m != "" {
			commands = append(commands, m)
		}
	}
	if strings.ContainsAny(log, "\x1b\r\b\x07") {
		commands = append(commands, "control")
	}
	return commands
}

var readers = map[ci.System]struct {
	read func(string) []string
	want []string // of the log that write makes
}{
	ci.GitHub:    {github, []string{"group", "error", "endgroup", "group", "warning", "endgroup"}},
	ci.Gitea:     {gitea, []string{"group", "error", "endgroup", "group", "warning", "endgroup"}},
	ci.GitLab:    {gitlab, []string{"start", "end", "start", "end"}},
	ci.Buildkite: {buildkite, []string{"---", "---"}},
	ci.Plain:     {github, nil},
}

// write makes a log with text from outside in every place.
func write(l *ci.Log, text string, pieces int) {
	feed := func() {
		for chunk := range slices.Chunk([]byte(text), max(pieces, 1)) {
			_, _ = l.Write(chunk)
		}
	}
	feed()
	l.Group(text)
	feed()
	l.Annotate(gitops.Annotation{File: text, Line: 3, Level: "failure", Title: text, Message: text})
	l.Group(text)
	l.Pause()
	feed()
	l.Annotate(gitops.Annotation{Level: "warning", Message: text})
	feed()
	l.Resume()
	feed()
	l.EndGroup()
	feed()
	_ = l.Flush()
}

// fragments are what attacks are made of.
var fragments = []string{
	"::", "::error::x", "::set-output name=a::b", "::add-mask::e", "::stop-commands::t", "::endgroup::", "##[", "##[error]", "##[set-env name=PATH;]x", "]",
	"\n", "\r", "\r\n", "\u2028", "\u0085", "\u00a0", "\ufeff", "\v", "\f", " ", "\t", "%0A::error::", "%0D", "\x1b[0K", "\x1b]1338;url=x\a",
	"section_start:1:a\r\x1b[0K", "section_end:1:trunkline_1\r\x1b[0K", "---", "+++ x", "~~~", "^^^ +++", "\b", "\x00", "\xff", "word1", "::word1::", "::word2::", "text", "\u202e", ",line=1", ":",
}

func TestForeignTextNeverBecomesACommand(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(fragments), rapid.String()), 0, 12).Draw(t, "text"), "")
		pieces := rapid.IntRange(1, 40).Draw(t, "pieces")
		for system, r := range readers {
			l, out := newLog(system)
			write(l, text, pieces)
			if diff := cmp.Diff(r.want, r.read(out.String())); diff != "" {
				t.Fatalf("%s reads %q (-want +got)\n%s", system, out.String(), diff)
			}
		}
	})
}

func FuzzForeignTextNeverBecomesACommand(f *testing.F) {
	for _, s := range fragments {
		f.Add(s+"x\n"+s, 3)
	}
	f.Fuzz(func(t *testing.T, text string, pieces int) {
		for system, r := range readers {
			l, out := newLog(system)
			write(l, text, min(max(pieces, 1), 100))
			if diff := cmp.Diff(r.want, r.read(out.String())); diff != "" {
				t.Fatalf("%s reads %q (-want +got)\n%s", system, out.String(), diff)
			}
		}
	})
}

func TestTheLogOfEachSystemLooksAsItShould(t *testing.T) {
	t.Parallel()
	for system, want := range map[ci.System]string{
		ci.GitHub:    "::group::dev/app\nplanned\n::error file=stacks/app/app.go,line=41,title=no-public-ingress::port 22 is open%0Ato all\n::stop-commands::word1\n| ::error::mine\n::word1::\n::endgroup::\n",
		ci.Gitea:     "::group::dev/app\nplanned\n::error file=stacks/app/app.go,line=41,title=no-public-ingress::port 22 is open%0Ato all\n::stop-commands::word1\n| ::error::mine\n::word1::\n::endgroup::\n",
		ci.GitLab:    "\x1b[0Ksection_start:1700000000:trunkline_1[collapsed=true]\r\x1b[0Kdev/app\nplanned\nstacks/app/app.go:41: error: no-public-ingress: port 22 is open to all\n| ::error::mine\n\x1b[0Ksection_end:1700000000:trunkline_1\r\x1b[0K\n",
		ci.Buildkite: "--- dev/app\nplanned\nstacks/app/app.go:41: error: no-public-ingress: port 22 is open to all\n| ::error::mine\n",
		ci.Plain:     "dev/app\nplanned\nstacks/app/app.go:41: error: no-public-ingress: port 22 is open to all\n| ::error::mine\n",
	} {
		l, out := newLog(system)
		l.Group("dev/app")
		fmt.Fprint(l, "plan", "ned\n")
		l.Annotate(gitops.Annotation{File: "stacks/app/app.go", Line: 41, Level: "failure", Title: "no-public-ingress", Message: "port 22 is open\nto all"})
		l.Pause()
		fmt.Fprintln(l, "::error::mine")
		l.Resume()
		l.EndGroup()
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", system, diff)
		}
	}
}

func TestMoreAnnotationsThanAreShownBecomeLines(t *testing.T) {
	t.Parallel()
	l, out := newLog(ci.GitHub)
	for i := range 12 {
		l.Annotate(gitops.Annotation{File: "a.go", Line: i + 1, Level: "warning", Message: "careful"})
	}
	if n := len(github(out.String())); n != 10 {
		t.Errorf("%d annotations", n)
	}
	if want := "a.go:12: warning: careful\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("the log ends with %q", out.String()[len(out.String())-60:])
	}
}

func TestALineWithoutEndIsCut(t *testing.T) {
	t.Parallel()
	l, out := newLog(ci.GitHub)
	for range 100 {
		fmt.Fprint(l, strings.Repeat("x", 10_000))
	}
	fmt.Fprintln(l)
	fmt.Fprintln(l, "next")
	if err := l.Flush(); err != nil || out.Len() > 70_000 || !strings.HasSuffix(out.String(), "… (cut)\nnext\n") {
		t.Errorf("%d bytes, %v", out.Len(), err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestALogThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	l := ci.NewLog(broken{}, ci.Plain, time.Now, words())
	if _, err := fmt.Fprintln(l, "text"); err == nil {
		t.Error("no error")
	}
}
