package program

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// passed are the variables that the go command gets from outside. None of them
// can change what a compilation yields.
var passed = []string{
	"PATH", "HOME", "USERPROFILE", "LOCALAPPDATA", "SYSTEMROOT", "XDG_CACHE_HOME", "TMPDIR", "TMP", "TEMP", "GOTMPDIR",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK", "NETRC",
}

// settled are the settings of the go command that the user may have made with
// "go env -w". They say where modules come from and where they are kept.
var settled = []string{
	"GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY", "GONOPROXY", "GOSUMDB", "GONOSUMDB", "GOPRIVATE", "GOAUTH", "GOTOOLCHAIN",
}

const maxGoOutput = 64 << 20 // bytes of one go command's answer

// goTool is the go command.
type goTool struct {
	path string
	// identity tells the compilers apart that the command may choose for one
	// go.mod.
	identity string
	environ  []string
	layout   layout
}

// goFacts is what the go command says about itself.
type goFacts struct{ GOVERSION, GOOS, GOARCH, GOMODCACHE string }

// findGo finds the go command in the PATH of an environment. Relative entries
// are skipped: they would find a program in the repository.
func findGo(ctx context.Context, environ []string, lay layout) (goTool, error) {
	for _, dir := range filepath.SplitList(variable(environ, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if found, err := exec.LookPath(filepath.Join(dir, "go")); err == nil {
			tool := goTool{path: found, environ: environ, layout: lay}
			tool.identity, err = tool.identify(ctx)
			return tool, err
		}
	}
	return goTool{}, &gitops.Error{
		Kind: gitops.Invalid, What: "the go command is not installed, or not in PATH",
		Next: "install Go from https://go.dev/dl",
	}
}

// identify reads the version of the go command from the files around it. A
// command that stands alone, such as the shim of a version manager, is asked.
func (t goTool) identify(ctx context.Context) (string, error) {
	real, err := filepath.EvalSymlinks(t.path)
	if err != nil {
		return "", gitops.Errorf(gitops.Invalid, "cannot run go: %w", err)
	}
	root := filepath.Dir(filepath.Dir(real))
	version, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		if version, err = t.run(ctx, t.layout.estate, t.env(nil), "version"); err != nil {
			return "", gitops.Errorf(gitops.Invalid, "%s does not work: %w", t.path, err)
		}
	}
	defaults, _ := os.ReadFile(filepath.Join(root, "go.env")) // older versions have none
	settings, _ := os.ReadFile(userSettings(t.environ))       // most users have none
	parts := [][]byte{version, defaults, settings, []byte(variable(t.environ, "GOTOOLCHAIN")), []byte(runtime.GOOS + "/" + runtime.GOARCH)}
	return digest(bytes.Join(parts, []byte{0})), nil
}

// userSettings is the file that "go env -w" writes.
func userSettings(environ []string) string {
	if file := variable(environ, "GOENV"); file != "" {
		return file
	}
	dir := variable(environ, "XDG_CONFIG_HOME")
	if dir == "" {
		dir = filepath.Join(variable(environ, "HOME"), ".config")
	}
	if runtime.GOOS != "linux" {
		dir, _ = os.UserConfigDir()
	}
	return filepath.Join(dir, "go", "env")
}

// env is the whole environment of a compilation.
func (t goTool) env(settings map[string]string) []string {
	var out []string
	for _, name := range slices.Concat(passed, settled) {
		if v := variable(t.environ, name); v != "" {
			out = append(out, name+"="+v)
		} else if v := settings[name]; v != "" {
			out = append(out, name+"="+v)
		}
	}
	work := "off"
	if t.layout.workFile != "" {
		work = t.layout.workFile
	}
	return append(out, "GOENV=off", "GOFLAGS=", "GOWORK="+work, "CGO_ENABLED=0", "GO111MODULE=on", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
}

// settings asks for what the user has set with "go env -w".
func (t goTool) settings(ctx context.Context) (map[string]string, error) {
	env := append(t.env(nil), "GOENV="+userSettings(t.environ), "GOWORK=off")
	out, err := t.run(ctx, os.TempDir(), env, slices.Concat([]string{"env", "-json"}, settled)...)
	if err != nil {
		return nil, err
	}
	got := map[string]string{}
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, gitops.Errorf(gitops.Failed, "go env answered with something else than JSON: %w", err)
	}
	return got, nil
}

// facts asks for the toolchain that go.mod chooses.
func (t goTool) facts(ctx context.Context, env []string) (goFacts, error) {
	var got goFacts
	out, err := t.run(ctx, t.layout.estate, env, "env", "-json", "GOVERSION", "GOOS", "GOARCH", "GOMODCACHE")
	if err != nil {
		return got, err
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return got, gitops.Errorf(gitops.Failed, "go env answered with something else than JSON: %w", err)
	}
	return got, nil
}

// run runs the go command. What it complains about is the text of the error,
// of type *goError.
func (t goTool) run(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	out, complaint := &bounded{max: maxGoOutput}, &bounded{max: 1 << 20}
	cmd := exec.CommandContext(ctx, t.path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = dir, env, out, complaint
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil && out.over:
		return nil, gitops.Errorf(gitops.Failed, "go %s answered with more than can be right", args[0])
	case err == nil:
		return out.buf.Bytes(), nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, gitops.Errorf(gitops.Timeout, "go %s took too long", args[0])
	case ctx.Err() != nil:
		return nil, gitops.Errorf(gitops.Cancelled, "go %s was cancelled: %w", args[0], ctx.Err())
	case errors.As(err, &exit):
		return nil, &goError{text: strings.TrimSpace(complaint.buf.String()), code: exit.ExitCode()}
	}
	return nil, gitops.Errorf(gitops.Failed, "cannot run go %s: %w", args[0], err)
}

// goError is a go command that failed by itself.
type goError struct {
	text string
	code int
}

func (e *goError) Error() string { return e.text }

// variable returns the last value of an environment variable.
func variable(environ []string, name string) string {
	for _, kv := range slices.Backward(environ) {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// bounded keeps the first max bytes and notes that there were more. It has no
// method but Write to write with: io.Copy would prefer another one.
type bounded struct {
	buf  bytes.Buffer
	max  int
	over bool
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.max - b.buf.Len()
	b.over = b.over || len(p) > room
	b.buf.Write(p[:min(room, len(p))])
	return len(p), nil
}
