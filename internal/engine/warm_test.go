//go:build unix

package engine_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// warm is an engine without providers of its own, for stacks that use a plugin.
type warm struct {
	*engine.Engine
	t      *testing.T
	store  *enginetest.Store
	plugin *enginetest.Plugin
	root   string
}

func newWarm(t *testing.T, p *enginetest.Plugin, opts plugins.Options) *warm {
	t.Helper()
	w := &warm{t: t, store: enginetest.NewStore(), plugin: p, root: t.TempDir()}
	w.Engine = engine.New(engine.Options{
		Store: w.store, Plugins: opts,
		Key: func() (engine.KeyCrypter, error) { return enginetest.Key("k1"), nil },
	})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// request is an operation of a stack, which is made when it is new.
func (w *warm) request(stack string, op gitops.Operation, run pulumi.RunFunc, env map[string]string) engine.Request {
	w.t.Helper()
	s := engine.Stack{Ref: gitops.StackRef{Project: "trunkline", Stack: stack + ".dev"}}
	if _, err := w.Init(w.t.Context(), s); err != nil && gitops.KindOf(err) != gitops.Unexpected {
		w.t.Fatal(err)
	}
	req := engine.Request{Stack: s, Operation: op, Root: w.root, Env: w.plugin.Env(w.t.Name(), env)}
	if run != nil {
		req.Program = enginetest.Serve(w.t, run)
	}
	return req
}

// up updates a stack that must succeed.
func (w *warm) up(stack string, run pulumi.RunFunc, env map[string]string) {
	w.t.Helper()
	if _, err := w.Run(w.t.Context(), w.request(stack, gitops.Update, run, env)); err != nil {
		w.t.Fatalf("%s: %v", stack, err)
	}
}

func (w *warm) calls() []enginetest.PluginCall { return w.plugin.Calls(w.t, w.t.Name()) }

// pids returns the processes that got a call, in the order of their first one.
func (w *warm) pids(call string) []int {
	var out []int
	for _, c := range w.calls() {
		if c.Call == call && !slices.Contains(out, c.PID) {
			out = append(out, c.PID)
		}
	}
	return out
}

func (w *warm) count(call string) (n int) {
	for _, c := range w.calls() {
		if c.Call == call {
			n++
		}
	}
	return n
}

// in is a program with one thing in a region.
func in(region string, inputs pulumi.Map) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var p pulumi.ProviderResourceState
		err := ctx.RegisterResource("pulumi:providers:test", "p", pulumi.Map{"region": pulumi.String(region)}, &p, pulumi.Version("1.0.0"))
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "one", inputs, pulumi.Provider(&p))
		return err
	}
}

func sharesAProcess(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	for _, stack := range []string{"a", "b", "c"} {
		w.up(stack, in("eu", plain), nil)
	}
	if pids := w.pids("Create"); len(pids) != 1 {
		t.Errorf("three stacks used the processes %v, want one", pids)
	}
	if n := w.count("Configure"); n != 1 {
		t.Errorf("it was configured %d times", n)
	}
	for _, c := range w.calls() {
		if c.Call == "Configure" && c.URN != "" {
			t.Errorf("the process was told that it is %s, which holds for one stack only", c.URN)
		}
	}
}

func otherRegion(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	for _, region := range []string{"eu", "us", "eu", "us"} {
		w.up(region, in(region, pulumi.Map{"value": pulumi.String(region)}), nil)
		w.up("new"+region+fmt.Sprint(w.count("Create")), in(region, plain), nil)
	}
	if pids := w.pids("Configure"); len(pids) != 2 || w.count("Configure") != 2 {
		t.Errorf("two regions used the processes %v, configured %d times", pids, w.count("Configure"))
	}
	regions := map[int]string{}
	for _, c := range w.calls() {
		if c.Call != "Create" {
			continue
		}
		if old, ok := regions[c.PID]; ok && old != c.Region {
			t.Errorf("process %d created in %s and %s", c.PID, old, c.Region)
		}
		regions[c.PID] = c.Region
	}
}

func otherEnvironment(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	w.up("a", in("eu", plain), map[string]string{"AWS_PROFILE": "one"})
	w.up("b", in("eu", plain), map[string]string{"AWS_PROFILE": "two"})
	w.up("c", in("eu", plain), map[string]string{"AWS_PROFILE": "one"})
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("two environments used the processes %v", pids)
	}
}

