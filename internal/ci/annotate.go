package ci

import (
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// mostAnnotations is how many of each level GitHub shows of one step.
const mostAnnotations = 10

// Annotate writes a remark on a line of a file. GitHub shows it at the line; in
// other logs it is a line like a compiler's. Beyond what GitHub shows of one
// level, it is that there, too. File "" makes a remark on nothing particular.
func (l *Log) Annotate(a gitops.Annotation) {
	l.mu.Lock()
	defer l.mu.Unlock()
	level := map[string]string{"notice": "notice", "warning": "warning"}[a.Level]
	if level == "" {
		level = "error"
	}
	l.notes[level]++
	if l.system != GitHub && l.system != Gitea || l.notes[level] > mostAnnotations {
		l.flush()
		l.put(plain(strings.Join(compact(place(a), level, a.Title, a.Message), ": ")) + "\n")
		return
	}
	var properties []string
	add := func(name, value string) {
		if value != "" {
			properties = append(properties, name+"="+escapeProperty(visible(value)))
		}
	}
	add("file", a.File)
	if a.File != "" && a.Line > 0 {
		add("line", fmt.Sprint(a.Line))
	}
	add("title", a.Title)
	head := level
	if len(properties) > 0 {
		head += " " + strings.Join(properties, ",")
	}
	l.command("::" + head + "::" + l.data(lines(a.Message)))
}

// data writes the text of a command. Gitea looks for the last "::" of the line
// where GitHub looks for the second.
func (l *Log) data(s string) string {
	if l.system == Gitea {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "::", ": :"), "::", ": :") // twice for ":::"
		if strings.HasPrefix(s, ":") {
			s = " " + s
		}
	}
	return escapeData(s)
}

// lines makes a text of several lines visible line by line.
func lines(s string) string {
	parts := strings.Split(s, "\n")
	for i, p := range parts {
		parts[i] = strings.ReplaceAll(visible(strings.TrimSuffix(p, "\r")), "##[", "## [")
	}
	return strings.Join(parts, "\n")
}

func place(a gitops.Annotation) string {
	if a.File == "" || a.Line < 1 {
		return a.File
	}
	return fmt.Sprintf("%s:%d", a.File, a.Line)
}

func compact(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, strings.ReplaceAll(p, "\n", " "))
		}
	}
	return out
}

// escapeData and escapeProperty are those of GitHub's own toolkit
// (actions/toolkit, packages/core/src/command.ts).
func escapeData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func escapeProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}
