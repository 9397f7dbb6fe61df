package automation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// session is one Run: what a CLI process keeps in its working directory,
// environment and globals.
type session struct {
	*Command
	ctx      context.Context
	dir      string
	env      map[string]string
	stdin    io.Reader
	out, err io.Writer

	common
	flagSet *pflag.FlagSet

	proj *project
	be   *backend
}

// serve parses and runs one command line.
func (s *session) serve(argv []string) (err error) {
	defer func() {
		if p := recover(); p != nil { // auto.IsUnexpectedEngineError looks for this text on stdout
			fmt.Fprintf(s.out, "The Pulumi CLI encountered a fatal error. This is a bug!\n%v\n%s", p, debug.Stack())
			err = gitops.Errorf(gitops.Bug, "panic: %v", p)
		}
	}()
	inv, err := parse(argv, s.env)
	if err != nil {
		s.stack = stackFlag(argv)
		return err
	}
	if inv.help {
		_, err := io.WriteString(s.out, inv.usageText())
		return err
	}
	s.common, s.flagSet = inv.common, inv.flags
	if s.dir, err = workDir(s.dir, inv.cwd); err != nil {
		return err
	}
	if err := s.checkSwitches(); err != nil {
		return err
	}
	for _, f := range inv.noted {
		fmt.Fprintf(s.err, "warning: --%s has no effect in this process\n", f)
	}
	err = inv.action.run(s, inv.args)
	if errors.Is(err, context.Canceled) && s.ctx.Err() != nil && gitops.KindOf(err) == gitops.Failed {
		err = gitops.Errorf(gitops.Cancelled, "pulumi %s: %w", inv.name, err)
	}
	return err
}

// confirmed refuses what the CLI would ask about first.
func (s *session) confirmed(what string) error {
	if s.yes || truthy(s.env["PULUMI_SKIP_CONFIRMATIONS"]) {
		return nil
	}
	return usage("pulumi %s: --yes must be passed in to proceed: nobody can be asked in this process", what)
}

// stackFlag finds the stack in a command line that is not served, for OnError.
func stackFlag(argv []string) string {
	for i, a := range argv {
		if v, ok := strings.CutPrefix(a, "--stack="); ok {
			return v
		}
		if a == "--stack" && i+1 < len(argv) {
			return argv[i+1]
		}
	}
	return ""
}

func workDir(dir, cwd string) (string, error) {
	if filepath.IsAbs(cwd) {
		return cwd, nil
	}
	dir, err := filepath.Abs(filepath.Join(dir, cwd))
	if err != nil {
		return "", gitops.Errorf(gitops.Failed, "find the working directory: %w", err)
	}
	return dir, nil
}

// abs resolves a path of the command line.
func (s *session) abs(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.dir, path)
}

// stackName is the bare name of the stack that the call is about, "" when it
// names none.
func (s *session) stackName() string {
	return s.stack[strings.LastIndexByte(s.stack, '/')+1:]
}

// json prints like the CLI: indented, HTML left alone.
func (s *session) json(v any) error {
	enc := json.NewEncoder(s.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
