package program_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// withModules is the small estate with modules of providers in the repository.
func withModules(extra map[string]string) map[string]string {
	files := map[string]string{
		"go.mod": "module example.com/estate\n\ngo 1.26\n\nrequire (\n\texample.com/aws v0.0.0\n\texample.com/acme v0.0.0\n\texample.com/unused v0.0.0\n)\n\n" +
			"replace example.com/aws => ./sdk/aws\n\nreplace example.com/acme => ./sdk/acme\n\nreplace example.com/unused => ./sdk/unused\n",
		"stacks/network/network.go": "package network\n\nimport (\n\t\"example.com/acme\"\n\t\"example.com/aws/go/aws\"\n)\n\nconst Name = aws.Name + acme.Name\n",
		"sdk/aws/go.mod":            "module example.com/aws\n\ngo 1.26\n", "sdk/aws/go/aws/aws.go": "package aws\n\nconst Name = \"net\"\n",
		"sdk/aws/go/aws/pulumi-plugin.json": `{"resource": true, "name": "aws", "version": "6.83.2"}`,
		"sdk/acme/go.mod":                   "module example.com/acme\n\ngo 1.26\n", "sdk/acme/acme.go": "package acme\n\nconst Name = \"work\"\n",
		"sdk/acme/pulumi-plugin.json": `{"resource": true, "name": "acme", "version": "v1.2.3", "server": "https://plugins.example.com"}`,
		"sdk/unused/go.mod":           "module example.com/unused\n\ngo 1.26\n", "sdk/unused/unused.go": "package unused\n",
		"sdk/unused/pulumi-plugin.json": `{"resource": true, "name": "unused", "version": "1.0.0"}`,
	}
	for k, v := range extra {
		files[k] = v
	}
	return files
}

func TestTheModulesOfAProgramSayWhichPluginsTheyNeed(t *testing.T) {
	t.Parallel()
	got, err := newBuilder(t).Plugins(t.Context(), program.Source{Root: estate(t, withModules(nil))})
	if err != nil {
		t.Fatal(err)
	}
	want := []program.Plugin{
		{Name: "acme", Version: "1.2.3", Server: "https://plugins.example.com", Module: "example.com/acme"},
		{Name: "aws", Version: "6.83.2", Module: "example.com/aws"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAModuleThatIsNoProviderNeedsNoPlugin(t *testing.T) {
	t.Parallel()
	got, err := newBuilder(t).Plugins(t.Context(), program.Source{Root: estate(t, withModules(map[string]string{
		"sdk/aws/go/aws/pulumi-plugin.json": `{"resource": false}`, "sdk/acme/pulumi-plugin.json": `{"resource": true}`,
	}))})
	if err != nil || len(got) != 0 {
		t.Errorf("plugins are %v, %v", got, err)
	}
	_, err = newBuilder(t).Plugins(t.Context(), program.Source{Root: estate(t, withModules(map[string]string{"sdk/acme/pulumi-plugin.json": `{`}))})
	wantError(t, err, gitops.Invalid, "pulumi-plugin.json of module example.com/acme")
}
