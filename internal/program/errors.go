package program

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Problem is one thing that the compiler objects to.
type Problem struct {
	// Where is "file:line:col" in the repository, or "".
	Where string
	What  string
}

// CompileError is what is wrong with a program that does not compile.
type CompileError struct{ Problems []Problem }

// Error returns one line for each problem: "  file:line:col: what".
func (e *CompileError) Error() string {
	lines := []string{"the estate program does not compile:"}
	for _, p := range e.Problems {
		line := p.What
		if p.Where != "" {
			line = p.Where + ": " + p.What
		}
		lines = append(lines, "\n  "+strings.ReplaceAll(line, "\n", "\n    "))
	}
	return strings.Join(lines, "")
}

// maxProblems is how many problems are reported at once.
const maxProblems = 20

func broken(problems []Problem) error {
	if more := len(problems) - maxProblems; more > 0 {
		problems = append(problems[:maxProblems:maxProblems], Problem{What: fmt.Sprintf("and %d more", more)})
	}
	next := ""
	for _, p := range problems {
		switch {
		case strings.Contains(p.What, "no required module provides"), strings.Contains(p.What, "cannot find module providing"), strings.Contains(p.What, "missing go.sum entry"), strings.Contains(p.What, "updates to go.mod needed"):
			next = "go mod tidy"
		}
	}
	return &gitops.Error{Kind: gitops.Invalid, Err: &CompileError{problems}, Next: next}
}

// explain turns a failure of the go command into what the user can do about it.
func (j job) explain(err error) error {
	var failed *goError
	if !errors.As(err, &failed) {
		return err
	}
	text := failed.text
	switch {
	case strings.Contains(text, "requires go >="), strings.Contains(text, "invalid go version"), strings.Contains(text, "unknown directive: toolchain"), strings.Contains(text, "toolchain not available"):
		return &gitops.Error{
			Kind: gitops.Invalid, Where: path.Join(j.layout.moduleDir, "go.mod"),
			What: "the installed Go is too old: " + firstLine(text), Next: "install a newer Go from https://go.dev/dl",
		}
	case strings.Contains(text, "updates to go.mod needed"), strings.Contains(text, "missing go.sum entry"):
		return &gitops.Error{Kind: gitops.Invalid, Where: path.Join(j.layout.moduleDir, "go.mod"), What: firstLine(text), Next: "go mod tidy"}
	case strings.Contains(text, "inconsistent vendoring"):
		return &gitops.Error{Kind: gitops.Invalid, Where: path.Join(j.layout.moduleDir, "go.mod"), What: firstLine(text), Next: "go mod vendor"}
	case strings.Contains(text, "dial tcp"), strings.Contains(text, "i/o timeout"), strings.Contains(text, "module lookup disabled"):
		return &gitops.Error{
			Kind: gitops.Failed, What: "cannot download the modules that go.mod names: " + firstLine(text),
			Next: "check the network and GOPROXY, then: go mod download",
		}
	case strings.Contains(text, "no space left on device"):
		return &gitops.Error{Kind: gitops.Failed, What: "the disk is full: " + firstLine(text), Next: "go clean -cache makes room"}
	}
	return broken(j.parse(text))
}

// position matches "file:line:col: text" and "file:line: text".
var position = regexp.MustCompile(`^((?:[A-Za-z]:)?[^\s:][^:]*\.(?:go|s|mod|sum|work):\d+(?::\d+)?): (.*)$`)

// parse reads the problems out of what the compiler printed.
func (j job) parse(text string) []Problem {
	var out []Problem
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		found := position.FindStringSubmatch(line)
		switch {
		case found != nil:
			out = append(out, j.problem(found[1], found[2]))
		case strings.HasPrefix(line, "# "), strings.TrimSpace(line) == "", strings.Contains(line, "too many errors"):
		case strings.HasPrefix(line, "\t") && len(out) > 0:
			out[len(out)-1].What += "\n" + strings.TrimSpace(line)
		default:
			out = append(out, Problem{What: strings.TrimPrefix(line, "go: ")})
		}
	}
	if len(out) == 0 {
		out = append(out, Problem{What: "the go command failed and did not say why"})
	}
	return out
}

// problem places what the go command says about a position as it sees it.
func (j job) problem(pos, what string) Problem {
	what = strings.ReplaceAll(strings.TrimSpace(what), j.src.Root+string(filepath.Separator), "")
	what = strings.TrimSuffix(what, ": import lookup disabled by -mod=readonly")
	if pos == "" {
		if found := position.FindStringSubmatch(firstLine(what)); found != nil {
			pos, what = found[1], found[2]+strings.TrimPrefix(what, firstLine(what))
		} else {
			return Problem{What: what}
		}
	}
	if !filepath.IsAbs(pos) {
		pos = filepath.Join(j.layout.estate, filepath.FromSlash(pos))
	}
	if rel, err := filepath.Rel(j.src.Root, pos); err == nil && filepath.IsLocal(rel) {
		pos = filepath.ToSlash(rel)
	}
	return Problem{Where: pos, What: what}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
