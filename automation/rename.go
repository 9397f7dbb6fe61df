package automation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackRename is `stack rename NEW`: the name in the store, the URNs in the
// state and the stack's file. A stack that goes to another project is for that
// project's Pulumi.yaml from then on.
type stackRename struct{}

func (stackRename) flags(*pflag.FlagSet) {}

func (stackRename) run(s *session, args []string) error {
	from, err := s.own()
	if err != nil {
		return err
	}
	to, err := parseRef(args[0], from.Project)
	if err != nil {
		return err
	}
	if err := s.free(to); err != nil {
		return err
	}
	for _, step := range []func() error{
		func() error { return s.be.api.Rename(s.ctx, from, to) },
		func() error { return s.renameFile(from, to) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	s.core.mu.Lock()
	s.core.renamed[from] = to
	delete(s.core.renamed, to)
	for dir, cur := range s.core.current {
		if cur == from {
			s.core.current[dir] = to
		}
	}
	s.core.mu.Unlock()
	_, err = fmt.Fprintf(s.out, "Renamed %s to %s\n", s.shown(from), s.shown(to))
	return err
}

// shown is the stack's name as the CLI shows it: short within the project.
func (s *session) shown(ref gitops.StackRef) string {
	if s.proj != nil && ref.Project == s.proj.Name.String() {
		return ref.Stack
	}
	return qualified(ref)
}

// renameFile moves Pulumi.<stack>.yaml, when there is one.
func (s *session) renameFile(from, to gitops.StackRef) error {
	if s.configFile != "" || from.Stack == to.Stack {
		return nil
	}
	err := os.Rename(s.proj.stackFile(from), s.proj.stackFile(to))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return gitops.Errorf(gitops.Failed, "the stack is renamed; its settings are not: %w", err)
	}
	return nil
}
