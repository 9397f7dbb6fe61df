package engine_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/encoding"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumiconfig "github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func project(t *testing.T, yaml string) *workspace.Project {
	t.Helper()
	p, err := workspace.LoadProjectBytes([]byte("name: trunkline\nruntime: go\n"+yaml), "Pulumi.yaml", encoding.YAML)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sized(ctx *pulumi.Context) error {
	ctx.Export("size", pulumi.String(pulumiconfig.Get(ctx, "trunkline:size")))
	return nil
}

func TestDefaultsOfPulumiYAMLReachTheProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req := w.request(gitops.Update, sized)
	req.Project = project(t, "config:\n  size:\n    type: integer\n    default: 3\n")
	if _, err := w.Run(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	out, err := w.Outputs(t.Context(), w.stack, false)
	if err != nil || out["size"] != "3" {
		t.Errorf("outputs %v, %v", out, err)
	}
	req.Config = config.Map{config.MustMakeKey("trunkline", "size"): config.NewValue("many")}
	if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.Invalid || !contains(err, "size") {
		t.Errorf("a value of the wrong type: %v", err)
	}
}

func TestAProjectThatNeedsAnotherPulumiIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req := w.request(gitops.Preview, sized)
	req.Project = project(t, "requiredPulumiVersion: '>=99.0.0'\n")
	if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.Invalid || !contains(err, engine.PulumiVersion) {
		t.Errorf("got %v", err)
	}
}

func TestAutonamingThatCannotBeReadIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req := w.request(gitops.Preview, sized)
	req.Config = config.Map{config.MustParseKey("pulumi:autonaming"): config.NewObjectValue(`{"mode":"poetic"}`)}
	_, err := w.Run(t.Context(), req)
	if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "autonaming") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkOperation(b *testing.B) {
	w := newWorld(b)
	program := one(pulumi.Map{"value": pulumi.String("a")})
	for _, op := range []gitops.Operation{gitops.Preview, gitops.Update, gitops.Refresh} {
		req := w.request(op, program)
		b.Run(string(op), func(b *testing.B) {
			for b.Loop() {
				if _, err := w.Run(b.Context(), req); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
