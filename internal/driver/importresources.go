package driver

import (
	"context"
	"fmt"
	"go/token"
	"path"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"

	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/gosdk"
	"github.com/trunkline-dev/trunkline/internal/gosdk/declare"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// ImportRequest asks to take resources that exist into a stack.
type ImportRequest struct {
	Imports
	// Protect marks them as protected, in the state and in the Go.
	Protect bool
	// Confirm is asked after the preview; nil means yes.
	Confirm func(preview *Report) (bool, error)
}

// ImportResult is what an import has done.
type ImportResult struct {
	*Report
	// Source is the Go that declares what was imported.
	Source declare.Source
	// Package is the directory of the stack's package in the repository.
	Package string
}

// ImportResources previews, asks, and takes resources into the state of a stack,
// under its lease. The cloud is only read. The result is nil when nothing was
// imported: the preview failed, or the answer was no.
func (s *Session) ImportResources(ctx context.Context, id gitops.StackID, req ImportRequest) (*ImportResult, error) {
	def, err := s.Definition(id.Name)
	if err != nil {
		return nil, err
	}
	sdks, err := s.importSDKs(ctx, req.Imports)
	if err != nil {
		return nil, err
	}
	if err := s.unowned(ctx, id, req.Imports); err != nil {
		return nil, err
	}
	if err := s.authorize(ctx, []gitops.StackID{id}, awsauth.Preview); err != nil {
		return nil, err
	}
	rep, err := s.importing(ctx, id, req, importOptions(req, sdks))
	if err != nil || rep == nil {
		return nil, err
	}
	dir := strings.TrimPrefix(strings.TrimPrefix(def.Package, s.Estate.Module), "/")
	res := &ImportResult{Report: rep, Package: path.Join(s.Binary.ModuleDir, dir)}
	res.Source, err = s.declared(ctx, id, req, declare.Program{Package: packageName(def.Package), SDKs: sdks})
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.KindOf(err), What: "everything is imported, but the Go that declares it could not be written", Err: err,
			Next: fmt.Sprintf("declare it by hand until this shows no changes: trunkline preview -e %s -s %s", id.Environment, id.Name)}
	}
	return res, nil
}

// importing runs the preview and the import.
func (s *Session) importing(ctx context.Context, id gitops.StackID, req ImportRequest, opts []optimport.Option) (*Report, error) {
	a := action{operation: gitops.Import, imports: opts}
	ids := []gitops.StackID{id}
	preview, err := s.sweep(ctx, ids, gitops.Import, true, rollout.Options{}, func(ctx context.Context, id gitops.StackID) gitops.RunResult {
		look := a
		look.dry = true
		return s.run(ctx, id, look)
	})
	if err != nil {
		return nil, err
	}
	if err := preview.Err(); err != nil {
		return nil, s.missing(id, req.Imports, err)
	}
	if req.Confirm != nil {
		if ok, err := req.Confirm(preview); err != nil || !ok {
			return nil, err
		}
	}
	rep, err := s.sweep(ctx, ids, gitops.Import, false, rollout.Options{}, func(ctx context.Context, id gitops.StackID) gitops.RunResult {
		return s.asPreviewed(ctx, id, preview, a, req.Confirm != nil)
	})
	if err != nil {
		return nil, err
	}
	return rep, rep.Err()
}

// importOptions asks for the version of each provider that the SDK asks for, as
// the program will.
func importOptions(req ImportRequest, sdks map[string]*gosdk.SDK) []optimport.Option {
	list := make([]*optimport.ImportResource, len(req.Resources))
	for i, r := range req.Resources {
		one := *r
		name, _, _ := strings.Cut(r.Type, ":")
		if sdk := sdks[name]; sdk != nil && one.Version == "" && one.ID != "" {
			one.Version = sdk.Version
		}
		list[i] = &one
	}
	return []optimport.Option{optimport.Resources(list), optimport.NameTable(req.NameTable), optimport.Protect(req.Protect)}
}

var doesNotExist = regexp.MustCompile(`resource '(.+)' does not exist`)

// missing says what it means that the provider finds nothing under an ID.
func (s *Session) missing(id gitops.StackID, im Imports, err error) error {
	m := doesNotExist.FindStringSubmatch(err.Error())
	if m == nil {
		return err
	}
	env, envErr := s.Environment(id.Environment)
	if envErr != nil {
		return err
	}
	for _, r := range im.Resources {
		if r.ID != m[1] {
			continue
		}
		e := &gitops.Error{Kind: gitops.NotFound,
			What: fmt.Sprintf("there is no %s with the ID %s in account %s, region %s", r.Type, r.ID, env.Cloud.Account, env.Cloud.Region),
			Next: "the documentation of the resource says what its ID is, under Import; trunkline doctor -e " + env.Name + " shows whose cloud this is"}
		if env.Cloud.Provider == "sandbox" {
			e.Next = "trunkline sandbox ls --type '" + r.Type + "' lists the IDs that there are"
		}
		return e
	}
	return err
}

// declared writes the Go of what is in the state now.
func (s *Session) declared(ctx context.Context, id gitops.StackID, req ImportRequest, prog declare.Program) (declare.Source, error) {
	resources, err := s.stateResources(ctx, id)
	if err != nil {
		return declare.Source{}, err
	}
	for _, r := range req.Resources {
		d := declare.Resource{Key: r.Name, Name: logicalName(r), Type: r.Type, Parent: r.Parent, Provider: r.Provider}
		if r.ID != "" {
			now := imported(resources, r)
			d.ID, d.Inputs, d.Outputs, d.Protect = now.ID, now.Inputs, now.Outputs, now.Protect
		}
		prog.Resources = append(prog.Resources, d)
	}
	return declare.Go(prog)
}

// imported finds a resource in the state. The provider may have put its ID into
// other words, but then no other has the name.
func imported(resources []stateResource, want *optimport.ImportResource) stateResource {
	found := stateResource{ID: want.ID}
	for _, r := range resources {
		if r.Type == want.Type && r.name() == logicalName(want) {
			if found = r; r.ID == want.ID {
				break
			}
		}
	}
	return found
}

var noLetter = regexp.MustCompile(`[^A-Za-z0-9_]`)

// packageName is the name that a package of this import path has by custom.
func packageName(importPath string) string {
	name := noLetter.ReplaceAllString(path.Base(importPath), "")
	if !token.IsIdentifier(name) {
		return "main"
	}
	return name
}
