package automation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAutoRecognizesStacksThatAreMissingOrExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	ws := s.Workspace()
	if err := ws.SelectStack(t.Context(), "nope"); !auto.IsSelectStack404Error(err) {
		t.Errorf("select: %v", err)
	}
	w.wantKind("nope", gitops.NotFound)
	if err := ws.CreateStack(t.Context(), "dev"); !auto.IsCreateStack409Error(err) {
		t.Errorf("create: %v", err)
	}
	if _, err := ws.StackOutputs(t.Context(), "nope"); err == nil || !strings.Contains(err.Error(), "code: 6") {
		t.Errorf("outputs of a missing stack: %v", err)
	}
}

func TestAutoRecognizesErrorsOfTheProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", func(*pulumi.Context) error { return errors.New("no such zone: stack 'x' already exists") })
	_, err := s.Up(t.Context())
	if !auto.IsRuntimeError(err) || auto.IsCreateStack409Error(err) || auto.IsCompilationError(err) {
		t.Errorf("an error: %v", err)
	}
	w.wantKind("dev", gitops.Failed)
	s.Workspace().SetProgram(func(*pulumi.Context) error { panic("oh") })
	if _, err = s.Preview(t.Context()); !auto.IsRuntimeError(err) || !strings.Contains(err.Error(), "oh") {
		t.Errorf("a panic: %v", err)
	}
}

func TestAFailedResourceIsADeploymentFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", func(ctx *pulumi.Context) error {
		_, err := enginetest.NewThing(ctx, "one", pulumi.Map{"fail": pulumi.Bool(true)})
		return err
	})
	ch, all := collect()
	_, err := s.Up(t.Context(), optup.EventStreams(ch), optup.ContinueOnError())
	if err == nil || !strings.Contains(err.Error(), "code: 1") || !strings.Contains(err.Error(), "the cloud said no") {
		t.Errorf("got %v", err)
	}
	if len(all()) == 0 {
		t.Error("no events of the failure")
	}
	w.wantKind("dev", gitops.Deployment)
	h, err := s.History(t.Context(), 1, 1)
	w.must(err)
	if h[0].Result != "failed" {
		t.Errorf("history: %+v", h[0])
	}
}

func TestASecondWriterIsToldWhoHoldsTheStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, automation.Holder("ana@laptop"))
	s := w.stack("dev", gated("gate"))
	first := background(w, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	<-w.cloud.Reached("gate")
	list, err := s.Workspace().ListStacks(t.Context())
	w.must(err)
	if !list[0].UpdateInProgress {
		t.Error("the list does not show that an update is running")
	}
	for name, cmd := range map[string]*automation.Command{"same command": w.cmd, "another program": w.command()} {
		o, err := auto.SelectStackInlineSource(t.Context(), "dev", "shop", nothing, auto.WorkDir(w.dir), auto.Pulumi(cmd))
		w.must(err)
		ch, all := collect()
		_, err = o.Up(t.Context(), optup.EventStreams(ch))
		if !auto.IsConcurrentUpdateError(err) || !strings.Contains(err.Error(), "ana@laptop") {
			t.Errorf("%s: %v", name, err)
		}
		all() // returns: the stream is closed although the operation never began
		var locked *gitops.LockedError
		if !errors.As(w.fails.of("dev"), &locked) {
			t.Errorf("%s: the cause is %v", name, w.fails.of("dev"))
		}
	}
	w.cloud.Open("gate")
	w.must(<-first)
}

func TestTheEndOfTheContextStopsGracefully(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", func(ctx *pulumi.Context) error {
		slow, err := enginetest.NewThing(ctx, "slow", pulumi.Map{"wait": pulumi.String("gate")})
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "next", pulumi.Map{}, pulumi.DependsOn([]pulumi.Resource{slow}))
		return err
	})
	ctx, stop := context.WithCancel(t.Context())
	ch, all := collect()
	done := background(w, func(context.Context) error { _, err := s.Up(ctx, optup.EventStreams(ch)); return err })
	<-w.cloud.Reached("gate")
	stop()
	w.cloud.Open("gate") // what was in flight finishes
	if err := <-done; err == nil || !strings.Contains(err.Error(), "cancel") {
		t.Errorf("got %v", err)
	}
	all()
	w.wantKind("dev", gitops.Cancelled)
	state, err := s.Export(t.Context())
	w.must(err)
	if text := string(state.Deployment); !strings.Contains(text, "thing-1") || strings.Contains(text, "::next") {
		t.Errorf("the state after the stop:\n%s", text)
	}
	s.Workspace().SetProgram(nothing)
	if _, err = s.Up(t.Context()); err != nil {
		t.Error("the stack is wedged:", err)
	}
}

func TestCancelStopsTheRunningUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", gated("gate"))
	if err := s.Cancel(t.Context()); err == nil {
		t.Error("there is nothing to cancel")
	}
	done := background(w, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	<-w.cloud.Reached("gate")
	w.must(s.Cancel(t.Context()))
	w.cloud.Open("gate")
	if err := <-done; err == nil {
		t.Error("the update went through")
	}
	w.wantKind("dev", gitops.Cancelled)
	s.Workspace().SetProgram(nothing)
	_, err := s.Up(t.Context())
	w.must(err)
}

