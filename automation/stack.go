package automation

import (
	"fmt"

	"os"
	"time"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// timeFormat is the CLI's in JSON.
const timeFormat = "2006-01-02T15:04:05.000Z"

func formatTime(t time.Time) string { return t.UTC().Format(timeFormat) }

type versionAction struct{}

func (versionAction) flags(*pflag.FlagSet) {}

func (versionAction) run(s *session, _ []string) error {
	_, err := fmt.Fprintf(s.out, "v%s\n", sdk.Version)
	return err
}

type whoamiAction struct{ json bool }

func (a *whoamiAction) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
}

func (a *whoamiAction) run(s *session, _ []string) error {
	if err := s.open(false); err != nil {
		return err
	}
	if !a.json {
		_, err := fmt.Fprintln(s.out, s.userName())
		return err
	}
	return s.json(struct {
		User string `json:"user"`
		URL  string `json:"url"`
	}{s.userName(), withoutSecrets(s.be.url)})
}

// cancelAction ends an operation of this process gracefully, or takes the lease
// of another process away.
type cancelAction struct{}

func (*cancelAction) flags(*pflag.FlagSet) {}

func (*cancelAction) run(s *session, args []string) error {
	s.nameFrom(args)
	ref, err := s.existing(false)
	if err != nil {
		return err
	}
	if err := s.be.api.Cancel(s.ctx, ref); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "The currently running update for '%s' has been canceled!\n", ref.Stack)
	return err
}

// nameFrom takes the stack's name from the arguments, for commands that accept
// it there.
func (s *session) nameFrom(args []string) {
	if len(args) > 0 {
		s.stack = args[0]
	}
}

// stackShow is `stack`: does it exist?
type stackShow struct{}

func (stackShow) flags(*pflag.FlagSet) {}

func (stackShow) run(s *session, _ []string) error {
	ref, err := s.existing(false)
	if err == nil {
		_, err = fmt.Fprintf(s.out, "Current stack is %s\n", ref.Stack)
	}
	return err
}

type stackSelect struct{}

func (stackSelect) flags(*pflag.FlagSet) {}

func (stackSelect) run(s *session, args []string) error {
	s.nameFrom(args)
	ref, err := s.existing(false)
	if err == nil {
		s.selectStack(ref)
	}
	return err
}

type stackInit struct {
	provider string
	noSelect bool
}

func (a *stackInit) flags(fs *pflag.FlagSet) {
	fs.StringVar(&a.provider, "secrets-provider", "", "key, passphrase, or the URL of a KMS key")
	fs.BoolVar(&a.noSelect, "no-select", false, "do not select the new stack")
}

func (a *stackInit) run(s *session, args []string) error {
	s.nameFrom(args)
	ref, err := s.ref(true)
	if err != nil {
		return err
	}
	if ref.Project != s.proj.Name.String() {
		return usage("the stack %s belongs to another project than Pulumi.yaml (%s)", qualified(ref), s.proj.Name)
	}
	if err := s.free(ref); err != nil {
		return err
	}
	err = s.editFile(ref, func(f *stackFile) error {
		if a.provider != "" && a.provider != "default" {
			f.SecretsProvider = a.provider
		}
		made, err := s.be.api.Init(s.ctx, f.stack(s))
		if gitops.KindOf(err) == gitops.Unexpected { // somebody was faster
			return stackExists(ref)
		}
		f.keep(made)
		return err
	})
	if err != nil {
		return err
	}
	if !a.noSelect {
		s.selectStack(ref)
	}
	_, err = fmt.Fprintf(s.err, "Created stack '%s'\n", ref.Stack) // where the CLI says it
	return err
}

type stackList struct{ json, all bool }

func (a *stackList) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
	fs.BoolVarP(&a.all, "all", "a", false, "of all projects")
}

type stackSummary struct {
	Name             string `json:"name"`
	Current          bool   `json:"current"`
	LastUpdate       string `json:"lastUpdate,omitempty"`
	UpdateInProgress bool   `json:"updateInProgress"`
	ResourceCount    *int   `json:"resourceCount,omitempty"`
}

func (a *stackList) run(s *session, _ []string) error {
	if !a.json {
		return usage("pulumi stack ls is served with --json only")
	}
	if err := s.open(!a.all); err != nil {
		return err
	}
	project := ""
	if s.proj != nil {
		project = s.proj.Name.String()
	}
	of := project
	if a.all {
		of = ""
	}
	infos, err := s.be.store.Stacks(s.ctx, of)
	if err != nil {
		return err
	}
	list := []stackSummary{}
	for _, i := range infos {
		e := stackSummary{Name: i.Ref.Stack, Current: s.isCurrent(i.Ref)}
		if i.Ref.Project != project {
			e.Name = qualified(i.Ref)
		}
		if !i.Updated.IsZero() {
			e.LastUpdate, e.ResourceCount = formatTime(i.Updated), &i.Resources
		}
		leases, err := s.be.store.Leases(s.ctx, i.Ref)
		if err != nil {
			return err
		}
		e.UpdateInProgress = len(leases) > 0
		list = append(list, e)
	}
	return s.json(list)
}

func (s *session) isCurrent(ref gitops.StackRef) bool {
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.core.current[s.dir] == ref
}

type stackRemove struct{ force, keepConfig bool }

func (a *stackRemove) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.force, "force", "f", false, "even with resources")
	fs.BoolVar(&a.keepConfig, "preserve-config", false, "keep Pulumi.<stack>.yaml")
}

func (a *stackRemove) run(s *session, args []string) error {
	if err := s.confirmed("stack rm"); err != nil {
		return err
	}
	s.nameFrom(args)
	ref, err := s.existing(false)
	if err != nil {
		return err
	}
	if err := s.be.api.Remove(s.ctx, ref, a.force); err != nil {
		return err
	}
	if s.proj != nil && ref.Project == s.proj.Name.String() && !a.keepConfig {
		if err := os.Remove(s.filePath(ref)); err != nil && !os.IsNotExist(err) {
			return gitops.Errorf(gitops.Failed, "the stack is removed; its settings are not: %w", err)
		}
	}
	s.core.mu.Lock()
	for dir, cur := range s.core.current {
		if cur == ref {
			delete(s.core.current, dir)
		}
	}
	s.core.mu.Unlock()
	_, err = fmt.Fprintf(s.out, "Stack '%s' has been removed!\n", ref.Stack)
	return err
}
