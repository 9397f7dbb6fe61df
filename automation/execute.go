package automation

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// read adds the files that the command line names.
func (o *operation) read(s *session, req *engine.Request, args []string) (err error) {
	if o.plan != "" {
		if req.Plan, err = os.ReadFile(s.abs(o.plan)); err != nil {
			return gitops.Errorf(gitops.Invalid, "read the update plan: %w", err)
		}
	}
	if o.kind == engine.ResourceImport {
		req.ImportFile, err = o.imported.read(s, args)
	}
	return err
}

// policies are the policy packs of the command line.
func (o *operation) policies(s *session) []engine.PolicyPack {
	var packs []engine.PolicyPack
	for i, p := range o.policyPacks {
		pack := engine.PolicyPack{Path: s.abs(p)}
		if len(o.policyPackConfig) > 0 {
			pack.Config = s.abs(o.policyPackConfig[i])
		}
		packs = append(packs, pack)
	}
	return packs
}

// rehearse runs an update that must keep to a plan without changing anything
// first, or it would stop half-way when it does not fit. The caller sees the
// rehearsal only when it fails. The update then starts from the same state.
func (o *operation) rehearse(ctx context.Context, s *session, req *engine.Request) error {
	if len(req.Plan) == 0 || req.DryRun {
		return nil
	}
	dry := *req
	var shown bytes.Buffer
	var events []apitype.EngineEvent
	dry.DryRun, dry.Out, dry.Observe, dry.SummaryOnly = true, &shown, nil, false
	dry.Events = func(e apitype.EngineEvent) {
		if e.DiagnosticEvent != nil || e.CancelEvent != nil {
			events = append(events, e)
		}
	}
	res, err := s.be.api.Run(ctx, dry)
	if err == nil {
		req.Expect = &res.Base
		return nil
	}
	_, _ = s.out.Write(shown.Bytes()) // our own buffer
	if req.Events != nil {
		for _, e := range events {
			req.Events(e)
		}
	}
	return &shownError{err}
}

// execute runs the engine.
func (o *operation) execute(ctx context.Context, s *session, req engine.Request) error {
	res, err := s.be.api.Run(ctx, req)
	for _, f := range s.onResult {
		f(req.Ref.Stack, res)
	}
	if err != nil {
		return &shownError{err}
	}
	if o.expectNoChanges && hasChanges(res.Changes) {
		return gitops.Errorf(gitops.Unexpected, "no changes were expected for %s but changes were proposed", o.kind)
	}
	return o.write(s, req, res)
}

// write writes the files that the command line asks for.
func (o *operation) write(s *session, req engine.Request, res engine.Result) error {
	for _, f := range []struct {
		path, what string
		content    []byte
		mode       fs.FileMode
	}{
		{o.savePlan, "update plan", res.Plan, 0o600},
		{o.importFile, "import file", res.ImportFile, 0o600},
	} {
		if f.path == "" {
			continue
		}
		if err := os.WriteFile(s.abs(f.path), f.content, f.mode); err != nil {
			return gitops.Errorf(gitops.Failed, "write the %s: %w", f.what, err)
		}
	}
	if o.savePlan != "" {
		fmt.Fprintf(s.err, "Update plan written to '%s'\nRun `pulumi up --plan='%s'` to constrain the update to the operations planned by this preview\n",
			o.savePlan, o.savePlan)
	}
	if o.kind == gitops.Destroy && !o.dryRun() && len(o.targets) == 0 {
		return advise(s, req.Ref)
	}
	if o.kind == engine.ResourceImport {
		return o.imported.finish(s, req)
	}
	return nil
}

// advise tells what a destroy leaves, in the CLI's words.
func advise(s *session, ref gitops.StackRef) error {
	_, err := fmt.Fprintf(s.out, "The resources in the stack have been deleted, but the history and configuration "+
		"associated with the stack are still maintained. \nIf you want to remove the stack completely, run `pulumi stack rm %s`.\n", ref.Stack)
	return err
}

// settle ends pending creates before a refresh: those that are named are
// adopted, the others are forgotten when that is asked for.
func (o *operation) settle(ctx context.Context, s *session, req engine.Request) error {
	req.Events, req.Out = nil, nil // the refresh that follows is what the caller sees
	for pair := range slices.Chunk(o.importPending, 2) {
		if err := s.be.api.Settle(ctx, req, pair[0], pair[1]); err != nil {
			return err
		}
	}
	if !o.clearPending {
		return nil
	}
	pending, err := s.be.api.Pending(ctx, req.Stack)
	if err != nil {
		return err
	}
	for _, p := range pending {
		if p.Kind != "creating" {
			continue
		}
		if err := s.be.api.Settle(ctx, req, p.URN, ""); err != nil {
			return err
		}
	}
	return nil
}
