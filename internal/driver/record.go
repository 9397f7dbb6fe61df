package driver

import (
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/recorder"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

// recordTime bounds the recording of all stacks of one session.
const recordTime = 5 * time.Minute

// Record runs stacks of the session's program without an engine, a provider, a
// state or a secret, and returns what they register, together with the stacks
// that they need. What a stack lacks is a gap in its recording, also when the
// program cannot be started.
//
// The program runs in a process of its own and gets nothing that its commit does
// not have: secret settings are tokens. Where the system can, it is also kept from
// other files and the network.
func (s *Session) Record(ctx context.Context, ids []gitops.StackID) (map[gitops.StackID]record.Recording, error) {
	ctx, cancel := context.WithTimeout(ctx, recordTime)
	defer cancel()
	end := s.d.phase("recording")
	defer end()
	t := taping{s: s, done: map[gitops.StackID]record.Recording{}}
	for _, id := range s.withNeeds(ids) {
		rec, err := t.record(ctx, id)
		if err != nil {
			return nil, errors.Join(err, t.stop())
		}
		t.done[id] = rec
	}
	return t.done, t.stop()
}

// withNeeds returns the stacks and those that they need, in the order of need.
func (s *Session) withNeeds(ids []gitops.StackID) []gitops.StackID {
	var out []gitops.StackID
	var add func(id gitops.StackID)
	add = func(id gitops.StackID) {
		env, err := s.Environment(id.Environment)
		if err != nil || slices.Contains(out, id) {
			return
		}
		if _, there := env.Stacks[id.Name]; !there {
			return
		}
		def, _ := s.Estate.Stack(id.Name)
		for _, need := range def.Needs { // without circles: the session has checked them
			add(gitops.StackID{Name: need, Environment: id.Environment})
		}
		out = append(out, id)
	}
	for _, id := range slices.SortedFunc(slices.Values(ids), gitops.StackID.Compare) {
		add(id)
	}
	return out
}

// taping is the recording of several stacks of one program.
type taping struct {
	s       *Session
	process *program.Process
	port    uint16
	done    map[gitops.StackID]record.Recording
}

// start starts the program, confined to the files of its commit and to the
// recorder.
func (t *taping) start(ctx context.Context) (err error) {
	end := t.s.d.phase("starting the program")
	defer end()
	if t.port, err = recorder.FreePort(); err != nil {
		return err
	}
	c := &program.Confinement{Read: []string{t.s.Root}, Listen: true, Connect: []uint16{t.port}}
	if t.s.At != "" { // nothing but the commit is there
		c.Read = append(c.Read, t.s.Top)
	}
	t.process, err = program.Start(ctx, t.s.Binary, program.StartOptions{Dir: t.s.Root, Stderr: t.s.d.opts.Log, Confine: c})
	return err
}

func (t *taping) stop() error {
	if t.process == nil {
		return nil
	}
	err := t.process.Close()
	t.process = nil
	return err
}

// record records one stack. A program that it has hung up or killed is stopped;
// the next stack gets another.
func (t *taping) record(ctx context.Context, id gitops.StackID) (record.Recording, error) {
	req, providers, err := t.s.recordRequest(id)
	if err != nil {
		return record.Recording{}, err
	}
	for up, rec := range t.done {
		if up.Environment == id.Environment {
			req.Upstream[up.PulumiName()] = rec
		}
	}
	if t.process == nil {
		err = t.start(ctx)
	}
	rec := record.Recording{Stack: id}
	if err == nil {
		req.Port = t.port
		rec, err = t.s.d.recorder.Record(ctx, t.process.Address(), req)
		if err != nil {
			died := t.process.Explain(err)
			err = t.stop()
			if died != nil {
				rec.Gaps = withDeath(rec.Gaps, died)
			}
		}
	} else {
		rec.Gaps, err = withDeath(nil, err), nil
	}
	rec.Providers = providers
	t.s.findCalls(id, rec.Gaps)
	return rec, err
}

// findCalls adds to calls that have no answer where the source has them.
func (s *Session) findCalls(id gitops.StackID, gaps []record.Gap) {
	if !slices.ContainsFunc(gaps, func(g record.Gap) bool { return g.Function != "" && g.Where == "" }) {
		return
	}
	dirs := slices.Collect(maps.Keys(s.Binary.Listing().Code(s.Estate).Definitions()[id.Name].Packages))
	for i, g := range gaps {
		if g.Function == "" || g.Where != "" {
			continue
		}
		found := record.CallSites(os.DirFS(s.Top), dirs, g.Function)
		gaps[i].Where = strings.Join(found[:min(3, len(found))], ", ")
	}
}

// withDeath puts why a program ended in the place of the note that it did.
func withDeath(gaps []record.Gap, err error) []record.Gap {
	var e *gitops.Error
	g := record.Gap{What: err.Error()}
	if errors.As(err, &e) && e.Where != "" {
		g = record.Gap{What: strings.TrimPrefix(err.Error(), e.Where+": "), Where: e.Where}
	}
	g.What, _, _ = strings.Cut(g.What, "\n")
	kept := slices.DeleteFunc(slices.Clone(gaps), func(g record.Gap) bool { return strings.HasPrefix(g.What, recorder.Unfinished) })
	return append(kept, g)
}

// recordRequest says how to record a stack, and what its default providers are.
func (s *Session) recordRequest(id gitops.StackID) (recorder.Request, map[string]string, error) {
	env, err := s.Environment(id.Environment)
	if err != nil {
		return recorder.Request{}, nil, err
	}
	def, err := s.Definition(id.Name)
	if err != nil {
		return recorder.Request{}, nil, err
	}
	cfg, err := s.configWith(env, id, func(ciphertext string) (string, error) {
		return record.Token("secret", "setting", ciphertext, ""), nil
	})
	if err != nil {
		return recorder.Request{}, nil, err
	}
	req := recorder.Request{
		Stack: id, Project: string(s.Project.Name), Config: map[string]string{}, Root: s.Root,
		Module: s.Estate.Module, ModuleDir: s.Binary.ModuleDir,
		Package: strings.TrimPrefix(strings.TrimPrefix(def.Package, s.Estate.Module), "/"),
		Region:  env.Cloud.Region, Account: env.Cloud.Account, Upstream: map[string]record.Recording{},
	}
	if req.Region == "" {
		req.Region = sandbox.DefaultRegion
	}
	if req.Account == "" {
		req.Account = sandbox.DefaultAccount
	}
	for k, v := range cfg {
		req.Config[k] = v.Value
		if v.Secret {
			req.Secret = append(req.Secret, k)
		}
	}
	slices.Sort(req.Secret)
	return req, s.providersOf(cfg, env.Cloud.Provider), nil
}

// providersOf lists what decides what default providers do with the same
// registrations: their configuration and their plugins.
func (s *Session) providersOf(cfg auto.ConfigMap, cloud string) map[string]string {
	out := map[string]string{"cloud": cloud}
	for k, v := range cfg {
		space, _, _ := strings.Cut(k, ":")
		if space != s.d.Project && space != "trunkline" {
			out[k] = v.Value
		}
	}
	for _, p := range s.Plugins.Plugins {
		var contents []string
		for platform, a := range p.Platforms {
			contents = append(contents, platform+" "+a.Binary)
		}
		slices.Sort(contents)
		out["plugin "+p.String()] = strings.Join(contents, ", ")
	}
	return out
}

// Resources compares what affected stacks register at a base commit and here. A
// base that cannot be opened leaves all of them undecided.
func (s *Session) Resources(ctx context.Context, commit string, stacks []gitops.Affected) ([]record.Comparison, error) {
	ids := make([]gitops.StackID, len(stacks))
	for i, a := range stacks {
		ids[i] = a.StackID
	}
	base, err := s.Base(ctx, commit)
	if err == nil {
		out, err := s.compareRecorded(ctx, base, ids)
		return out, errors.Join(err, base.Close())
	}
	if ctx.Err() != nil {
		return nil, err
	}
	out := make([]record.Comparison, len(ids))
	for i, id := range ids {
		out[i] = record.Comparison{StackID: id, Verdict: record.Undecided, Why: []string{withDeath(nil, err)[0].String()}}
	}
	return out, nil
}
