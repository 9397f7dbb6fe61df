package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

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

// gone tells whether a process has ended and was waited for.
func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

var plain = pulumi.Map{"value": pulumi.String("a")}

func TestPluginProcesses(t *testing.T) {
	t.Parallel()
	p := enginetest.InstallPlugin(t)
	for name, test := range map[string]func(*testing.T, *enginetest.Plugin){
		"two stacks with equal configuration share a process":               sharesAProcess,
		"another region takes another process":                              otherRegion,
		"another environment takes another process":                         otherEnvironment,
		"another directory takes another process":                           otherDirectory,
		"the Automation API's own directories share a process":              scratchDirectories,
		"operations at the same time have processes of their own":           sameTime,
		"logs reach the operation that caused them":                         logs,
		"a crash is named, stays pending, and the next process is new":      crash,
		"a cancelled operation's process is not used again":                 cancelPoisons,
		"an operation that is stopped at once kills its process":            stopKills,
		"a failed resource's process is not used again":                     failurePoisons,
		"a refused configuration is told and its process is not used again": refusedConfiguration,
		"no process is kept when none may be":                               noneKept,
		"a process sees only what the request gives it":                     environment,
		"a program's mapped variables come from the request":                mappedVariables,
		"closing the engine leaves no process":                              closing,
		"a process that was killed meanwhile is replaced":                   replaced,
		"destroy and refresh use the warm process as well":                  lifecycle,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, p)
		})
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
		dir, err := os.MkdirTemp(t.TempDir(), "pulumi_auto")
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

