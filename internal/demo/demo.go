// Package demo tells the whole story in a scratch repository: deploy a commit,
// review and merge a branch, find and repair drift, roll back. Every command in
// it is a real one.
package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Options says what the demo takes from outside.
type Options struct {
	// Dir is an estate's repository with one commit on the branch main.
	Dir string
	// Out receives the story.
	Out io.Writer
	// Trunkline runs a command line of Trunkline in a directory and returns its
	// exit code.
	Trunkline func(args []string, dir string, stdout, stderr io.Writer) int
}

// story is a demo under way.
type story struct {
	Options
	ctx context.Context
	// first is the commit that the story begins with.
	first string
	// queue is the name of the queue that somebody changes by hand.
	queue string
}

// Run tells the story.
func Run(ctx context.Context, o Options) error {
	s := &story{Options: o, ctx: ctx}
	steps := []struct {
		title string
		do    func() error
	}{
		{"The first commit is deployed to dev", s.deploy},
		{"A branch changes one setting and one component", s.branch},
		{"Which stacks does it touch, and what would it do? This is the review", s.review},
		{"It is merged, and dev is updated", s.merge},
		{"Somebody changes the queue by hand; drift finds it, up repairs it", s.drift},
		{"Rollback: dev goes back to the first commit", s.rollback},
		{"What ran", s.history},
	}
	for i, st := range steps {
		if ctx.Err() != nil {
			return &gitops.Error{Kind: gitops.Cancelled, What: "the demo was stopped"}
		}
		fmt.Fprintf(o.Out, "\n%d. %s\n\n", i+1, st.title)
		if err := st.do(); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) deploy() error {
	out, err := s.git("rev-parse", "--short", "HEAD")
	if err != nil {
		return err
	}
	s.first = strings.TrimSpace(out)
	return s.run(0, "up", "-e", "dev", "--yes")
}

func (s *story) branch() error {
	if err := s.say("git", "switch", "--quiet", "--create", "keep-files-longer"); err != nil {
		return err
	}
	for _, e := range []struct{ file, old, new string }{
		{"environments/dev.yaml", "keepVersionsDays: 7", "keepVersionsDays: 14"},
		{"components/queue/queue.go", "a.VisibilityTimeout = 30 * time.Second", "a.VisibilityTimeout = 45 * time.Second"},
	} {
		if err := s.edit(e.file, e.old, e.new); err != nil {
			return err
		}
	}
	if err := s.say("git", "diff", "--unified=0", "--no-color"); err != nil {
		return err
	}
	return s.commit("Keep files longer, give workers more time")
}

func (s *story) review() error {
	if err := s.run(0, "affected", "-e", "dev", "--base", "main"); err != nil {
		return err
	}
	return s.run(0, "preview", "-e", "dev", "--affected=main", "-o", "markdown")
}

func (s *story) merge() error {
	if err := s.say("git", "switch", "--quiet", "main"); err != nil {
		return err
	}
	if err := s.say("git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "merge", "--quiet", "--ff-only", "keep-files-longer"); err != nil {
		return err
	}
	return s.run(0, "up", "-e", "dev", "--yes")
}

func (s *story) drift() error {
	var list bytes.Buffer
	if code := s.Trunkline([]string{"sandbox", "ls", "--type", "aws:sqs/queue:Queue", "--ids"}, s.Dir, &list, io.Discard); code != 0 {
		return gitops.Errorf(gitops.Bug, "trunkline sandbox ls ended with %d", code)
	}
	for _, line := range strings.Fields(list.String()) {
		if !strings.Contains(line, "dead") {
			s.queue = line
		}
	}
	if s.queue == "" {
		return gitops.Errorf(gitops.Bug, "the sandbox has no queue")
	}
	if err := s.run(0, "sandbox", "touch", s.queue, "visibilityTimeoutSeconds=5"); err != nil {
		return err
	}
	if err := s.run(int(gitops.Unexpected), "drift", "-e", "dev", "--fail-on-drift"); err != nil {
		return err
	}
	if err := s.run(0, "up", "-e", "dev", "-s", "data", "--refresh", "--yes"); err != nil {
		return err
	}
	return s.run(0, "drift", "-e", "dev", "--fail-on-drift")
}

func (s *story) rollback() error {
	return s.run(0, "rollback", "-e", "dev", "--to", s.first, "--yes")
}

func (s *story) history() error {
	if err := s.run(0, "history", "-e", "dev", "-s", "data"); err != nil {
		return err
	}
	return s.run(0, "stack", "ls", "-e", "dev")
}

// run runs a command of Trunkline and expects its exit code.
func (s *story) run(want int, args ...string) error {
	fmt.Fprintf(s.Out, "$ trunkline %s\n", strings.Join(args, " "))
	code := s.Trunkline(args, s.Dir, s.Out, s.Out)
	fmt.Fprintln(s.Out)
	if err := s.ctx.Err(); err != nil {
		return &gitops.Error{Kind: gitops.Cancelled, What: "the demo was stopped", Err: err}
	}
	if code != want {
		return &gitops.Error{Kind: gitops.Kind(max(code, 1)),
			What: fmt.Sprintf("trunkline %s ended with %d, not %d", strings.Join(args, " "), code, want),
			Next: "trunkline demo --keep DIR leaves the repository there to look at"}
	}
	return nil
}

// say shows a command of git and what it prints.
func (s *story) say(name string, args ...string) error {
	fmt.Fprintf(s.Out, "$ %s %s\n", name, strings.Join(args, " "))
	out, err := s.git(args...)
	fmt.Fprint(s.Out, out)
	return err
}

// git runs git without the user's own settings: the story reads the same
// everywhere, and nobody is asked for the key of a signature.
func (s *story) git(args ...string) (string, error) {
	c := exec.CommandContext(s.ctx, "git", args...)
	c.Dir, c.Env = s.Dir, append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull)
	var stderr bytes.Buffer
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return string(out), &gitops.Error{Kind: gitops.Failed, What: "git " + args[0] + ": " + strings.TrimSpace(stderr.String()), Err: err}
	}
	return string(out), nil
}

func (s *story) commit(message string) error {
	return s.say("git", "-c", "user.name=Ana", "-c", "user.email=ana@example.com", "commit", "--quiet", "--all", "--message", message)
}

// edit replaces a text that stands once in a file.
func (s *story) edit(file, old, new string) error {
	path := filepath.Join(s.Dir, filepath.FromSlash(file))
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if n := strings.Count(string(b), old); n != 1 {
		return gitops.Errorf(gitops.Bug, "%s has %q %d times, not once", file, old, n)
	}
	return os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o644)
}
