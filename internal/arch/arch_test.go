package arch

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/trunkline-dev/trunkline"

type listed struct {
	ImportPath string
	Name       string
	Doc        string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Name,Doc,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func floors(t *testing.T) []Floor {
	t.Helper()
	f, err := os.Open("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	list, err := Parse(f)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// exempt packages stand outside the floors: they hold no product code.
func exempt(pkg string) bool {
	for _, p := range []string{"", "internal/arch", "bench", "test", "internal/sandbox/gen"} {
		if pkg == p || p != "" && strings.HasPrefix(pkg, p+"/") {
			return true
		}
	}
	return false
}

func TestImportsGoDownOnly(t *testing.T) {
	list := floors(t)
	for _, p := range packages(t) {
		from := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		if exempt(from) {
			continue
		}
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, module+"/")
			if strings.HasPrefix(imp, "github.com/pulumi/pulumi/pkg/v3") && !strings.HasPrefix(from, "internal/engine") {
				t.Errorf("%s imports %s: only internal/engine may", from, imp)
			}
			if !ours || exempt(to) {
				continue
			}
			if ok, why := Allowed(list, from, to); !ok {
				t.Errorf("%s imports %s: %s", from, to, why)
			}
		}
	}
}

func TestEveryPackageHasASentence(t *testing.T) {
	for _, p := range packages(t) {
		if strings.TrimSpace(p.Doc) == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}

func TestEveryFloorNamesAPackage(t *testing.T) {
	var have []string
	for _, p := range packages(t) {
		have = append(have, strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/"))
	}
	for _, f := range floors(t) {
		base := strings.TrimSuffix(f.Pattern, "/*")
		found := false
		for _, h := range have {
			found = found || h == base || strings.HasPrefix(h, base+"/")
		}
		if !found {
			t.Errorf("docs/architecture.md names %s, which does not exist", f.Pattern)
		}
	}
}

func TestAllowedFollowsTheFloors(t *testing.T) {
	list := floors(t)
	for _, c := range []struct {
		from, to string
		want     bool
	}{
		{"internal/driver", "internal/gitops", true},
		{"internal/gitops", "internal/driver", false},
		{"internal/engine", "internal/state", false},
		{"internal/engine/enginetest", "internal/engine", true},
		{"internal/driver", "components/queue", false},
		{"internal/driver", "environments", true},
		{"internal/driver", "estate", false},
		{"components/queue", "components/bucket", false},
		{"components/queue", "internal/gitops", false},
		{"stacks/data", "components/bucket", true},
		{"stacks/data", "stacks/network", true},
		{"stacks", "stacks/data", true},
		{"estate/estatetest", "automation", true},
		{"cmd/trunkline", "internal/app", true},
		{"somewhere/else", "internal/gitops", false},
	} {
		if got, why := Allowed(list, c.from, c.to); got != c.want {
			t.Errorf("%s → %s: got %v (%s), want %v", c.from, c.to, got, why, c.want)
		}
	}
}
