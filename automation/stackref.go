package automation

import (
	"fmt"
	"os"
	"os/user"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// ref is the stack that the call names, or the selected one. It opens the
// backend.
func (s *session) ref(needProject bool) (gitops.StackRef, error) {
	if err := s.open(needProject); err != nil {
		return gitops.StackRef{}, err
	}
	name := s.stack
	if name == "" {
		name = s.env["PULUMI_STACK"]
	}
	if name == "" {
		s.core.mu.Lock()
		defer s.core.mu.Unlock()
		if ref, ok := s.core.current[s.dir]; ok {
			return ref, nil
		}
		return gitops.StackRef{}, gitops.Errorf(gitops.NotFound, "no stack selected: name one with --stack")
	}
	project := ""
	if s.proj != nil {
		project = s.proj.Name.String()
	}
	return parseRef(name, project)
}

// existing is ref of a stack that exists.
func (s *session) existing(needProject bool) (gitops.StackRef, error) {
	ref, err := s.ref(needProject)
	if err == nil {
		_, err = s.find(ref)
	}
	return ref, err
}

// find looks the stack up in the store, without reading its state.
func (s *session) find(ref gitops.StackRef) (gitops.StackInfo, error) {
	info, err := s.be.store.Info(s.ctx, ref)
	if gitops.KindOf(err) == gitops.NotFound {
		return info, stackNotFound(ref)
	}
	return info, err
}

// free is an error when the stack exists.
func (s *session) free(ref gitops.StackRef) error {
	switch _, err := s.find(ref); {
	case err == nil:
		return stackExists(ref)
	case gitops.KindOf(err) == gitops.NotFound:
		return nil
	default:
		return err
	}
}

// own is existing for commands that use the project's settings: the stack must
// belong to the project.
func (s *session) own() (gitops.StackRef, error) {
	ref, err := s.existing(true)
	if err == nil && ref.Project != s.proj.Name.String() {
		err = usage("the stack %s belongs to another project than %s's Pulumi.yaml (%s)", qualified(ref), s.proj.root, s.proj.Name)
	}
	return ref, err
}

// selectStack remembers the stack for later calls in the same directory.
func (s *session) selectStack(ref gitops.StackRef) {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	s.core.current[s.dir] = ref
}

// engineStack is the stack with what opens its secrets, as its file says.
func (s *session) engineStack(ref gitops.StackRef) (engine.Stack, error) {
	if s.proj == nil || ref.Project != s.proj.Name.String() {
		return engine.Stack{Ref: ref, Secrets: engine.SecretsSettings{Passphrase: s.passphrase}}, nil
	}
	f, err := s.loadFile(ref)
	if err != nil {
		return engine.Stack{}, err
	}
	return f.stack(s), nil
}

const (
	passphraseVar     = "PULUMI_CONFIG_PASSPHRASE"
	passphraseFileVar = "PULUMI_CONFIG_PASSPHRASE_FILE"
)

// passphrase reads the passphrase from the call's environment.
func (s *session) passphrase() (string, bool, error) {
	if p, ok := s.env[passphraseVar]; ok {
		return p, true, nil
	}
	path := s.env[passphraseFileVar]
	if path == "" {
		return "", false, nil
	}
	b, err := os.ReadFile(s.abs(path))
	if err != nil {
		return "", false, gitops.Errorf(gitops.Invalid, "%s: %w", passphraseFileVar, err)
	}
	return strings.TrimSpace(string(b)), true, nil
}

// holderName says who runs operations.
func (s *session) holderName() string {
	if s.holder != "" {
		return s.holder
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown-host"
	}
	return fmt.Sprintf("%s@%s pid %d", s.userName(), host, os.Getpid())
}

func (s *session) userName() string {
	for _, k := range []string{"USER", "LOGNAME", "USERNAME"} {
		if u := s.env[k]; u != "" {
			return u
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