func fifo(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// reach returns when a create waits at the pipe. The create goes on when the
// returned function is called.
func reach(t *testing.T, path string) func() {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // it waits for a reader
	if err != nil {
		t.Fatal(err)
	}
	return func() { _ = f.Close() }
}

func (w *warm) start(ctx context.Context, req engine.Request) <-chan outcome {
	ch := make(chan outcome, 1)
	go func() {
		res, err := w.Run(ctx, req)
		ch <- outcome{res, err}
	}()
	return ch
}

func sameTime(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	pipe := fifo(t)
	done := w.start(t.Context(), w.request("a", gitops.Update, in("eu", pulumi.Map{"fifo": pulumi.String(pipe)}), nil))
	open := reach(t, pipe)
	w.up("b", in("eu", plain), nil)
	open()
	if got := <-done; got.err != nil {
		t.Fatal(got.err)
	}
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("two operations at a time used the processes %v", pids)
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

func crash(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	req := w.request("a", gitops.Update, in("eu", pulumi.Map{"exit": pulumi.Bool(true)}), nil)
	_, err := w.Run(t.Context(), req)
	if gitops.KindOf(err) != gitops.Deployment {
		t.Fatalf("want a failed deployment, got %v", err)
	}
	for _, text := range []string{"provider test 1.0.0 did not answer Create", "exit status 3", "out of memory, so to speak"} {
		if !contains(err, text) {
			t.Errorf("%q is not in %q", text, err)
		}
	}
	pending, err := w.Pending(t.Context(), req.Stack)
	if err != nil || len(pending) != 1 || pending[0].Kind != "creating" || !strings.HasSuffix(pending[0].URN, "::one") {
		t.Fatalf("pending: %v, %v", pending, err)
	}
	if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.Failed || !contains(err, "needs recovery") {
		t.Errorf("the next update should ask for recovery, got %v", err)
	}
	if err := w.Settle(t.Context(), req, pending[0].URN, ""); err != nil {
		t.Fatal(err)
	}
	w.up("a", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("the creates were done by %v, want a new process for the second", pids)
	}
}

func cancelPoisons(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	pipe := fifo(t)
	ctx, cancel := context.WithCancel(t.Context())
	req := w.request("a", gitops.Update, in("eu", pulumi.Map{"fifo": pulumi.String(pipe)}), nil)
	done := w.start(ctx, req)
	open := reach(t, pipe)
	cancel()
	open()
	if got := <-done; gitops.KindOf(got.err) != gitops.Cancelled {
		t.Fatalf("want a cancelled error, got %v", got.err)
	}
	if pending, err := w.Pending(t.Context(), req.Stack); err != nil || len(pending) != 0 {
		t.Errorf("what was in flight should have been finished, pending: %v, %v", pending, err)
	}
	first := w.pids("Create")
	if len(first) != 1 || !gone(first[0]) {
		t.Errorf("of %v, the cancelled operation's process lives on", first)
	}
	w.up("b", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("a cancelled operation's process was used again: %v", pids)
	}
}

func stopKills(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	pipe := fifo(t)
	now := make(chan struct{})
	req := w.request("a", gitops.Update, in("eu", pulumi.Map{"fifo": pulumi.String(pipe)}), nil)
	done := w.start(engine.WithTerminate(t.Context(), now), req)
	open := reach(t, pipe)
	defer open() // it waits for ever otherwise
	close(now)
	if got := <-done; gitops.KindOf(got.err) != gitops.Cancelled {
		t.Fatalf("want a cancelled error, got %v", got.err)
	}
	if pids := w.pids("Create"); len(pids) != 1 || !gone(pids[0]) {
		t.Errorf("of %v, a process goes on with what was abandoned", pids)
	}
	if pending, err := w.Pending(t.Context(), req.Stack); err != nil || len(pending) != 1 {
		t.Errorf("pending: %v, %v", pending, err)
	}
}

func failurePoisons(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	req := w.request("a", gitops.Update, in("eu", pulumi.Map{"fail": pulumi.Bool(true)}), nil)
	if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.Deployment || !contains(err, "the cloud said no") {
		t.Fatalf("want the provider's error, got %v", err)
	}
	if pending, err := w.Pending(t.Context(), req.Stack); err != nil || len(pending) != 0 {
		t.Errorf("an answer is an end, pending: %v, %v", pending, err)
	}
	w.up("b", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("a process whose call failed was used again: %v", pids)
	}
}

func refusedConfiguration(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	_, err := w.Run(t.Context(), w.request("a", gitops.Update, in("nowhere", plain), nil))
	if err == nil || !contains(err, "there is no such region") {
		t.Fatalf("want the provider's error, got %v", err)
	}
	w.up("b", in("eu", plain), nil)
	if pids := w.pids("CheckConfig"); len(pids) != 2 {
		t.Errorf("a process that refused its configuration was used again: %v", pids)
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
		want := []string{"AWS_PROFILE", "PULUMI_CONFIG", "PULUMI_HOME", "PULUMI_PROJECT", "PWD", "TEST_PLUGIN_LOG"}
		if !slices.Equal(slices.DeleteFunc(names, func(n string) bool { return n == "PWD" }), slices.DeleteFunc(want, func(n string) bool { return n == "PWD" })) {
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

func closing(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	w.up("a", in("eu", plain), nil)
	w.up("b", in("us", plain), nil)
	pids := w.pids("Create")
	if len(pids) != 2 || gone(pids[0]) || gone(pids[1]) {
		t.Fatalf("the processes %v should be two, and alive", pids)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !gone(pids[0]) || !gone(pids[1]) {
		t.Errorf("of the processes %v, some live on", pids)
	}
	if _, err := w.Run(t.Context(), w.request("c", gitops.Update, in("eu", plain), nil)); err == nil || !contains(err, "the engine is closed") {
		t.Errorf("a closed engine started a process: %v", err)
	}
}

func replaced(t *testing.T, p *enginetest.Plugin) {
	w := newWarm(t, p, plugins.Options{})
	w.up("a", in("eu", plain), nil)
	if err := syscall.Kill(w.pids("Create")[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); !gone(w.pids("Create")[0]); {
		if time.Now().After(deadline) {
			t.Fatal("the process was never waited for")
		}
	}
	w.up("b", in("eu", plain), nil)
	if pids := w.pids("Create"); len(pids) != 2 {
		t.Errorf("the creates were done by %v", pids)
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
