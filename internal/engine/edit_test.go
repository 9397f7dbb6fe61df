package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestAnExportInPlainTextComesBackEncrypted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	d, err := w.Export(t.Context(), w.stack, true)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(d.Deployment); !strings.Contains(text, "hunter22") || strings.Contains(text, "secrets_providers") {
		t.Errorf("an export with secrets should be readable by any Pulumi: %s", text)
	}
	if err := w.Import(t.Context(), w.stack, d, false); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(w.resources(), "hunter22") {
		t.Error("the imported secret was saved in plain text")
	}
	if res := w.run(gitops.Update, secretOutput); res.Changes["same"] != 1 {
		t.Errorf("after the round trip nothing should change: %v", res.Changes)
	}
	h, err := w.store.History(t.Context(), dev, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, u := range h {
		kinds = append(kinds, string(u.Operation)+" "+u.Result)
	}
	want := []string{"update succeeded", "import succeeded", "update succeeded"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Errorf("history, newest first (-want +got):\n%s", diff)
	}
}

func TestAnImportRepairsADamagedState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	saved, err := w.Export(t.Context(), w.stack, false)
	if err != nil {
		t.Fatal(err)
	}
	lease, err := w.store.Lease(t.Context(), dev, gitops.LeaseRequest{Holder: "a bad disk", TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Commit(t.Context(), []byte("{"), gitops.UpdateRecord{}); err != nil {
		t.Fatal(err)
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Export(t.Context(), w.stack, false); gitops.KindOf(err) != gitops.Failed {
		t.Fatalf("the state is not damaged: %v", err)
	}
	if err := w.Import(t.Context(), w.stack, saved, false); err != nil {
		t.Fatal(err)
	}
	if res := w.run(gitops.Update, secretOutput); res.Changes["same"] != 1 {
		t.Errorf("after the repair nothing should change: %v", res.Changes)
	}
}

func TestImportRefusesWhatIsNotAStateOfTheStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, one(nil))
	good, err := w.Export(t.Context(), w.stack, false)
	if err != nil {
		t.Fatal(err)
	}
	edited := func(old, text string) apitype.UntypedDeployment {
		d := good
		d.Deployment = json.RawMessage(strings.ReplaceAll(string(good.Deployment), old, text))
		return d
	}
	newer := good
	newer.Version = 99
	cases := map[string]struct {
		d    apitype.UntypedDeployment
		text string
	}{
		"another stack":     {edited("urn:pulumi:net.dev::", "urn:pulumi:net.prod::"), "from a different stack"},
		"another project":   {edited("::trunkline::", "::other::"), "from a different project"},
		"a missing parent":  {edited(`"parent":"urn:pulumi:net.dev::trunkline::pulumi:pulumi:Stack::trunkline-net.dev"`, `"parent":"urn:pulumi:net.dev::trunkline::pulumi:pulumi:Stack::gone"`), "contains errors"},
		"nothing":           {apitype.UntypedDeployment{Version: 3}, "no deployment in it"},
		"not JSON":          {apitype.UntypedDeployment{Version: 3, Deployment: []byte("{")}, "cannot be read"},
		"a later version":   {newer, "cannot be read"},
		"an unknown secret": {edited(`"type":"trunkline-key"`, `"type":"age"`), "not supported"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := w.Import(t.Context(), w.stack, c.d, false)
			if err == nil || !contains(err, c.text) {
				t.Errorf("want %q, got %v", c.text, err)
			}
		})
	}
	if res := w.run(gitops.Preview, one(nil)); res.Changes["same"] != 2 || res.Base != 1 {
		t.Errorf("the state was touched: %+v", res)
	}
	if err := w.Import(t.Context(), w.stack, cases["another stack"].d, true); err != nil {
		t.Errorf("force: %v", err)
	}
	if _, err := w.Run(t.Context(), w.request(gitops.Update, one(nil))); err == nil || !contains(err, "another stack's") {
		t.Errorf("an update on another stack's state should be refused, got %v", err)
	}
}

func TestARenamedStackKeepsItsResourcesAndHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, one(nil))
	if err := w.Rename(t.Context(), dev, app); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Outputs(t.Context(), w.stack, false); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("the old name: %v", err)
	}
	w.stack = engine.Stack{Ref: app}
	if res := w.run(gitops.Update, one(nil)); res.Changes["same"] != 2 {
		t.Errorf("changes after the rename: %v", res.Changes)
	}
	if h, err := w.store.History(t.Context(), app, 0, 0); err != nil || len(h) != 3 {
		t.Errorf("history: %v, %v", h, err)
	}
}

func TestARenameThatWasInterruptedCanBeFinished(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, one(nil))
	if err := w.store.Rename(t.Context(), dev, app); err != nil { // and then the process died
		t.Fatal(err)
	}
	w.stack = engine.Stack{Ref: app}
	if _, err := w.Run(t.Context(), w.request(gitops.Update, one(nil))); err == nil || !contains(err, "another stack's") {
		t.Fatalf("an update in between should be refused, got %v", err)
	}
	if err := w.Rename(t.Context(), dev, app); err != nil {
		t.Fatal(err)
	}
	if res := w.run(gitops.Update, one(nil)); res.Changes["same"] != 2 {
		t.Errorf("changes after the rename: %v", res.Changes)
	}
}

func TestOnlyAnEmptyStackIsRemovedWithoutForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, one(nil))
	if err := w.Remove(t.Context(), dev, false); err == nil || !contains(err, "still has resources; removal rejected") {
		t.Errorf("got %v", err)
	}
	w.run(gitops.Destroy, nil)
	if err := w.Remove(t.Context(), dev, false); err != nil {
		t.Error(err)
	}
	if err := w.Remove(t.Context(), dev, false); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestAnExportInPlainTextNamesAProviderThatPulumiHasAndNeedsNone(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t), newWorld(t)
	w.run(gitops.Update, secretOutput)
	if _, err := w.Reencrypt(t.Context(), w.stack, engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("one")}); err != nil {
		t.Fatal(err)
	}
	w.stack.Secrets = engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("one")}
	d, err := w.Export(t.Context(), w.stack, true)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(d.Deployment); !strings.Contains(text, `"secrets_providers":{"type":"passphrase"`) || !strings.Contains(text, "hunter22") {
		t.Errorf("the stock CLI cannot encrypt what it imports: %s", text)
	}
	other.run(gitops.Update, one(pulumi.Map{}))
	if err := other.Import(t.Context(), other.stack, d, false); err != nil {
		t.Error("into a stack that knows no passphrase:", err)
	}
}
