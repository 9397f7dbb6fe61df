package engine_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// observed is everything that an operation told.
type observed struct {
	events []engine.Event
	json   []apitype.EngineEvent
	out    bytes.Buffer
}

// observe does an operation that must succeed, and listens in every way.
func (w *world) observe(req engine.Request) *observed {
	w.t.Helper()
	o := &observed{}
	req.Observe = func(e engine.Event) { o.events = append(o.events, e) }
	req.Events = func(e apitype.EngineEvent) { o.json = append(o.json, e) }
	req.Out = &o.out
	if _, err := w.Run(w.t.Context(), req); err != nil {
		w.t.Fatalf("%s: %v\n%s", req.Operation, err, o.out.String())
	}
	return o
}

// step returns the last step of a phase on the resource of that name.
func (o *observed) step(t testing.TB, phase engine.Phase, name string) *engine.Step {
	t.Helper()
	var found *engine.Step
	for _, e := range o.events {
		if e.Step != nil && e.Step.Phase == phase && e.Step.Name == name {
			found = e.Step
		}
	}
	if found == nil {
		t.Fatalf("no step %s of %s", phase, name)
	}
	return found
}

func TestAStepTellsWhatChangesFromWhatToWhat(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		noDetails, outputs bool
	}{"from inputs": {}, "from outputs": {outputs: true}, "without details of the provider": {noDetails: true}}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.provider.NoDetails, w.provider.OutputDiffs = c.noDetails, c.outputs
			w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("a"), "key": pulumi.String("k1"), "gone": pulumi.Int(1)}))
			o := w.observe(w.request(gitops.Preview, one(pulumi.Map{
				"value": pulumi.String("b"), "key": pulumi.String("k2"), "fresh": pulumi.Bool(true),
			})))
			want := []gitops.PropertyChange{
				{Path: "fresh", Kind: "add", New: true},
				{Path: "gone", Kind: "delete", Old: 1.0},
				{Path: "key", Kind: "update-replace", Old: "k1", New: "k2"},
				{Path: "value", Kind: "update", Old: "a", New: "b"},
			}
			var replace *engine.Step
			for _, e := range o.events {
				if e.Step != nil && e.Step.Op == "replace" {
					replace = e.Step
				}
			}
			if replace == nil {
				t.Fatal("no replace")
			}
			if diff := cmp.Diff(want, replace.Diff); diff != "" {
				t.Errorf("diff (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{"key"}, replace.ReplaceKeys); diff != "" {
				t.Errorf("replace keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAStepKnowsTheLineThatDeclaredItsResource(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.observe(w.request(gitops.Preview, one(nil))).step(t, engine.StepDone, "one")
	if !strings.Contains(s.Source, "internal/engine/engine_test.go:") && !strings.HasPrefix(s.Trace[0], s.Source) {
		t.Errorf("source %q, trace %q", s.Source, s.Trace)
	}
	if strings.HasPrefix(s.Source, "/") || strings.Contains(s.Source, "..") {
		t.Errorf("source %q still has the way to the project in it", s.Source)
	}
}

// secretive hides "hunter22" in every corner: nested in an input, in a secret
// configuration value that is used as if it were none, and in the outputs.
func secretive(more string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		leaked, _ := ctx.GetConfig("trunkline:password")
		t, err := enginetest.NewThing(ctx, "one", pulumi.Map{
			"value":  pulumi.String("user:" + leaked + more),
			"nested": pulumi.Map{"list": pulumi.Array{pulumi.ToSecret(pulumi.String("hunter22" + more)), pulumi.String("plain" + more)}},
			"later":  pulumi.String("x" + more),
		})
		if err != nil {
			return err
		}
		ctx.Export("secret", pulumi.ToSecret(pulumi.String("hunter22")))
		ctx.Export("deep", pulumi.Map{"in": pulumi.ToSecret(pulumi.String("hunter22"))})
		ctx.Export("serial", t.Serial)
		return nil
	}
}

// password is a configuration whose only value is the secret text.
func password(t *testing.T, w *world, text string) config.Map {
	t.Helper()
	c, _, err := w.Crypter(t.Context(), w.stack)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := c.EncryptValue(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return config.Map{config.MustMakeKey("trunkline", "password"): config.NewSecureValue(sealed)}
}

func TestAnErrorThatQuotesASecretQuotesItMasked(t *testing.T) {
	t.Parallel()
	for _, op := range []gitops.Operation{gitops.Preview, gitops.Update} {
		w := newWorld(t)
		req := w.request(op, func(ctx *pulumi.Context) error {
			leaked, _ := ctx.GetConfig("trunkline:password")
			return errors.New("cannot log in with " + leaked)
		})
		req.Config = password(t, w, "opensesame")
		_, err := w.Run(t.Context(), req)
		if err == nil || !contains(err, "cannot log in with "+gitops.Masked) || contains(err, "opensesame") {
			t.Errorf("%s: got %v", op, err)
		}
	}
}

func TestSecretsAreMaskedOnBothSidesEverywhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := password(t, w, "hunter22")
	ask := func(op gitops.Operation, more string) *observed {
		req := w.request(op, secretive(more))
		req.Config = cfg
		return w.observe(req)
	}
	all := []*observed{ask(gitops.Preview, ""), ask(gitops.Update, ""), ask(gitops.Preview, "!"), ask(gitops.Update, "!")}
	for i, o := range all {
		events, err := json.Marshal(o.events)
		if err != nil {
			t.Fatal(err)
		}
		forAuto, err := json.Marshal(o.json)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string]string{"events": string(events), "JSON events": string(forAuto), "display": o.out.String()} {
			if strings.Contains(text, "hunter22") {
				t.Errorf("operation %d: the secret is in the %s: %s", i, what, text)
			}
		}
	}
	s := all[2].step(t, engine.StepDone, "one")
	want := map[string]any{
		"value": "user:[secret]!", "later": "x!",
		"nested": map[string]any{"list": []any{gitops.Masked, "plain!"}},
	}
	if diff := cmp.Diff(want, s.NewInputs); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
}

