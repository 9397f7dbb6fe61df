package checkout

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	patience  = time.Minute // for one git command
	maxOutput = 64 << 20    // bytes of one git command's answer
	maxErrors = 16 << 10    // bytes of one git command's complaint
)

// hardening turns off everything by which a repository could make git run
// something or reach elsewhere.
var hardening = []string{
	"-c", "core.hooksPath=/dev/null",
	"-c", "core.fsmonitor=false",
	"-c", "core.untrackedCache=false",
	"-c", "core.quotePath=false",
	"-c", "protocol.ext.allow=never",
	"-c", "safe.bareRepository=explicit",
	"-c", "submodule.recurse=false",
	"-c", "diff.external=",
	"-c", "log.showSignature=false",
}

// git runs git commands in one directory.
type git struct {
	path string   // the git command
	dir  string   // where it runs
	env  []string // all of its environment
	user []string // the environment with the user's own configuration
	more []string // further arguments in front of the command
}

// newGit finds the git command in PATH.
func newGit(dir string, environ []string) (git, error) {
	path := lookGit(value(environ, "PATH"))
	if path == "" {
		return git{}, &gitops.Error{
			Kind: gitops.Invalid, What: "git is not installed, or not in PATH",
			Next: "install it from https://git-scm.com/downloads, or with your system's package manager",
		}
	}
	var user []string
	for _, name := range []string{"PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "XDG_CONFIG_HOME", "TMPDIR", "GIT_CEILING_DIRECTORIES"} {
		if v := value(environ, name); v != "" {
			user = append(user, name+"="+v)
		}
	}
	user = append(user, "LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0")
	env := append(slices.Clone(user),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=", "GIT_PAGER=cat", "GIT_LITERAL_PATHSPECS=1")
	return git{path: path, dir: dir, env: env, user: user}, nil
}

// lookGit finds git in the PATH of an environment, which need not be that of
// the process. Relative entries are skipped: they would find a program in the
// repository.
func lookGit(path string) string {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if found, err := exec.LookPath(filepath.Join(dir, "git")); err == nil {
			return found
		}
	}
	return ""
}

// value returns the last value of a variable.
func value(environ []string, name string) string {
	for _, kv := range slices.Backward(environ) {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// find asks for the top of the work tree and the directory within. A
// repository of another user is refused unless the user's own configuration
// names it as safe.
func (g *git) find(ctx context.Context) (string, error) {
	args := []string{"rev-parse", "--show-toplevel", "--show-prefix"}
	out, err := g.run(ctx, nil, args...)
	if err == nil || !strings.Contains(err.Error(), "dubious ownership") {
		return string(out), err
	}
	for dir := range strings.Lines(g.setting(ctx, "safe.directory")) {
		dir = strings.TrimSpace(dir)
		if dir == "*" || dir == g.dir || dir != "" && strings.HasPrefix(g.dir, dir+"/") {
			g.more = []string{"-c", "safe.directory=*"}
			out, err = g.run(ctx, nil, args...)
			return string(out), err
		}
	}
	return "", err
}

// setting reads the values of one key from the user's and the machine's
// configuration, one a line; never from the repository's.
func (g *git) setting(ctx context.Context, key string) string {
	var all strings.Builder
	for _, scope := range []string{"--system", "--global"} {
		u := *g
		u.env, u.more = g.user, nil
		if out, err := u.run(ctx, nil, "config", scope, "--includes", "--get-all", key); err == nil {
			all.Write(out)
		}
	}
	return all.String()
}

// withoutFilters returns g with every filter of the repository's configuration
// turned off, because comparing files would run them.
func (g *git) withoutFilters(ctx context.Context) git {
	out := *g
	names, err := g.run(ctx, nil, "config", "-z", "--name-only", "--get-regexp", `^filter\.`)
	if err != nil { // there are none
		return out
	}
	out.env = slices.Clone(g.env)
	for i, name := range fields(names) {
		off := ""
		if strings.HasSuffix(name, ".required") {
			off = "false"
		}
		n := strconv.Itoa(i)
		out.env = append(out.env, "GIT_CONFIG_KEY_"+n+"="+name, "GIT_CONFIG_VALUE_"+n+"="+off)
	}
	out.env = append(out.env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(fields(names))))
	return out
}

// run runs one command to its end and returns what it answered. What it
// complains about is the text of the error.
func (g *git) run(ctx context.Context, in io.Reader, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out := &bounded{max: maxOutput}
	complaint := &bounded{max: maxErrors, drop: true}
	cmd := g.command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, complaint
	err := cmd.Run()
	return out.buf.Bytes(), explain(ctx, err, args[0], complaint.buf.String())
}

// command prepares one hardened git command.
func (g *git) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, g.path, slices.Concat(hardening, g.more, args)...)
	cmd.Dir, cmd.Env = g.dir, g.env
	cmd.WaitDelay = 2 * time.Second
	return cmd
}

// gitError is a git command that failed by itself.
type gitError struct {
	command, text string
	code          int
}

func (e *gitError) Error() string {
	if e.text == "" {
		return "git " + e.command + " failed"
	}
	return "git " + e.command + ": " + e.text
}

// explain tells a failure of git from a context that ended.
func explain(ctx context.Context, err error, command, complaint string) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return gitops.Errorf(gitops.Timeout, "git %s took too long", command)
	case ctx.Err() != nil:
		return gitops.Errorf(gitops.Cancelled, "git %s was cancelled: %w", command, ctx.Err())
	case errors.As(err, &exit):
		return &gitError{command: command, text: strings.TrimPrefix(strings.TrimSpace(complaint), "fatal: "), code: exit.ExitCode()}
	}
	return gitops.Errorf(gitops.Failed, "git %s: %w", command, err)
}

// bounded keeps the first max bytes. What is more is an error, or dropped. It
// has no method but Write to write with: io.Copy would prefer another one.
type bounded struct {
	buf  bytes.Buffer
	max  int
	drop bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.max - b.buf.Len()
	b.buf.Write(p[:min(room, len(p))])
	if len(p) > room && !b.drop {
		return 0, errors.New("git answered with more than can be right")
	}
	return len(p), nil
}
