package engine_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func (w *world) imports(file string) (engine.Result, error) {
	req := w.request(engine.ResourceImport, nil)
	req.ImportFile = []byte(file)
	return w.Run(w.t.Context(), req)
}

func TestAnImportTakesWhatExistsIntoTheStack(t *testing.T) {
	t.Parallel()
	elsewhere := newWorld(t)
	elsewhere.run(gitops.Update, oneThing("a", "x"))
	w := newWorld(t)
	w.Engine = engine.New(w.options(elsewhere.provider))
	res, err := w.imports(`{"resources":[{"type":"test:index:Thing","name":"mine","id":"thing-1","version":"1.0.0"}]}`)
	if err != nil || res.Changes["import"] != 1 {
		t.Fatalf("import: %v, %v", res.Changes, err)
	}
	if text := w.resources(); !strings.Contains(text, "::mine") || !strings.Contains(text, `"protect":true`) {
		t.Errorf("the state: %s", text)
	}
	h, err := w.store.History(t.Context(), dev, 1, 0)
	if err != nil || h[0].Operation != engine.ResourceImport || h[0].Result != "succeeded" {
		t.Errorf("history: %+v, %v", h, err)
	}
}

func TestAnImportOfWhatDoesNotExistFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	_, err := w.imports(`{"resources":[{"type":"test:index:Thing","name":"mine","id":"nowhere"}]}`)
	if gitops.KindOf(err) != gitops.Deployment || strings.Contains(w.resources(), "mine") {
		t.Errorf("got %v, state %s", err, w.resources())
	}
}

// family has a component with two children, one by a provider of its own, and
// another thing with the name of a child.
func family(ctx *pulumi.Context) error {
	var box struct{ pulumi.ResourceState }
	if err := ctx.RegisterComponentResource("shop:index:Box", "box", &box); err != nil {
		return err
	}
	if _, err := enginetest.NewThing(ctx, "a", pulumi.Map{}); err != nil {
		return err
	}
	var own pulumi.ProviderResourceState
	if err := ctx.RegisterResource("pulumi:providers:test", "own", pulumi.Map{"region": pulumi.ToSecret(pulumi.String("hush22"))}, &own); err != nil {
		return err
	}
	if _, err := enginetest.NewThing(ctx, "a", pulumi.Map{}, pulumi.Parent(&box)); err != nil {
		return err
	}
	_, err := enginetest.NewThing(ctx, "b", pulumi.Map{}, pulumi.Parent(&box), pulumi.Provider(&own))
	return err
}

func TestAPreviewListsWhatIsToBeImported(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	req := w.request(gitops.Preview, family)
	req.MakeImportFile = true
	res, err := w.Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(res.ImportFile), "hush22") {
		t.Errorf("a secret of the provider is shown:\n%s", res.ImportFile)
	}
	var got struct {
		NameTable map[string]string `json:"nameTable"`
		Resources []map[string]any  `json:"resources"`
	}
	if err := json.Unmarshal(res.ImportFile, &got); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for _, r := range got.Resources {
		names[fmt.Sprint(r["name"])] = fmt.Sprint(r["type"], " ", r["id"], " ", r["provider"])
	}
	thing := enginetest.ThingType + " <PLACEHOLDER> "
	want := map[string]string{ // which of the two called "a" comes first is open
		"box": "shop:index:Box <nil> <nil>", "a": thing + "<nil>", "aThing": thing + "<nil>", "b": thing + "own",
	}
	if diff := cmp.Diff(want, names); diff != "" || len(got.Resources) != 4 {
		t.Errorf("%s\n%s", diff, res.ImportFile)
	}
	if got.NameTable["own"] == "" {
		t.Errorf("the provider has no name: %s", res.ImportFile)
	}
}

func TestTheListOfAPreviewCanBeImported(t *testing.T) {
	t.Parallel()
	elsewhere := newWorld(t)
	elsewhere.run(gitops.Update, family)
	w := newWorld(t)
	w.Engine = engine.New(w.options(elsewhere.provider))
	req := w.request(gitops.Preview, family)
	req.MakeImportFile = true
	res, err := w.Run(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	file := string(res.ImportFile)
	for n := 1; strings.Contains(file, "<PLACEHOLDER>"); n++ {
		file = strings.Replace(file, "<PLACEHOLDER>", fmt.Sprint("thing-", n), 1)
	}
	if _, err := w.imports(file); err != nil {
		t.Fatal(err)
	}
	if res := w.run(gitops.Update, family); res.Changes["create"] != 0 {
		t.Errorf("after the import something is created: %v\n%s", res.Changes, w.resources())
	}
}
