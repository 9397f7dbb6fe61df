package driver

import (
	"context"
	"errors"
	"maps"
	"os"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// action is one operation as the Automation API does it.
type action struct {
	operation gitops.Operation
	// dry tells that nothing changes: the preview of the operation.
	dry bool
	// refresh reads the cloud first.
	refresh bool
	// message goes to the history.
	message string
	// targets restricts the operation to these URNs.
	targets []string
	// expect is the state version that the operation was decided on; nil: any.
	expect  *int64
	overlay *automation.Overlay
	// imports are the options of an import.
	imports []optimport.Option
	// chosen collects made-up names over the stacks of one preview.
	chosen *chosenNames
	// outputs collects which outputs would change; nil: nobody asks.
	outputs *outputBook
}

// handle is one stack, opened through the Automation API.
type handle struct {
	stack auto.Stack
	cmd   *automation.Command
	dir   string
	env   []string // for calls that package auto does not offer

	mu   sync.Mutex
	err  error // the cause behind auto's text
	base int64 // the state version that the last operation started from
}

func (h *handle) close() error { return os.RemoveAll(h.dir) }

func (h *handle) stateVersion() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.base
}

// cause returns what really went wrong: auto keeps only texts.
func (h *handle) cause(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil && h.err != nil {
		return h.err
	}
	return err
}

// forget drops the cause of a failure that was dealt with.
func (h *handle) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = nil
}

// open opens one stack through the Automation API, making it when asked.
func (s *Session) open(ctx context.Context, id gitops.StackID, create bool, opts ...automation.Option) (*handle, error) {
	env, err := s.Environment(id.Environment)
	if err != nil {
		return nil, err
	}
	base, err := s.d.command(ctx, env, s.Plugins)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", automation.ScratchDir+"-trunkline-") // so that providers stay warm from one to the next
	if err != nil {
		return nil, err
	}
	h := &handle{dir: dir}
	remember := automation.OnError(func(_ string, err error) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.err = locked(id, err)
	})
	result := automation.OnResult(func(_ string, r automation.Result) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.base = r.Base
	})
	h.cmd = base.With(append(opts, remember, result)...)
	if err := s.fill(ctx, h, id, create); err != nil {
		return nil, errors.Join(h.cause(err), h.close())
	}
	return h, nil
}

// fill gives the handle its workspace, stack and configuration.
func (s *Session) fill(ctx context.Context, h *handle, id gitops.StackID, create bool) error {
	project := workspace.Project{
		Name:    s.Project.Name,
		Runtime: workspace.NewProjectRuntimeInfo("go", nil),
	}
	env, err := s.Environment(id.Environment)
	if err != nil {
		return err
	}
	if create {
		if err := s.ready(env); err != nil {
			return err
		}
	}
	wsOpts, vars, err := s.workspaceSecrets(env, id)
	if err != nil {
		return err
	}
	h.env = vars
	wsOpts = append(wsOpts, auto.WorkDir(h.dir), auto.Project(project), auto.Pulumi(h.cmd))
	ws, err := auto.NewLocalWorkspace(ctx, wsOpts...)
	if err != nil {
		return err
	}
	open := auto.SelectStack
	if create {
		open = auto.UpsertStack
	}
	h.stack, err = open(ctx, id.PulumiName(), ws)
	if create && auto.IsCreateStack409Error(err) { // another process made it just now
		h.stack, err = auto.SelectStack(ctx, id.PulumiName(), ws)
	}
	if err != nil {
		return err
	}
	h.forget() // that a new stack was not there is no cause of what comes
	if !create {
		return nil
	}
	cfg, err := s.config(ctx, env, id)
	if err != nil {
		return err
	}
	return h.stack.SetAllConfig(ctx, cfg)
}

