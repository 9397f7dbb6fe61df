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

// step is one command of the tour.
type step struct {
	line    int
	command string
	code    int
}

// tour finds the commands in the console blocks of a Markdown text. A comment
// "# exits N" after a command is its exit code.
func tour(t *testing.T, markdown string) []step {
	t.Helper()
	var out []step
	inside := false
	for i, line := range strings.Split(markdown, "\n") {
		if strings.HasPrefix(line, "```") {
			inside = line == "```console"
			continue
		}
		command, ok := strings.CutPrefix(line, "$ ")
		if !inside || !ok {
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
