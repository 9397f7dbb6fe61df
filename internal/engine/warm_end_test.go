//go:build unix

package engine_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/engine/plugins"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// gone tells whether a process has ended and was waited for.
func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

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
		"a cancel ends the wait for a plugin that does not start":           cancelStopsStart,
		"an operation that is stopped at once kills its process":            stopKills,
		"a failed resource's process is not used again":                     failurePoisons,
		"a refused configuration is told and its process is not used again": refusedConfiguration,
		"no process is kept when none may be":                               noneKept,
		"a process sees only what the request gives it":                     environment,
		"a program's mapped variables come from the request":                mappedVariables,
		"a provider's own variables keep its processes apart":               ownVariables,
		"a plugin is where the caller says":                                 foundElsewhere,
		"and nowhere else":                                                  notFoundElsewhere,
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
	req := w.request("a", gitops.Update, in("eu", pulumi.Map{"fifo": pulumi.String(pipe)}), nil)
	done := w.start(t.Context(), req)
	open := reach(t, pipe)
	if err := w.Cancel(t.Context(), req.Ref); err != nil { // which has noted it when it returns
		t.Fatal(err)
	}
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

func cancelStopsStart(t *testing.T, p *enginetest.Plugin) {
	pipe := fifo(t)
	slow := *p
	slow.Home = t.TempDir()
	slow.Path = filepath.Join(slow.Home, "plugins", filepath.Base(filepath.Dir(p.Path)), filepath.Base(p.Path))
	if err := os.MkdirAll(filepath.Dir(slow.Path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(slow.Path, []byte("#!/bin/sh\nread line <'"+pipe+"'\nexec sleep 600\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	w := newWarm(t, &slow, plugins.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	req := w.request("a", gitops.Update, in("eu", plain), nil)
	done := w.start(ctx, req)
	open := reach(t, pipe) // it has been started, and does not say where it listens
	cancel()
	if got := <-done; gitops.KindOf(got.err) != gitops.Cancelled {
		t.Fatalf("want a cancelled error, got %v", got.err)
	}
	open()
	if pending, err := w.Pending(t.Context(), req.Stack); err != nil || len(pending) != 0 {
		t.Errorf("nothing was begun, pending: %v, %v", pending, err)
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