func otherDirectory(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	w.up("a", in("eu", plain), nil)
	first := w.root
	w.root = t.TempDir()
	w.up("b", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("two directories used the processes %v", pids)
	}
	// A new directory of the same name is another one.
	if err := os.Rename(first, first+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(first, 0o700); err != nil {
		t.Fatal(err)
	}
	w.root = first
	w.up("c", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 3 {
		t.Errorf("three directories used the processes %v", pids)
	}
}

func scratchDirectories(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	workspace := func(files ...string) {
		dir, err := os.MkdirTemp(t.TempDir(), engine.ScratchDir)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if err := os.WriteFile(filepath.Join(dir, f), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.root = dir
	}
	for _, stack := range []string{"a", "b"} {
		workspace("Pulumi.yaml", "Pulumi."+stack+".dev.yaml")
		w.up(stack, in("eu", plain), nil)
	}
	if pids := w.pids("Create"); len(pids) != 1 {
		t.Errorf("two directories without files of their own used the processes %v", pids)
	}
	workspace("Pulumi.yaml", "index.html")
	w.up("c", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("a directory with a file in it has to have its own process: %v", pids)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, c := range w.calls() {
		if c.Call != "Configure" || c.Dir == w.root {
			continue
		}
		if _, err := os.Stat(c.Dir); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s was left behind: %v", c.Dir, err)
		}
	}
}

func environment(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	w.up("a", in("eu", plain), map[string]string{"AWS_PROFILE": "dev"})
	for _, c := range w.calls() {
		if c.Call != "Configure" {
			continue
		}
		var names []string
		for _, kv := range c.Env {
			name, _, _ := strings.Cut(kv, "=")
			names = append(names, name)
		}
		want := []string{"AWS_PROFILE", "PULUMI_CONFIG", "PULUMI_HOME", "PULUMI_PROJECT", "TEST_PLUGIN_LOG"}
		if !slices.Equal(names, want) { // nothing of this process's, such as its PATH
			t.Errorf("the process sees %q, want %q", names, want)
		}
		if !slices.Contains(c.Env, "PULUMI_PROJECT=trunkline") {
			t.Errorf("the project is not in %q", c.Env)
		}
		if dir, err := filepath.EvalSymlinks(w.root); err != nil || c.Dir != dir {
			t.Errorf("it runs in %s, want %s (%v)", c.Dir, dir, err)
		}
	}
}

func mappedVariables(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	run := func(ctx *pulumi.Context) error {
		var prov pulumi.ProviderResourceState
		err := ctx.RegisterResource("pulumi:providers:test", "p", pulumi.Map{}, &prov, pulumi.Version("1.0.0"),
			pulumi.EnvVarMappings(map[string]string{"DEV_TOKEN": "TOKEN", "HOME": "THEIR_HOME"}))
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "one", plain, pulumi.Provider(&prov))
		return err
	}
	w.up("a", run, map[string]string{"DEV_TOKEN": "t1"})
	for _, c := range w.calls() {
		if c.Call != "Configure" {
			continue
		}
		if !slices.Contains(c.Env, "TOKEN=t1") {
			t.Errorf("TOKEN is not in %q", c.Env)
		}
		if slices.ContainsFunc(c.Env, func(kv string) bool { return strings.HasPrefix(kv, "THEIR_HOME=") }) {
			t.Errorf("a variable of this process reached a plugin: %q", c.Env)
		}
	}
	if w.count("Configure") == 0 {
		t.Error("nothing was configured")
	}
}

func lifecycle(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	for _, op := range []gitops.Operation{gitops.Preview, gitops.Update, gitops.Preview, gitops.Refresh, gitops.Destroy} {
		var run pulumi.RunFunc
		if op == gitops.Preview || op == gitops.Update {
			run = in("eu", plain)
		}
		if _, err := w.Run(t.Context(), w.request("a", op, run, nil)); err != nil {
			t.Fatalf("%s: %v", op, err)
		}
	}
	if len(w.pids("Delete")) != 1 || len(w.pids("Configure")) != 1 || w.pids("Delete")[0] != w.pids("Configure")[0] {
		t.Errorf("five operations used the processes %v", w.pids("Configure"))
	}
}

func noneKept(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{Idle: -1})
	w.up("a", in("eu", plain), nil)
	w.up("b", in("eu", plain), nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	pids := w.pids("Create")
	if len(pids) != 2 || !gone(pids[0]) || !gone(pids[1]) {
		t.Errorf("the processes %v should be two, and gone", pids)
	}
}

func logs(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	var mu sync.Mutex
	heard := map[string][]string{}
	run := func(stack string) {
		req := w.request(stack, gitops.Update, in("eu", plain), nil)
		req.Observe = func(e engine.Event) {
			if e.Diagnostic != nil {
				mu.Lock()
				defer mu.Unlock()
				heard[stack] = append(heard[stack], e.Diagnostic.Message)
			}
		}
		if _, err := w.Run(t.Context(), req); err != nil {
			t.Error(err)
		}
	}
	var wg sync.WaitGroup
	for round := range 3 {
		for i := range 3 {
			wg.Go(func() { run(fmt.Sprintf("s%d-%d", round, i)) })
		}
		wg.Wait()
	}
	if len(heard) != 9 {
		t.Errorf("%d of 9 operations heard of their thing", len(heard))
	}
	for stack, messages := range heard {
		if len(messages) != 1 || !strings.Contains(messages[0], "made urn:pulumi:"+stack+".dev::") {
			t.Errorf("%s heard %q", stack, messages)
		}
	}
}
