package environments

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

func TestConfigOfOtherPackagesIsRead(t *testing.T) {
	t.Parallel()
	env, err := Parse("environments/dev.yaml", []byte(`version: 1
name: dev
cloud: {provider: sandbox}
config: {"gcp:project": shop, "aws:defaultTags": null, "db:password": {secure: abc}}
`))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]settings.Kind{}
	for k, v := range env.Config {
		kinds[k] = v.Kind
	}
	want := map[string]settings.Kind{"gcp:project": settings.String, "aws:defaultTags": settings.Null, "db:password": settings.SecretValue}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestConfigWithAPlaceOfItsOwnIsRefused(t *testing.T) {
	t.Parallel()
	_, err := Parse("environments/dev.yaml", []byte(`version: 1
name: dev
cloud: {provider: sandbox}
config:
  aws:secretKey: x
  zones: 2
`))
	want := "environments/dev.yaml:5:3: config.aws:secretKey does not belong here; cloud.credentials says as whom AWS is called\n" +
		"environments/dev.yaml:6:3: config.zones is no full key of Pulumi's configuration, such as gcp:project; settings of a stack are written under stacks"
	if err == nil {
		t.Fatal("it was accepted")
	}
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}