func TestTerminateLeavesTheCallInFlightPending(t *testing.T) {
	t.Parallel()
	now := make(chan struct{})
	w := newWorld(t)
	hasty := w.cmd.With(automation.Terminate(now))
	s := w.stack("dev", gated("gate"), auto.Pulumi(hasty))
	done := background(w, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	<-w.cloud.Reached("gate")
	close(now)
	if err := <-done; err == nil {
		t.Error("the update went through")
	}
	state, err := s.Export(t.Context())
	w.must(err)
	var d apitype.DeploymentV3
	w.must(json.Unmarshal(state.Deployment, &d))
	if len(d.PendingOperations) != 1 {
		t.Errorf("pending: %v", d.PendingOperations)
	}
	patient := w.stack("dev", nothing)
	if _, err = patient.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "slow") {
		t.Errorf("an update over a pending create: %v", err)
	}
	_, err = patient.Refresh(t.Context(), optrefresh.ClearPendingCreates())
	w.must(err)
	_, err = patient.Up(t.Context())
	w.must(err)
}

func TestAnEventLogThatNobodyServesFailsBeforeAnythingChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stack("dev", nothing)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	addr := l.Addr().String()
	w.must(l.Close())
	_, stderr, code, err := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, nil,
		"up", "--yes", "--event-log", "tcp://"+addr, "--client=127.0.0.1:1", "--stack", "dev")
	if err == nil || code != 1 || !strings.Contains(stderr, addr) {
		t.Errorf("code %d, %v:\n%s", code, err, stderr)
	}
}

func TestNothingIsChangedWithoutConfirmation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.updated(w.stack("dev", things("a", "one")))
	for _, line := range []string{"up", "refresh", "destroy", "stack rm"} {
		_, stderr, code, _ := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, nil, append(strings.Fields(line), "--stack", "dev")...)
		if code != 2 || !strings.Contains(stderr, "--yes") {
			t.Errorf("%s: code %d\n%s", line, code, stderr)
		}
	}
	if len(w.cloud.Things()) != 1 {
		t.Error("something was changed")
	}
}

func TestACallAfterTheEndOfItsContextIsCancelled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Up(ctx); err == nil {
		t.Error("it went through")
	}
	w.wantKind("dev", gitops.Cancelled)
}

func TestWhatIsNotServedFailsLoudly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	ws := s.Workspace()
	_, debug := s.Preview(t.Context(), optpreview.AttachDebugger())
	_, org := ws.OrgGetDefault(t.Context())
	for what, err := range map[string]error{
		"config env":        s.AddEnvironments(t.Context(), "e"),
		"--attach-debugger": debug,
		"org":               org,
		"plugin":            ws.InstallPlugin(t.Context(), "aws", "v6.0.0"),
	} {
		if err == nil || !strings.Contains(err.Error(), "code: 2") || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: got %v, want exit 2 that names it", what, err)
		}
	}
}

func TestOtherBackendsAreRefused(t *testing.T) {
	t.Parallel()
	c := automation.New(automation.Environ())
	_, err := auto.UpsertStackInlineSource(t.Context(), "dev", "shop", nothing, auto.WorkDir(t.TempDir()), auto.Pulumi(c),
		auto.EnvVars(map[string]string{"PULUMI_BACKEND_URL": "https://api.pulumi.com"}))
	if err == nil || !strings.Contains(err.Error(), "code: 2") || !strings.Contains(err.Error(), "sqlite://") {
		t.Errorf("got %v", err)
	}
}

func TestBrokenFilesAreNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	file := filepath.Join(w.dir, "Pulumi.dev.yaml")
	for _, bad := range []string{"config: [", "config: 3", "environment: [prod]", "\x00"} {
		w.must(os.WriteFile(file, []byte(bad), 0o600))
		_, err := s.GetAllConfig(t.Context())
		if err == nil || !strings.Contains(err.Error(), "code: 2") || !strings.Contains(err.Error(), file) {
			t.Errorf("%q: got %v, want exit 2 that names the file", bad, err)
		}
		if err := s.SetConfig(t.Context(), "a", auto.ConfigValue{Value: "b"}); err == nil || w.file("Pulumi.dev.yaml") != bad {
			t.Errorf("%q was overwritten: %v", bad, err)
		}
	}
	w.must(os.Remove(file))
	w.must(os.WriteFile(filepath.Join(w.dir, "Pulumi.yaml"), []byte("name: ["), 0o600))
	if _, err := s.Workspace().ListStacks(t.Context()); err == nil || !strings.Contains(err.Error(), "Pulumi.yaml") {
		t.Errorf("a broken project: %v", err)
	}
}

func TestAPanicOfOurOwnIsReportedAsABug(t *testing.T) {
	t.Parallel()
	c := automation.New(automation.Store(panicStore{}), automation.Environ())
	_, err := auto.UpsertStackInlineSource(t.Context(), "dev", "shop", nothing, auto.WorkDir(t.TempDir()), auto.Pulumi(c))
	if !auto.IsUnexpectedEngineError(err) || !strings.Contains(fmt.Sprint(err), "code: 255") {
		t.Errorf("got %v", err)
	}
}

type panicStore struct{ gitops.StateStore }
