package recorder_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/recorder"
	"github.com/trunkline-dev/trunkline/stacks/access"
	"github.com/trunkline-dev/trunkline/stacks/app"
	estatedata "github.com/trunkline-dev/trunkline/stacks/data"
	"github.com/trunkline-dev/trunkline/stacks/edge"
	"github.com/trunkline-dev/trunkline/stacks/network"
)

// recordEstate records every stack of an environment of the reference estate.
func recordEstate(t *testing.T, r *recorder.Recorder, address string, desc describe.Description, env *environments.Environment) map[gitops.StackID]record.Recording {
	t.Helper()
	about, err := json.Marshal(map[string]any{"name": env.Name, "region": env.Cloud.Region, "provider": env.Cloud.Provider, "protect": env.Deploy.Protect})
	if err != nil {
		t.Fatal(err)
	}
	out, upstream := map[gitops.StackID]record.Recording{}, map[string]record.Recording{}
	for len(out) < len(env.Stacks) {
		for _, def := range desc.Stacks {
			id := gitops.StackID{Name: def.Name, Environment: env.Name}
			waits := slices.ContainsFunc(def.Needs, func(need string) bool { _, ok := upstream[need+"."+env.Name]; return !ok })
			if _, done := out[id]; done || waits {
				continue
			}
			values, err := settings.ToConfig(env.Stacks[def.Name].Values, func(s string) (string, error) { return s, nil })
			if err != nil {
				t.Fatal(err)
			}
			req := request(t)
			req.Stack, req.Upstream, req.Root = id, upstream, mustAbs(t, "../..")
			req.Config = map[string]string{"trunkline:environment": string(about)}
			for k, v := range values {
				req.Config["shop:"+k] = v.Text
			}
			rec, err := r.Record(t.Context(), address, req)
			if err != nil || !rec.Complete() || len(rec.Resources) == 0 {
				t.Errorf("%s: %d resources, gaps %v, %v", id, len(rec.Resources), rec.Gaps, err)
			}
			out[id], upstream[id.PulumiName()] = rec, rec
		}
	}
	return out
}

func mustAbs(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func TestTheReferenceEstateIsRecordedWholeAndTheSameEachTime(t *testing.T) {
	t.Parallel()
	run, desc, err := estate.Program(access.Stack, network.Stack, estatedata.Stack, app.Stack, edge.Stack)
	if err != nil {
		t.Fatal(err)
	}
	envs, err := environments.Load(os.DirFS("../.."), "environments")
	if err != nil {
		t.Fatal(err)
	}
	address := serve(t, stack(run))
	var r recorder.Recorder
	for _, env := range envs {
		first, second := recordEstate(t, &r, address, desc, env), recordEstate(t, &r, address, desc, env)
		for _, c := range record.CompareAll(first, second) {
			if c.Verdict != record.Same {
				t.Errorf("%s: %s %+v", c.StackID, c.Summary(), c)
			}
		}
	}
}
