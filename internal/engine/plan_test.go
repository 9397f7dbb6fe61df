package engine_test

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// planned is the plan of an update to run.
func (w *world) planned(run pulumi.RunFunc) []byte {
	w.t.Helper()
	req := w.request(gitops.Preview, run)
	req.MakePlan = true
	res, err := w.Run(w.t.Context(), req)
	if err != nil || len(res.Plan) == 0 {
		w.t.Fatalf("preview with a plan: %q, %v", res.Plan, err)
	}
	return res.Plan
}

func oneThing(name, value string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		_, err := enginetest.NewThing(ctx, name, pulumi.Map{"value": pulumi.ToSecret(pulumi.String(value))})
		return err
	}
}

func TestAnUpdateKeepsToItsPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	plan := w.planned(oneThing("a", "hunter22"))
	if strings.Contains(string(plan), "hunter22") {
		t.Errorf("the plan shows a secret: %s", plan)
	}
	other := w.request(gitops.Update, oneThing("b", "x"))
	other.Plan, other.DryRun = plan, true
	if _, err := w.Run(t.Context(), other); err == nil || len(w.provider.Things()) != 0 {
		t.Errorf("another program passed for the planned one: %v", err)
	}
	req := w.request(gitops.Update, oneThing("a", "hunter22"))
	req.Plan = plan
	if _, err := w.Run(t.Context(), req); err != nil || len(w.provider.Things()) != 1 {
		t.Errorf("the planned program: %v, things %v", err, w.provider.Things())
	}
}

func TestAPlanThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, bad := range []string{"{", "[]", `{"resourcePlans":{"x":{"goal":3}}}`} {
		req := w.request(gitops.Update, oneThing("a", "x"))
		req.Plan = []byte(bad)
		if _, err := w.Run(t.Context(), req); gitops.KindOf(err) != gitops.Invalid || !contains(err, "plan") {
			t.Errorf("%q: got %v", bad, err)
		}
	}
	if len(w.provider.Things()) != 0 {
		t.Error("something was made")
	}
}
