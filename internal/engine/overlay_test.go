package engine_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var app = gitops.StackRef{Project: "trunkline", Stack: "app.dev"}

// upstream is a program whose thing is replaced when the range changes.
func upstream(cidr string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		t, err := enginetest.NewThing(ctx, "one", pulumi.Map{"value": pulumi.String(cidr), "key": pulumi.String(cidr)})
		if err != nil {
			return err
		}
		ctx.Export("cidr", t.Value)
		ctx.Export("token", pulumi.ToSecret(pulumi.String("s3cret-"+cidr)))
		ctx.Export("serial", t.Serial)
		return nil
	}
}

func downstream(name string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		ref, err := pulumi.NewStackReference(ctx, name, nil)
		if err != nil {
			return err
		}
		_, err = enginetest.NewThing(ctx, "vm", pulumi.Map{
			"value":  ref.GetStringOutput(pulumi.String("cidr")),
			"token":  ref.GetOutput(pulumi.String("token")),
			"serial": ref.GetOutput(pulumi.String("serial")),
		})
		return err
	}
}

// pair is a world with an upstream stack and one that reads its outputs, both
// deployed.
func pair(t *testing.T) (w *world, down engine.Stack) {
	w = newWorld(t)
	down = engine.Stack{Ref: app}
	if _, err := w.Init(t.Context(), down); err != nil {
		t.Fatal(err)
	}
	w.run(gitops.Update, upstream("10.1.0.0/16"))
	req := w.request(gitops.Update, downstream("organization/trunkline/net.dev"))
	req.Stack = down
	if _, err := w.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	return w, down
}

func (w *world) previewBoth(cidr string, down engine.Stack) (*engine.Overlay, *engine.Step) {
	w.t.Helper()
	o := engine.NewOverlay()
	up := w.request(gitops.Preview, upstream(cidr))
	up.Overlay = o
	w.observe(up)
	req := w.request(gitops.Preview, downstream("organization/trunkline/net.dev"))
	req.Stack, req.Overlay = down, o
	return o, w.observe(req).step(w.t, engine.StepDone, "vm")
}

func TestADownstreamPreviewSeesTheUpstreamPreview(t *testing.T) {
	t.Parallel()
	w, down := pair(t)
	o, vm := w.previewBoth("10.2.0.0/16", down)
	want := []gitops.PropertyChange{
		{Path: "serial", Kind: "update", Old: 1.0, New: gitops.Unknown},
		{Path: "token", Kind: "update", Old: gitops.Masked, New: gitops.Masked},
		{Path: "value", Kind: "update", Old: "10.1.0.0/16", New: "10.2.0.0/16"},
	}
	if diff := cmp.Diff(want, vm.Diff); diff != "" {
		t.Errorf("diff of the downstream thing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]gitops.StackRef{dev}, o.Used(app)); diff != "" {
		t.Errorf("used (-want +got):\n%s", diff)
	}
	if used := o.Used(dev); len(used) != 0 {
		t.Errorf("the upstream stack used %v", used)
	}
}

func TestAnUnchangedUpstreamPreviewChangesNothingDownstream(t *testing.T) {
	t.Parallel()
	w, down := pair(t)
	o, vm := w.previewBoth("10.1.0.0/16", down)
	if vm.Op != "same" || len(o.Used(app)) != 0 {
		t.Errorf("op %s, used %v", vm.Op, o.Used(app))
	}
}

func TestAReferenceToAStackThatDoesNotExistNamesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.Run(t.Context(), w.request(gitops.Preview, downstream("organization/trunkline/nowhere.dev")))
	if err == nil || !contains(err, `unknown stack "organization/trunkline/nowhere.dev"`) {
		t.Errorf("got %v", err)
	}
}