func TestAPreviewMarksWhatIsNotKnownYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.observe(w.request(gitops.Preview, secretive(""))).step(t, engine.StepDone, "trunkline-net.dev")
	want := map[string]any{
		"secret": gitops.Masked, "deep": map[string]any{"in": gitops.Masked}, "serial": gitops.Unknown,
	}
	if diff := cmp.Diff(want, s.NewOutputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if !s.Stack || !s.Internal {
		t.Errorf("the stack's own step should be marked: %+v", s)
	}
}

func TestTheEventsEndLikeThoseOfTheCommandLine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := w.observe(w.request(gitops.Preview, one(nil)))
	summaries := 0
	for i, e := range o.json {
		if e.Sequence != i {
			t.Errorf("event %d has sequence %d", i, e.Sequence)
		}
		if e.SummaryEvent != nil {
			summaries++
		}
	}
	if summaries != 1 || o.json[len(o.json)-1].CancelEvent == nil {
		t.Errorf("want one summary and a cancel event at the end, got %d summaries in %d events", summaries, len(o.json))
	}
	if out := o.out.String(); !strings.HasPrefix(out, "Previewing update (net.dev):\n") || !strings.Contains(out, "+ 2 to create") {
		t.Errorf("display:\n%s", out)
	}
}

func TestASlowObserverDoesNotHoldUpTheEngine(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	finished := make(chan struct{})
	req := w.request(gitops.Update, func(ctx *pulumi.Context) error {
		for _, name := range []string{"a", "b", "c", "d"} {
			if _, err := enginetest.NewThing(ctx, name, nil); err != nil {
				return err
			}
		}
		_, err := enginetest.NewThing(ctx, "last", pulumi.Map{"wait": pulumi.String("g")})
		return err
	})
	seen := 0
	req.Observe = func(engine.Event) {
		if seen++; seen == 1 { // the first event is not digested before the last call has begun
			<-w.provider.Reached("g")
			w.provider.Open("g")
			close(finished)
		}
	}
	if _, err := w.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	<-finished
	if seen < 12 {
		t.Errorf("only %d events arrived", seen)
	}
}

func TestARefreshTellsWhatDrifted(t *testing.T) {
	t.Parallel()
	for name, outputs := range map[string]bool{"from inputs": false, "from outputs": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.provider.OutputDiffs = outputs
			w.run(gitops.Update, one(pulumi.Map{"value": pulumi.String("a"), "gone": pulumi.String("g")}))
			if err := w.provider.Touch("thing-1", "value", "drifted"); err != nil {
				t.Fatal(err)
			}
			req := w.request(gitops.Refresh, nil)
			req.DryRun = true
			want := []gitops.PropertyChange{{Path: "value", Kind: "update", Old: "a", New: "drifted"}}
			s := w.observe(req).step(t, engine.StepDone, "one")
			if diff := cmp.Diff(want, s.Diff); s.Op != "update" || diff != "" {
				t.Errorf("preview of refresh: op %s, diff (-want +got):\n%s", s.Op, diff)
			}
			req.DryRun = false
			s = w.observe(req).step(t, engine.StepDone, "one")
			if diff := cmp.Diff(want, s.Diff); s.Op != "update" || diff != "" {
				t.Errorf("refresh: op %s, diff (-want +got):\n%s", s.Op, diff)
			}
			w.provider.Forget("thing-1")
			if s = w.observe(req).step(t, engine.StepDone, "one"); s.Op != "delete" {
				t.Errorf("a thing that is gone: op %s", s.Op)
			}
		})
	}
}
