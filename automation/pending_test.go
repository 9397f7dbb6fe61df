package automation_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

func TestAPendingCreateCanBeAdopted(t *testing.T) {
	t.Parallel()
	now := make(chan struct{})
	w := newWorld(t)
	s := w.stack("dev", gated("gate"), auto.Pulumi(w.cmd.With(automation.Terminate(now))))
	done := background(w, func(ctx context.Context) error { _, err := s.Up(ctx); return err })
	<-w.cloud.Reached("gate")
	close(now)
	if <-done == nil {
		t.Error("the update went through")
	}
	// What was in flight did happen: here, another stack makes the thing.
	w.cloud.Open("gate")
	w.updated(w.stack("other", things("a", "one")))
	patient := w.stack("dev", nothing)
	_, err := patient.Refresh(t.Context(), optrefresh.ImportPendingCreates([]optrefresh.PendingCreate{
		{URN: "urn:pulumi:dev::shop::" + enginetest.ThingType + "::slow", ID: "thing-1"},
	}))
	w.must(err)
	w.adopted(patient, "slow", "thing-1")
}

// States of old, and those that people wrote, name no provider.
func TestAPendingCreateThatNamesNoProviderCanBeAdopted(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]pulumi.RunFunc{
		"into an empty stack":           nothing,
		"beside others of its provider": things("b", "two"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.updated(w.stack("other", things("a", "one"))) // makes thing-1
			s := w.updated(w.stack("dev", before))
			urn := "urn:pulumi:dev::shop::" + enginetest.ThingType + "::slow"
			w.edit(s, func(d *apitype.DeploymentV3) {
				d.PendingOperations = []apitype.OperationV2{{Type: apitype.OperationTypeCreating, Resource: apitype.ResourceV3{
					URN: resource.URN(urn), Type: enginetest.ThingType, Custom: true,
				}}}
			})
			_, err := s.Refresh(t.Context(), optrefresh.ImportPendingCreates([]optrefresh.PendingCreate{{URN: urn, ID: "thing-1"}}))
			w.must(err)
			w.adopted(s, "slow", "thing-1")
			_, err = s.Refresh(t.Context())
			w.must(err)
		})
	}
}

// edit changes the state of a stack by hand.
func (w *world) edit(s auto.Stack, change func(*apitype.DeploymentV3)) {
	w.Helper()
	state, err := s.Export(w.Context())
	w.must(err)
	var d apitype.DeploymentV3
	w.must(json.Unmarshal(state.Deployment, &d))
	change(&d)
	state.Deployment = json.RawMessage(jsonOf(w, d))
	w.must(s.Import(w.Context(), state))
}

// adopted fails unless the stack has the resource and nothing is pending.
func (w *world) adopted(s auto.Stack, name, id string) {
	w.Helper()
	state, err := s.Export(w.Context())
	w.must(err)
	var d apitype.DeploymentV3
	w.must(json.Unmarshal(state.Deployment, &d))
	there := slices.ContainsFunc(d.Resources, func(r apitype.ResourceV3) bool { return r.URN.Name() == name && string(r.ID) == id })
	if len(d.PendingOperations) != 0 || !there {
		w.Errorf("the resource is not adopted:\n%s", state.Deployment)
	}
}
