package automation

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// run executes the operation. The stream of auto is opened first and closed in
// every case: auto's caller waits for its end.
func (o *operation) run(s *session, args []string) (err error) {
	stream, err := openStream(s.ctx, o.eventLog)
	if err != nil {
		return err
	}
	defer stream.close(s.ctx, s.terminate)
	if err := o.check(); err != nil {
		return err
	}
	if !o.dryRun() && !o.skipPreview {
		if err := s.confirmed(string(o.kind)); err != nil {
			return err
		}
	}
	ref, err := s.own()
	if err != nil {
		return err
	}
	if err := checkVersion(s.proj.RequiredPulumiVersion, sdk.Version); err != nil {
		return err
	}
	req, err := s.request(ref, o)
	if err != nil {
		return err
	}
	if err := o.read(s, &req, args); err != nil {
		return err
	}
	if stream != nil {
		req.Events = stream.send
	}
	if s.brief {
		req.SummaryOnly, req.Out = true, nil
	}
	ctx := s.ctx
	if s.terminate != nil {
		ctx = engine.WithTerminate(ctx, s.terminate)
	}
	for _, step := range []func() error{
		func() error { return o.settle(ctx, s, req) },
		func() error { return o.rehearse(ctx, s, &req) },
		func() error { return o.execute(ctx, s, req) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// request turns the flags and the stack's settings into what the engine takes.
func (s *session) request(ref gitops.StackRef, o *operation) (engine.Request, error) {
	st, cfg, err := s.prepare(ref)
	if err != nil {
		return engine.Request{}, err
	}
	program := o.client
	if program == "" {
		program = s.program
	}
	sw := s.switches()
	sw.Debug = o.debug
	tags, err := s.tags(ref)
	if err != nil {
		return engine.Request{}, err
	}
	message, metadata := s.metadata(o)
	return engine.Request{
		Stack: st, Operation: o.kind, DryRun: o.dryRun(),
		Project: s.proj.Project, Root: s.proj.root, Program: program,
		Config: cfg, Env: s.pluginEnv(), ProviderEnv: s.providerEnv,
		Targets: o.targets, Excludes: o.excludes, Replaces: o.replaces,
		TargetDependents: o.targetDependents, ExcludeDependents: o.excludeDependents,
		ContinueOnError: o.continueOnError, RunProgram: o.runProgram,
		Refresh:  o.refreshes(s.proj.alwaysRefresh()),
		Parallel: o.parallel, Switches: sw, Tags: tags, Color: s.colorization(),
		MakePlan: o.savePlan != "", MakeImportFile: o.importFile != "", Policies: o.policies(s),
		Unprotected: !o.imported.protect,
		Message:     message, Metadata: metadata, Holder: s.holderName(),
		Observe: s.observer(ref), Out: s.out,
		Diff: o.diff, SuppressOutputs: o.suppressOutputs,
		SuppressProgress: true, // Pulumi's spinner would write to the process's own stdout
		Overlay:          s.overlay,
		Wait:             s.waiter(ref), Expect: s.expect,
	}, nil
}

// colorization is what --color asks for. There is no terminal here.
func (s *session) colorization() string {
	if s.color == "auto" {
		return "never"
	}
	return s.color
}

// pluginEnv is the environment of plugin processes: the call's, without what
// only the stack's secrets are for.
func (s *session) pluginEnv() map[string]string {
	env := maps.Clone(s.env)
	delete(env, passphraseVar)
	delete(env, passphraseFileVar)
	return env
}

// prepare reads the stack's settings, checks them and makes sure that its
// secrets can be opened. A salt or key that is made on the way is saved before
// the project's defaults are applied, or they would get into the file.
func (s *session) prepare(ref gitops.StackRef) (st engine.Stack, cfg config.Map, err error) {
	var crypter config.Crypter
	mu := s.core.fileLock(s.filePath(ref))
	mu.Lock()
	defer mu.Unlock()
	f, err := s.loadFile(ref)
	if err != nil {
		return st, nil, err
	}
	var made bool
	if crypter, made, err = f.crypter(s); err != nil {
		return st, nil, err
	}
	if made {
		if err := f.save(); err != nil {
			return st, nil, err
		}
	}
	if cfg, err = applyDefaults(f.Config, s.proj.Project); err != nil {
		return st, nil, err
	}
	decrypt := func() (config.Decrypter, error) { return crypter, nil }
	return f.stack(s), cfg, validateConfig(cfg, s.proj.Project, ref.Stack, decrypt)
}

// observer hands events to everybody who asked for them.
func (s *session) observer(ref gitops.StackRef) func(Event) {
	if len(s.observers) == 0 {
		return nil
	}
	return func(e Event) {
		for _, f := range s.observers {
			f(ref.Stack, e)
		}
	}
}

// waiter tells who wants to know that the operation waits. Without it, it does
// not wait.
func (s *session) waiter(ref gitops.StackRef) func(Waiting) {
	if s.wait == nil {
		return nil
	}
	return func(w Waiting) { s.wait(ref.Stack, w) }
}
