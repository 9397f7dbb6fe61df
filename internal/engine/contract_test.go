package engine_test

import (
	"os"
	"testing"

	"golang.org/x/mod/modfile"

	"github.com/trunkline-dev/trunkline/internal/engine"
)

// The engine is pinned: its API and behaviour move between releases, and
// manifests name the version that wrote them.
func TestThePinnedVersionIsTheOneThatIsNamed(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	mod, err := modfile.Parse("go.mod", raw, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range mod.Require {
		switch r.Mod.Path {
		case "github.com/pulumi/pulumi/pkg/v3", "github.com/pulumi/pulumi/sdk/v3":
			found++
			if r.Mod.Version != "v"+engine.PulumiVersion {
				t.Errorf("go.mod has %s, but PulumiVersion is %s", r.Mod, engine.PulumiVersion)
			}
		}
	}
	if found != 2 {
		t.Errorf("go.mod requires %d of Pulumi's two modules", found)
	}
}
