package driver

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/frompulumi"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/internal/scaffold"
	"github.com/trunkline-dev/trunkline/internal/secrets"
)

// PulumiRequest asks for an estate made of Pulumi projects.
type PulumiRequest struct {
	// Options has Dir, where the estate goes. The directories of the projects are
	// only read.
	Options
	// Projects are the directories with a Pulumi.yaml each.
	Projects []string
	// Reference holds the reference estate, for the kit.
	Reference fs.FS
	// Module is the path of the estate's module when there are several projects.
	Module string
	// Stacks are the stacks to carry over; empty means all that have a file.
	Stacks []string
	// State is the URL of the backend; "" means the one that the Pulumi CLI uses.
	// Exported are files of `pulumi stack export --show-secrets`, by "project/stack"
	// or, for a single project, by stack.
	State    string
	Exported map[string]string
	// Provider, Region and Account are for environments that the projects say
	// nothing of.
	Provider, Region, Account string
}

// PulumiResult is an estate that was made.
type PulumiResult struct {
	// Files are the paths of what was written.
	Files []string
	// States are the stacks whose state was carried over.
	States []gitops.StackID
	// Environments are those of the estate.
	Environments []string
	// Findings are what a person has to look at. When one blocks, nothing was
	// written.
	Findings []frompulumi.Finding
}

// carryOver is one FromPulumi while it runs.
type carryOver struct {
	PulumiRequest
	d       *Driver // has no estate: it answers for passphrase and progress only
	scratch string  // a directory that only this user can read
	key     *secrets.KeyFile
	estate  frompulumi.Estate
	result  *PulumiResult
}

// FromPulumi writes the estate that Pulumi projects become, and puts their states
// into its store. The result is there also when a finding blocks, with an error.
func FromPulumi(ctx context.Context, req PulumiRequest) (*PulumiResult, error) {
	scratch, err := os.MkdirTemp("", "trunkline-pulumi-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(scratch)
	if req.Now == nil {
		req.Now = time.Now
	}
	opts := req.Options
	opts.Dir = "" // a file with a passphrase is named from where the command runs
	c := &carryOver{PulumiRequest: req, d: &Driver{opts: opts}, scratch: scratch, result: &PulumiResult{}}
	for _, step := range []func(context.Context) error{
		c.convert,  // estate: all texts; findings
		c.write,    // the files are in Dir, and the key
		c.complete, // go.mod names all modules
		c.restore,  // the states are in the store
	} {
		if err := step(ctx); err != nil {
			return c.result, err
		}
	}
	return c.result, nil
}

// convert reads the projects and makes an estate of them, as texts.
func (c *carryOver) convert(ctx context.Context) (err error) {
	if c.key, err = secrets.MakeKeyFile(filepath.Join(c.scratch, "key")); err != nil {
		return err
	}
	var projects []frompulumi.Project
	for _, dir := range c.Projects {
		p, err := c.readProject(ctx, dir)
		if err != nil {
			return err
		}
		projects = append(projects, p)
	}
	mod, err := fs.ReadFile(c.Reference, "go.mod")
	if err != nil {
		return err
	}
	_, modules, err := scaffold.Kit(c.Reference, c.Module)
	if err != nil {
		return err
	}
	c.estate, err = frompulumi.Carry(projects, frompulumi.Options{
		Name: filepath.Base(c.Dir), Home: c.Module, Provider: c.Provider, Region: c.Region, Account: c.Account, GoMod: mod, Kit: modules,
	})
	if err != nil {
		return gitops.Errorf(gitops.Invalid, "%w", err)
	}
	c.result.Findings = append(c.result.Findings, c.estate.Findings...)
	if slices.ContainsFunc(c.result.Findings, func(f frompulumi.Finding) bool { return f.Blocks }) {
		return &gitops.Error{Kind: gitops.Invalid, What: "the project cannot be carried over as it is, and nothing was written",
			Next: "do what the list above says, and repeat the command"}
	}
	return nil
}

// write writes the estate with the kit and the key that its secrets are
// encrypted with.
func (c *carryOver) write(context.Context) error {
	files, _, err := scaffold.Kit(c.Reference, c.estate.Home)
	if err != nil {
		return err
	}
	if !c.estate.Policed() {
		maps.DeleteFunc(files, func(p string, _ []byte) bool { return strings.HasPrefix(p, "policy/") })
	}
	maps.Copy(files, c.estate.Files)
	sums, err := fs.ReadFile(c.Reference, "go.sum")
	if err != nil {
		return err
	}
	files["go.sum"] = frompulumi.GoSum(files["go.sum"], sums)
	data := filepath.Join(c.Dir, ".trunkline")
	if _, err := os.Lstat(data); !errors.Is(err, fs.ErrNotExist) {
		return &gitops.Error{Kind: gitops.Invalid, What: ".trunkline is already in " + c.Dir, Err: err, Next: "choose an empty directory"}
	}
	if c.result.Files, err = scaffold.Save(c.Dir, files); err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(c.scratch, "key"))
	if err != nil {
		return err
	}
	if err := os.Mkdir(data, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, "key"), key, 0o600)
}

// complete lets Go find the modules that the kit and the projects need together.
func (c *carryOver) complete(ctx context.Context) error {
	root, err := filepath.EvalSymlinks(c.Dir)
	if err != nil {
		return err
	}
	end := c.d.phase("completing go.mod")
	if err := c.d.builder.Complete(ctx, program.Source{Root: root}); err != nil {
		c.result.Findings = append(c.result.Findings, frompulumi.Finding{File: "go.mod", What: "Go cannot complete it: " + err.Error(),
			Next: "mend it, then: go mod tidy"})
	}
	end()
	return nil
}

// restore puts the states into the store of the estate, encrypted with its key.
func (c *carryOver) restore(ctx context.Context) (err error) {
	d, err := New(c.Options)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	s, err := d.OpenFiles(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	for _, env := range s.Environments {
		c.result.Environments = append(c.result.Environments, env.Name)
	}
	for _, st := range c.estate.States {
		id := gitops.StackID{Name: st.Definition, Environment: st.Environment}
		if err := s.Import(ctx, id, st.Exported, false); err != nil {
			return &gitops.Error{Kind: gitops.KindOf(err), What: "the estate is written, but not the state of " + id.String(), Err: err,
				Next: "remove " + c.Dir + " and repeat the command"}
		}
		c.result.States = append(c.result.States, id)
	}
	return nil
}

// exporter is the backend of a project, opened.
func (c *carryOver) exporter(url string) *automation.Command {
	return automation.New(automation.State(url), automation.KeyFile(filepath.Join(c.scratch, "unused")))
}
