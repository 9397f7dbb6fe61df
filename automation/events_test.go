package automation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"go.uber.org/goleak"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

func TestEveryOperationStreamsItsEventsToTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", things("a", "one", "two"))
	ctx := t.Context()
	for _, op := range []struct {
		name string
		run  func(ch chan<- events.EngineEvent) error
	}{
		{"preview", func(ch chan<- events.EngineEvent) error {
			_, err := s.Preview(ctx, optpreview.EventStreams(ch))
			return err
		}},
		{"up", func(ch chan<- events.EngineEvent) error { _, err := s.Up(ctx, optup.EventStreams(ch)); return err }},
		{"preview refresh", func(ch chan<- events.EngineEvent) error {
			_, err := s.PreviewRefresh(ctx, optrefresh.EventStreams(ch))
			return err
		}},
		{"refresh", func(ch chan<- events.EngineEvent) error {
			_, err := s.Refresh(ctx, optrefresh.EventStreams(ch))
			return err
		}},
		{"preview destroy", func(ch chan<- events.EngineEvent) error {
			_, err := s.PreviewDestroy(ctx, optdestroy.EventStreams(ch))
			return err
		}},
		{"destroy", func(ch chan<- events.EngineEvent) error {
			_, err := s.Destroy(ctx, optdestroy.EventStreams(ch))
			return err
		}},
	} {
		ch, all := collect()
		w.must(op.run(ch))
		list := all()
		summaries, urns := 0, map[string]bool{}
		for i, e := range list {
			if e.Error != nil {
				t.Errorf("%s: %v", op.name, e.Error)
			}
			if i > 0 && e.Sequence <= list[i-1].Sequence {
				t.Errorf("%s: event %d after %d", op.name, e.Sequence, list[i-1].Sequence)
			}
			if e.SummaryEvent != nil {
				summaries++
			}
			if p := e.ResourcePreEvent; p != nil {
				urns[p.Metadata.URN] = true
			}
		}
		if summaries != 1 || !slices.ContainsFunc(list, func(e events.EngineEvent) bool { return e.CancelEvent != nil }) {
			t.Errorf("%s: %d summaries in %d events, want one, and a last event", op.name, summaries, len(list))
		}
		if !urns["urn:pulumi:dev::shop::test:index:Thing::two"] {
			t.Errorf("%s: no event about a resource: %v", op.name, urns)
		}
	}
}

func TestABriefCommandStreamsOnlyTheSummaryAndStillObservesAll(t *testing.T) {
	t.Parallel()
	observed := map[string]bool{}
	w := newWorld(t, automation.Brief(), automation.Observe(func(_ string, e automation.Event) {
		if e.Step != nil {
			observed[e.Step.Name] = true
		}
	}))
	s := w.stack("dev", things("a", "one", "two"))
	ch, all := collect()
	res, err := s.Preview(t.Context(), optpreview.EventStreams(ch))
	w.must(err)
	if list := all(); len(list) != 1 || list[0].SummaryEvent == nil {
		t.Errorf("the stream has %d events, want the summary alone", len(list))
	}
	if res.StdOut != "" {
		t.Errorf("it printed %q", res.StdOut)
	}
	if want := map[apitype.OpType]int{apitype.OpCreate: 3}; !cmp.Equal(res.ChangeSummary, want) {
		t.Errorf("the summary is %v, want %v", res.ChangeSummary, want)
	}
	if !observed["one"] || !observed["two"] {
		t.Errorf("observed only %v", observed)
	}
}

func TestASlowReaderDoesNotHoldUpTheEngine(t *testing.T) {
	t.Parallel()
	finished := make(chan struct{})
	w := newWorld(t, automation.Observe(func(_ string, e automation.Event) {
		if e.Summary != nil {
			close(finished)
		}
	}))
	var names []string
	for i := range 300 {
		names = append(names, fmt.Sprintf("thing-with-a-long-name-%d", i))
	}
	long := strings.Repeat("x", 4000)
	s := w.stack("dev", things(long, names...))
	ch := make(chan events.EngineEvent)
	done := background(w, func(ctx context.Context) error { _, err := s.Up(ctx, optup.EventStreams(ch)); return err })
	<-finished // nobody has read anything yet
	n := 0
	for e := range ch {
		if e.ResOutputsEvent != nil {
			n++
		}
	}
	w.must(<-done)
	if n < 300 {
		t.Errorf("%d of 300 results arrived", n)
	}
}