// run does one action on one stack and tells what happened. The error is part
// of the result.
func (s *Session) run(ctx context.Context, id gitops.StackID, a action) gitops.RunResult {
	begin := s.d.now()
	res := gitops.RunResult{Stack: id, Operation: a.operation, State: gitops.RunFailed, Changes: gitops.ChangeSet{Stack: id, Changes: []gitops.Change{}}}
	def, _ := s.Estate.Stack(id.Name) // a removed stack has none
	pkg := strings.TrimPrefix(def.Package, s.Estate.Module+"/")
	col := newCollector(s.Estate.Module, pkg)
	if a.dry { // policies may ask for them
		col.inputs = newInputBook()
	}
	watch, wait := s.d.watch(id), s.d.waiting(id, a)
	h, err := s.openFor(ctx, id, a, wait.options(), func(_ string, e automation.Event) {
		wait.end()
		col.observe(e)
		watch.observe(e)
		if a.chosen != nil && e.Step != nil {
			a.chosen.note(e.Step)
		}
		if a.outputs != nil && e.Step != nil && e.Step.Stack && e.Step.Phase == automation.StepDone {
			a.outputs.note(id, e.Step.OldOutputs, e.Step.NewOutputs)
		}
	})
	if err == nil {
		err = s.whyDied(h.cause(do(ctx, h.stack, a)))
		if err == nil && a.operation == gitops.Update && !a.dry {
			res.Outputs, err = maskedOutputs(ctx, h, id)
		}
		res.StateVersion = h.stateVersion()
		err = errors.Join(err, h.close())
	}
	res.Changes, res.Diagnostics = col.result(id)
	res.Diagnostics, err = inOurWords(err, res.Diagnostics, id, s.d.Project)
	if a.chosen != nil {
		res.Changes = a.chosen.hide(res.Changes)
	}
	if col.inputs != nil {
		res.Resources = col.inputs.list(a.chosen.replacer())
	}
	res.Took = s.d.now().Sub(begin)
	res.Err = advised(err, id, a)
	switch {
	case err == nil:
		res.State = gitops.RunSucceeded
	case gitops.KindOf(err) == gitops.Cancelled:
		res.State = gitops.RunCancelled
	}
	return res
}

// openFor opens a stack for an action, with credentials that are enough for it
// and no more.
func (s *Session) openFor(ctx context.Context, id gitops.StackID, a action, opts []automation.Option, observe func(string, automation.Event)) (*handle, error) {
	env, err := s.providerEnv(ctx, id.Environment, roleOf(a))
	if err != nil {
		return nil, err
	}
	opts = append(opts, s.runOptions(a, observe)...)
	return s.open(ctx, id, true, append(opts, automation.ProviderEnv(env))...)
}

func (s *Session) runOptions(a action, observe func(string, automation.Event)) []automation.Option {
	opts := []automation.Option{automation.Observe(observe), automation.Brief(), automation.Holder(holder()), automation.Metadata(s.metadata())}
	if s.process != nil {
		opts = append(opts, automation.Program(s.process.Address()))
	}
	if a.expect != nil {
		opts = append(opts, automation.Expect(*a.expect))
	}
	if a.overlay != nil {
		opts = append(opts, automation.WithOverlay(a.overlay))
	}
	if s.d.opts.Terminate != nil {
		opts = append(opts, automation.Terminate(s.d.opts.Terminate))
	}
	return opts
}

// metadata goes to the history of every update, under Pulumi's own keys.
func (s *Session) metadata() map[string]string {
	m := map[string]string{"trunkline.program": s.Binary.Key, metaActor: s.actor(), metaRun: s.by.Run}
	maps.DeleteFunc(m, func(_, v string) bool { return v == "" })
	if s.Revision.SHA != "" {
		m["git.head"] = s.Revision.SHA
		m["git.headName"] = s.Revision.Ref
		m["git.author"] = s.Revision.Author
	}
	if s.Revision.Dirty {
		m["git.dirty"] = "true"
	}
	return m
}

// do calls the Automation API.
func do(ctx context.Context, stack auto.Stack, a action) error {
	var err error
	switch {
	case a.operation == gitops.Import:
		_, err = stack.ImportResources(ctx, append(a.imports, optimport.PreviewOnly(a.dry))...)
	case a.operation == gitops.Destroy && a.dry:
		_, err = stack.PreviewDestroy(ctx, optdestroy.Target(a.targets))
	case a.operation == gitops.Destroy:
		_, err = stack.Destroy(ctx, optdestroy.Message(a.message), optdestroy.Target(a.targets))
	case a.operation == gitops.Refresh && a.dry:
		_, err = stack.PreviewRefresh(ctx, optrefresh.Target(a.targets))
	case a.operation == gitops.Refresh:
		_, err = stack.Refresh(ctx, optrefresh.Message(a.message), optrefresh.Target(a.targets))
	case a.dry:
		opts := []optpreview.Option{optpreview.Target(a.targets)}
		if a.refresh {
			opts = append(opts, optpreview.Refresh())
		}
		_, err = stack.Preview(ctx, opts...)
	default:
		opts := []optup.Option{optup.Message(a.message), optup.Target(a.targets)}
		if a.refresh {
			opts = append(opts, optup.Refresh())
		}
		_, err = stack.Up(ctx, opts...)
	}
	return err
}
