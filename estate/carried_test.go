package estate

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestReferencesToFormerProjectsAreToStacksOfTheEstate(t *testing.T) {
	t.Parallel()
	r := &running{def: &definition{name: "app", project: "App"}, projects: map[string]string{"App": "app", "Net_Work": "net-work"}}
	for full, want := range map[string]string{
		"organization/Net_Work/dev": "organization/shop/net-work.dev",
		"acme/Net_Work/dev":         "organization/shop/net-work.dev",
		"shared":                    "organization/shop/app.shared",
		"acme/shared":               "organization/shop/app.shared",
		"acme/other/dev":            "acme/other/dev",
		"a/b/c/d":                   "a/b/c/d",
		"acme/App/":                 "acme/App/",
	} {
		if got := r.renamed(full, "organization", "shop"); got != want {
			t.Errorf("%s is %s, want %s", full, got, want)
		}
	}
}

func TestADefinitionThatWasNoProjectLeavesShortReferencesAlone(t *testing.T) {
	t.Parallel()
	r := &running{def: &definition{name: "app"}, projects: map[string]string{}}
	if got := r.renamed("dev", "organization", "shop"); got != "dev" {
		t.Errorf("dev is %s", got)
	}
}

func TestAFormerProjectSeesItsOldNamesAndReadsItsNeighbour(t *testing.T) {
	t.Parallel()
	env, read := "", ""
	former := Define("former", func(ctx *pulumi.Context, _ Environment, _ struct{}) (*struct{}, error) {
		env = EnvironmentOf(ctx).Name
		ref, err := NewStackReference(ctx, "organization/net/dev", nil)
		if err == nil {
			ref.Name.ApplyT(func(s string) string { read = s; return s })
		}
		return nil, err
	}, FromProject("former"))
	net := Define("network", func(*pulumi.Context, Environment, struct{}) (*struct{}, error) { return nil, nil }, FromProject("net"))
	if err := runStack(t, []AnyStack{former, net}, "former.dev", devConfig(), resource.PropertyMap{}); err != nil {
		t.Fatal(err)
	}
	if env != "dev" || read != "organization/trunkline/network.dev" {
		t.Errorf("the environment is %q and the reference reads %q", env, read)
	}
}
