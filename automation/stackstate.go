package automation

import (
	"encoding/json"
	"errors"
	"io"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// stackOutput: auto calls it twice and takes for secret what "[secret]" stands
// in.
type stackOutput struct{ json, show bool }

func (a *stackOutput) flags(fs *pflag.FlagSet) {
	fs.BoolVarP(&a.json, "json", "j", false, "print JSON")
	fs.BoolVar(&a.show, "show-secrets", false, "print secrets in plain text")
}

func (a *stackOutput) run(s *session, args []string) error {
	if !a.json {
		return usage("pulumi stack output is served with --json only")
	}
	st, err := s.existingEngineStack()
	if err != nil {
		return err
	}
	outs, err := s.be.api.Outputs(s.ctx, st, a.show)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		if outs == nil {
			outs = map[string]any{}
		}
		return s.json(outs)
	}
	v, ok := outs[args[0]]
	if !ok {
		return gitops.Errorf(gitops.Failed, "current stack does not have output property '%s'", args[0])
	}
	return s.json(v)
}

func (s *session) existingEngineStack() (engine.Stack, error) {
	ref, err := s.existing(false)
	if err != nil {
		return engine.Stack{}, err
	}
	return s.engineStack(ref)
}

type stackExport struct{ show bool }

func (a *stackExport) flags(fs *pflag.FlagSet) {
	fs.BoolVar(&a.show, "show-secrets", false, "print secrets in plain text")
}

func (a *stackExport) run(s *session, _ []string) error {
	st, err := s.existingEngineStack()
	if err != nil {
		return err
	}
	d, err := s.be.api.Export(s.ctx, st, a.show)
	if err != nil {
		return err
	}
	return s.json(d)
}

type stackImport struct {
	file  string
	force bool
}

func (a *stackImport) flags(fs *pflag.FlagSet) {
	fs.StringVar(&a.file, "file", "", "the file to read; stdin without")
	fs.BoolVarP(&a.force, "force", "f", false, "even the state of another stack or a broken one")
}

func (a *stackImport) run(s *session, _ []string) error {
	st, err := s.existingEngineStack()
	if err != nil {
		return err
	}
	raw, err := a.read(s)
	if err != nil {
		return gitops.Errorf(gitops.Invalid, "read the deployment: %w", err)
	}
	d, err := parseDeployment(raw)
	if err != nil {
		return err
	}
	if err := s.be.api.Import(s.ctx, st, d, a.force); err != nil {
		return err
	}
	_, err = io.WriteString(s.out, "Import complete.\n")
	return err
}

func (a *stackImport) read(s *session) ([]byte, error) {
	switch {
	case a.file != "":
		return os.ReadFile(s.abs(a.file))
	case s.stdin == nil:
		return nil, errors.New("no --file and no standard input")
	}
	return io.ReadAll(s.stdin)
}

// parseDeployment reads an exported state.
func parseDeployment(raw []byte) (apitype.UntypedDeployment, error) {
	var d apitype.UntypedDeployment
	if err := json.Unmarshal(raw, &d); err != nil {
		return d, gitops.Errorf(gitops.Invalid, "the deployment is not JSON: %w", err)
	}
	if len(d.Deployment) == 0 || d.Version == 0 {
		return d, usage("the file is not an exported deployment: it has no version or no deployment")
	}
	return d, nil
}
