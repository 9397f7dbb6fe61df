package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"
	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func importCommand(g *globals) *cobra.Command {
	var file, out string
	var protect bool
	cmd := &cobra.Command{
		Use:   "import [TYPE] [NAME] [ID]",
		Short: "Take resources that exist into a stack, and print the Go for them",
		Long: `Take resources that exist in the cloud into the state of one stack, and print the
Go that declares them: save it in the stack's package with --out, call its
function, and the next preview shows no changes, except for the tags that an environment gives
to all that is in it, where they are missing. The cloud is only read. Resources
are protected, as Pulumi does it, until the Go no longer says so.

A file of many has a line for each resource,

  jobs: aws:sqs/queue:Queue https://sqs.eu-west-1.amazonaws.com/123456789012/jobs

or is the file that pulumi import reads, in JSON or YAML.`,
		Example: `  trunkline import -e dev -s data aws:sqs/queue:Queue jobs https://sqs… --out stacks/data/jobs.go
  trunkline import -e dev -s data --file many.yaml --out stacks/data/adopted.go`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := g.check(formatJSON); err != nil {
				return err
			}
			id, err := g.one()
			if err != nil {
				return err
			}
			what, err := g.imports(cmd, file, args)
			if err != nil {
				return err
			}
			if err := g.vacant(out); err != nil {
				return err
			}
			sel := g.selection()
			return g.session(cmd.Context(), driver.OpenOptions{Select: &sel}, func(ctx context.Context, s *driver.Session) error {
				return g.importing(ctx, s, id, driver.ImportRequest{Imports: what, Protect: protect}, out)
			})
		},
	}
	g.selecting(cmd)
	f := cmd.Flags()
	f.StringVarP(&file, "file", "f", "", "a JSON or YAML file that names many resources")
	f.StringVar(&out, "out", "", "a new file for the Go, instead of standard output")
	f.BoolVar(&protect, "protect", true, "protect what is imported from being deleted")
	f.BoolVar(&g.noWait, "no-wait", false, "fail at once when somebody else holds the stack, instead of waiting in line")
	return cmd
}

// imports reads what to import from the arguments or the file.
func (g *globals) imports(cmd *cobra.Command, file string, args []string) (driver.Imports, error) {
	switch {
	case file == "" && len(args) == 3:
		return driver.Imports{Resources: []*optimport.ImportResource{{Type: args[0], Name: args[1], ID: args[2]}}}, nil
	case file == "" || len(args) > 0:
		return driver.Imports{}, &gitops.Error{Kind: gitops.Invalid, What: "name one resource as TYPE NAME ID, or many with --file", Next: cmd.CommandPath() + " --help"}
	}
	path := g.path(file)
	text, err := os.ReadFile(path)
	if err != nil {
		return driver.Imports{}, gitops.Errorf(gitops.Invalid, "cannot read the import file: %w", err)
	}
	return driver.ParseImports(filepath.Base(path), text)
}

// vacant refuses to write over a file.
func (g *globals) vacant(file string) error {
	if file == "" {
		return nil
	}
	if _, err := os.Lstat(g.path(file)); !errors.Is(err, fs.ErrNotExist) {
		return &gitops.Error{Kind: gitops.Invalid, What: file + " is there already", Err: err, Next: "name a new file with --out"}
	}
	return nil
}

// importing runs the import and shows what it took.
func (g *globals) importing(ctx context.Context, s *driver.Session, id gitops.StackID, req driver.ImportRequest, out string) error {
	req.Confirm = g.unlessYes(func(preview *driver.Report) (bool, error) {
		doc := s.Document(review.Import, preview)
		g.shows.Clear()
		if err := g.errScreen().Print(review.Text(doc, g.errScreen().TextOptions())...); err != nil {
			return false, err
		}
		return g.ask(ctx, fmt.Sprintf("Take this into the state of %s?", id), g.details(doc))
	})
	res, err := s.ImportResources(ctx, id, req)
	switch {
	case err != nil:
		return err
	case res == nil:
		return g.say("nothing was imported")
	}
	if out != "" {
		if err := os.WriteFile(g.path(out), res.Source.Text, 0o644); err != nil {
			return gitops.Errorf(gitops.Failed, "everything is imported, but the Go could not be written: %w\n%s", err, res.Source.Text)
		}
	}
	if g.output == formatJSON {
		return g.json(importJSON(id, res))
	}
	return g.imported(s, id, res, out)
}

// imported tells what was imported and what to do with the Go, and prints that
// when it went to no file.
func (g *globals) imported(s *driver.Session, id gitops.StackID, res *driver.ImportResult, out string) error {
	g.shows.Clear()
	doc := s.Document(review.Import, res.Report)
	if err := g.errScreen().Print(review.Text(doc, g.errScreen().TextOptions())...); err != nil {
		return err
	}
	for _, p := range res.Source.Params {
		fmt.Fprintf(g.deps.Stderr, "%s takes %s: %s\n", res.Source.Func, p.Name, p.Why)
	}
	for _, n := range res.Source.Notes {
		fmt.Fprintf(g.deps.Stderr, "note: %s\n", n)
	}
	save := ""
	if out == "" {
		save = "save this in " + res.Package + ", "
	}
	fmt.Fprintf(g.deps.Stderr, "next: %scall %s in the build function of %s, then: trunkline preview -e %s -s %s --expect-no-changes\n",
		save, res.Source.Func, id.Name, id.Environment, id.Name)
	if out != "" {
		return nil
	}
	_, err := g.deps.Stdout.Write(res.Source.Text)
	return err
}

// importJSON is what -o json prints.
func importJSON(id gitops.StackID, res *driver.ImportResult) any {
	type param struct {
		Name string `json:"name"`
		Type string `json:"type"`
		Why  string `json:"why"`
	}
	params := []param{}
	for _, p := range res.Source.Params {
		params = append(params, param(p))
	}
	resources := []map[string]any{}
	for _, r := range res.Results {
		for _, c := range r.Changes.Changes {
			resources = append(resources, map[string]any{"urn": c.URN, "type": c.Type, "name": c.Name, "protected": c.Protected})
		}
	}
	return map[string]any{"schema": "trunkline.import/v1", "stack": id.Name, "environment": id.Environment, "resources": resources,
		"package": res.Package, "function": res.Source.Func, "parameters": params, "notes": append([]string{}, res.Source.Notes...),
		"go": strings.TrimSuffix(string(res.Source.Text), "\n")}
}
