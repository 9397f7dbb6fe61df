package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"

	sdkdisplay "github.com/pulumi/pulumi/pkg/v3/display"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// organization is the one organisation of stacks outside of Pulumi's service.
const organization = "organization"

// Run implements API.
func (e *Engine) Run(ctx context.Context, req Request) (Result, error) {
	op, err := e.newOperation(ctx, req)
	if err != nil {
		return Result{}, err
	}
	defer op.end()
	for _, step := range []func() error{
		op.takeLease,
		op.loadState,
		op.expected,
		op.recover,
		op.refusePending,
		op.openSecrets,
		op.connect,
		op.begin,
	} {
		if err := step(); err != nil {
			return Result{}, op.explain(err)
		}
	}
	runErr := op.execute()
	saveErr := op.save(runErr)
	res, err := op.result()
	// Pulumi leaves a goroutine behind that holds on to the operation.
	op.base.deployment = apitype.TypedDeployment{}
	return res, op.toRecover(op.explain(errors.Join(saveErr, runErr, err)))
}

// connect reaches the program and prepares the project for the engine.
func (op *operation) connect() error {
	if op.req.Program == "" {
		return nil
	}
	p, err := op.dial(op.req.Program)
	if err != nil {
		return err
	}
	op.program = p
	project := *op.req.Project
	project.Runtime = workspace.NewProjectRuntimeInfo(programRuntime, nil)
	op.req.Project = &project
	return nil
}

// begin opens the record in the history, from which on save must be called.
func (op *operation) begin() error {
	op.started = op.eng.opts.Now()
	if op.lease == nil {
		return nil
	}
	return op.lease.Begin(op.ctx, op.record("in-progress"))
}

// record returns the history's entry for the operation so far.
func (op *operation) record(result string) gitops.UpdateRecord {
	r := gitops.UpdateRecord{
		Operation: op.req.Operation, Started: op.started, Message: op.req.Message,
		Environment: op.req.Metadata, Result: result, Changes: counts(op.changes),
	}
	r.Config, _ = json.Marshal(op.req.Config) // strings and ciphertexts always marshal
	if result != "in-progress" {
		r.Ended = op.eng.opts.Now()
	}
	return r
}

func counts(c sdkdisplay.ResourceChanges) map[string]int {
	out := map[string]int{}
	for k, n := range c {
		out[string(k)] = n
	}
	return out
}

// execute runs the engine to its end and shows what it reports.
func (op *operation) execute() (err error) {
	info, opts, err := op.engineInput()
	if err != nil {
		return err
	}
	view := op.startView()
	ectx := &engine.Context{Cancel: op.cancel, Events: view.in, BackendClient: op.backendClient()}
	if op.journal != nil {
		if ectx.SnapshotManager, err = op.journal.manager(op.base.snapshot); err != nil {
			view.in <- engine.NewCancelEvent()
			view.wait(op.abandoned)
			return err
		}
	}
	func() {
		defer func() {
			if r := recover(); r != nil {
				err = &gitops.Error{Kind: gitops.Bug, What: fmt.Sprintf("the engine panicked: %v", r), Err: errors.New(string(debug.Stack()))}
			}
		}()
		op.changes, err = op.call(info, ectx, opts)
	}()
	if op.journal != nil {
		op.journal.close()
		err = errors.Join(op.journal.failure(), err)
	}
	if err == nil && op.stopped() == stopGraceful {
		err = errors.New("cancelled") // the engine does not say so of deletes that it left out
	}
	op.stopPlugins()
	view.wait(op.abandoned)
	op.failures = view.failures
	return err
}

// call chooses the engine's function.
func (op *operation) call(info engine.UpdateInfo, ectx *engine.Context, opts engine.UpdateOptions) (sdkdisplay.ResourceChanges, error) {
	run := engine.Update
	switch {
	case op.req.Operation == gitops.Refresh && op.req.RunProgram:
		run = engine.RefreshV2
	case op.req.Operation == gitops.Refresh:
		run = engine.Refresh
	case op.req.Operation == gitops.Destroy && op.req.RunProgram:
		run = engine.DestroyV2
	case op.req.Operation == gitops.Destroy:
		run = engine.Destroy
	case op.req.Operation == ResourceImport:
		run = op.engineImport
	}
	plan, changes, err := run(info, ectx, opts, op.req.DryRun)
	op.plan = plan
	return changes, err
}

// normalize checks a request and fills in what it leaves open.
func normalize(req Request) (Request, error) {
	if req.Operation == gitops.Preview {
		req.Operation, req.DryRun = gitops.Update, true
	}
	switch req.Operation {
	case gitops.Update, gitops.Refresh, gitops.Destroy, ResourceImport:
	default:
		return req, gitops.Errorf(gitops.Invalid, "unknown operation %q", req.Operation)
	}
	if req.Project == nil {
		req.Project = &workspace.Project{
			Name: tokens.PackageName(req.Ref.Project), Runtime: workspace.NewProjectRuntimeInfo("go", nil),
		}
	}
	if req.Root != "" && !filepath.IsAbs(req.Root) {
		return req, gitops.Errorf(gitops.Invalid, "the project's directory %q is not absolute", req.Root)
	}
	if req.Config == nil {
		req.Config = config.Map{}
	}
	if req.Holder == "" {
		req.Holder = "trunkline"
	}
	return req, nil
}

// result says what was done, also by an operation that failed.
func (op *operation) result() (r Result, err error) {
	r = Result{Changes: counts(op.changes), Base: op.base.version, Version: op.version}
	if r.Plan, err = op.writePlan(); err == nil && op.lister != nil {
		r.ImportFile, err = op.lister.file()
	}
	return r, err
}
