package script

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestTourOfTheReadmeRuns runs every command of the README's tour, in order.
func TestTourOfTheReadmeRuns(t *testing.T) {
	t.Parallel()
	takeTour(t, "README.md", 20)
}

// TestWayFromTerraformRuns runs every command of the page for those who come from
// there.
func TestWayFromTerraformRuns(t *testing.T) {
	t.Parallel()
	takeTour(t, "docs/coming-from-terraform.md", 8)
}

// TestComponentsAreUsedAndWrittenAsThePageSays writes every file of the page about
// components, and runs every command.
func TestComponentsAreUsedAndWrittenAsThePageSays(t *testing.T) {
	t.Parallel()
	takeTour(t, "docs/components.md", 20)
}

// TestWayFromPulumiIsTold finds every command of the page for those who come from
// there in the story of it.
func TestWayFromPulumiIsTold(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/coming-from-pulumi.md")
	if err != nil {
		t.Fatal(err)
	}
	story, err := os.ReadFile("frompulumi.txtar")
	if err != nil {
		t.Fatal(err)
	}
	steps := tour(t, string(page))
	if len(steps) < 10 {
		t.Errorf("the page has only %d commands", len(steps))
	}
	told := strings.NewReplacer("\nexec sh -c '", "\n", "'\n", "\n").Replace(string(story))
	for _, s := range steps {
		if !strings.Contains(told, "\n"+s.command+"\n") {
			t.Errorf("docs/coming-from-pulumi.md:%d: frompulumi.txtar does not run %s", s.line, s.command)
		}
	}
}

// takeTour runs the commands of a page, at least so many.
func takeTour(t *testing.T, page string, least int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", page))
	if err != nil {
		t.Fatal(err)
	}
	steps := tour(t, string(text))
	if len(steps) < least {
		t.Fatalf("%s has only %d commands", page, len(steps))
	}
	dir := t.TempDir()
	home := filepath.Join(t.TempDir(), "home")
	if err := writeHome(home); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), environment(t)...)
	env = append(env, "HOME="+home)
	for _, s := range steps {
		if to, ok := strings.CutPrefix(s.command, "cd "); ok {
			dir = filepath.Join(dir, to)
			continue
		}
		if s.file != "" {
			writeFile(t, filepath.Join(dir, filepath.FromSlash(s.file)), s.text)
			continue
		}
		cmd := exec.Command("sh", "-c", s.command)
		cmd.Dir, cmd.Env = dir, env
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		got, err := exitCode(cmd.Run())
		if err != nil {
			t.Fatal(err)
		}
		if got != s.code {
			t.Fatalf("%s:%d: %s: exit code %d, want %d\n%s", page, s.line, s.command, got, s.code, out.String())
		}
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// step is one command of the tour, or one file that is written.
type step struct {
	line       int
	command    string
	code       int
	file, text string
}

// tour finds the commands in the console blocks of a Markdown text, and the files
// in its Go blocks that say which file they are: "go stacks/data/data.go". A comment
// "# exits N" after a command is its exit code.
func tour(t *testing.T, markdown string) []step {
	t.Helper()
	var out []step
	block := ""
	for i, line := range strings.Split(markdown, "\n") {
		if info, ok := strings.CutPrefix(line, "```"); ok {
			block = info
			if file, ok := strings.CutPrefix(info, "go "); ok {
				out = append(out, step{line: i + 1, file: file})
			}
			continue
		}
		if strings.HasPrefix(block, "go ") {
			out[len(out)-1].text += line + "\n"
			continue
		}
		command, ok := strings.CutPrefix(line, "$ ")
		if block != "console" || !ok {
			continue
		}
		s := step{line: i + 1, command: command}
		if before, code, ok := strings.Cut(command, " # exits "); ok {
			n, err := strconv.Atoi(code)
			if err != nil {
				t.Fatalf("line %d: %v", i+1, err)
			}
			s.command, s.code = before, n
		}
		out = append(out, s)
	}
	return out
}