func TestObserversSeeStepsWithTheirStack(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	note := func(who string) func(string, automation.Event) {
		return func(stack string, e automation.Event) {
			if e.Step == nil || e.Step.Internal || e.Step.Phase != "done" {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintf("%s: %s %s %s", who, stack, e.Step.Op, e.Step.Name))
		}
	}
	w := newWorld(t, automation.Observe(note("base")))
	s := w.stack("data.dev", things("a", "one"), auto.Pulumi(w.cmd.With(automation.Observe(note("call")))))
	_, err := s.Up(t.Context())
	w.must(err)
	if diff := cmp.Diff([]string{"base: data.dev create one", "call: data.dev create one"}, seen); diff != "" {
		t.Error(diff)
	}
	seen = nil
	other := w.stack("other", things("a", "one"))
	_, err = other.Up(t.Context())
	w.must(err)
	if diff := cmp.Diff([]string{"base: other create one"}, seen); diff != "" {
		t.Error("the derived command changed the one it came from:", diff)
	}
}

func TestAnOverlayFeedsPreviewedOutputsDownstream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	overlay := automation.NewOverlay()
	cmd := w.cmd.With(automation.WithOverlay(overlay))
	up := w.updated(w.stack("network.dev", things("old", "net"), auto.Pulumi(cmd)))
	var got string
	down := w.stack("app.dev", func(ctx *pulumi.Context) error {
		ref, err := pulumi.NewStackReference(ctx, "organization/shop/network.dev", nil)
		if err != nil {
			return err
		}
		d, err := ref.GetOutputDetails("value")
		if err != nil {
			return err
		}
		got, _ = d.Value.(string)
		_, err = enginetest.NewThing(ctx, "app", pulumi.Map{"value": pulumi.String(got)})
		return err
	}, auto.Pulumi(cmd))
	_, err := down.Up(t.Context())
	w.must(err)
	if got != "old" {
		t.Fatalf("deployed output: %q", got)
	}
	up.Workspace().SetProgram(things("new", "net"))
	_, err = up.Preview(t.Context())
	w.must(err)
	pre, err := down.Preview(t.Context())
	w.must(err)
	if got != "new" || pre.ChangeSummary["update"] != 1 {
		t.Errorf("the preview saw %q: %v", got, pre.ChangeSummary)
	}
}

func TestManyStacksRunAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := fmt.Sprintf("s%d", i)
			s, err := auto.UpsertStackInlineSource(t.Context(), name, "shop", things(name, "one", "two"),
				auto.WorkDir(t.TempDir()), auto.Pulumi(w.cmd))
			if err == nil {
				_, err = s.Preview(t.Context())
			}
			if err == nil {
				var up auto.UpResult
				if up, err = s.Up(t.Context()); err == nil && up.Outputs["value"].Value != name {
					err = fmt.Errorf("%s has the outputs %v", name, up.Outputs)
				}
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := len(w.cloud.Things()); n != 16 {
		t.Errorf("%d things, want 16", n)
	}
}

// Not parallel: it counts goroutines.
func TestStreamsAndFailuresLeaveNoGoroutines(t *testing.T) {
	w := newWorld(t)
	s := w.stack("dev", nothing)
	before := goleak.IgnoreCurrent()
	ws := s.Workspace()
	for range 5 {
		_ = ws.SelectStack(t.Context(), "nope")
		if err := s.SetConfig(t.Context(), "a", auto.ConfigValue{Value: "b", Secret: true}); err != nil {
			t.Fatal(err)
		}
		ws.SetEnvVar("PULUMI_STACK", "x")
		ch, all := collect()
		gone := w.stack("other", nothing)
		w.must(gone.Workspace().RemoveStack(t.Context(), "other"))
		if _, err := gone.Preview(t.Context(), optpreview.EventStreams(ch)); err == nil {
			t.Fatal("a stack that does not exist was previewed")
		}
		all()
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}
