package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trunkline-dev/trunkline/internal/app"
	"github.com/trunkline-dev/trunkline/internal/program"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"trunkline": func() { os.Exit(app.Main(os.Args[1:], app.Process())) },
		"pulumi":    func() { os.Exit(runPulumi()) },
	})
}

func TestScripts(t *testing.T) {
	t.Parallel()
	vars := environment(t)
	testscript.Run(t, testscript.Params{
		Dir:   ".",
		Setup: func(e *testscript.Env) error { return setUp(e, vars) },
		Cmds:  commands,
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "isolated":
				return program.Isolation() == program.NetworkIsolated, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
		RequireUniqueNames: true,
		ContinueOnError:    true,
	})
}

// environment is what every command gets besides the defaults of testscript:
// the caches of the go command, so that nothing is compiled twice, and a cache
// of programs for this test run alone, so that equal estates are linked once.
func environment(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN", "GOENV").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found map[string]string
	if err := json.Unmarshal(out, &found); err != nil {
		t.Fatal(err)
	}
	vars := []string{"XDG_CACHE_HOME=" + t.TempDir(), "GIT_CONFIG_NOSYSTEM=1", "TZ=UTC", "LC_ALL=C.UTF-8"}
	for k, v := range found {
		vars = append(vars, k+"="+v)
	}
	return vars
}

// setUp gives a story its home directory, with an author for its commits.
func setUp(e *testscript.Env, vars []string) error {
	home := filepath.Join(e.WorkDir, ".home")
	if err := writeHome(home); err != nil {
		return err
	}
	e.Vars = append(e.Vars, vars...)
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		return err
	}
	e.Vars = append(e.Vars, "HOME="+home, "TESTDATA="+testdata, "PLATFORM="+platform())
	e.Values[processes{}] = map[string]*process{}
	return nil
}

func writeHome(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	author := "[user]\n\tname = Ann Author\n\temail = ann@example.com\n[init]\n\tdefaultBranch = main\n"
	return os.WriteFile(filepath.Join(dir, ".gitconfig"), []byte(author), 0o644)
}

// exitCode tells how a command ended.
func exitCode(err error) (int, error) {
	var ended *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &ended):
		return ended.ExitCode(), nil
	}
	return 0, err
}

// find walks a JSON value along a path such as "stacks.stack=data.changes.0.op".
// A step is a key, an index, "len" for the length of a list, or "key=value" for
// the first element of a list that has it.
func find(value any, path string) (any, error) {
	if path == "" {
		return value, nil
	}
	step, rest, _ := strings.Cut(path, ".")
	switch v := value.(type) {
	case map[string]any:
		next, ok := v[step]
		if !ok {
			return nil, fmt.Errorf("no key %q", step)
		}
		return find(next, rest)
	case []any:
		if step == "len" {
			return float64(len(v)), nil
		}
		for i, e := range v {
			key, want, chosen := strings.Cut(step, "=")
			m, _ := e.(map[string]any)
			if chosen && fmt.Sprint(m[key]) == want || !chosen && fmt.Sprint(i) == step {
				return find(e, rest)
			}
		}
		return nil, fmt.Errorf("no element %q", step)
	}
	return nil, fmt.Errorf("%v has no %q", value, step)
}
