package ci_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var update = flag.Bool("update", false, "write what is found as what is wanted")

// environ reads "NAME=value" lines.
func environ(t *testing.T, dir string) func(string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "env"))
	if err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		vars[name] = value
	}
	return func(name string) string { return vars[name] }
}

func payload(t *testing.T, dir string) []byte {
	t.Helper()
	event, err := os.ReadFile(filepath.Join(dir, "event.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return event
}

// Each directory of testdata has the variables and the event of a job as its CI
// system gives them, and what is to be understood.
func TestJobsAreUnderstoodAsTheirSystemsDescribeThem(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("testdata/*/env")
	if err != nil || len(dirs) < 30 {
		t.Fatal(dirs, err)
	}
	for _, file := range dirs {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			c, err := ci.Detect(environ(t, dir), payload(t, dir))
			got := describe(t, c, err)
			golden := filepath.Join(dir, "want")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func describe(t *testing.T, c ci.Context, err error) string {
	t.Helper()
	if e := new(gitops.Error); errors.As(err, &e) {
		return "error of kind " + map[gitops.Kind]string{gitops.Invalid: "invalid", gitops.Denied: "denied"}[e.Kind] + "\n" +
			e.Error() + "\nnext: " + e.Next + "\n"
	}
	if err != nil {
		t.Fatalf("%T is no error of ours: %v", err, err)
	}
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text) + "\n"
}

func TestTheEventFileIsOnlyReadWhereThereIsOne(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{
		"github-push":                  "/opt/actions-runner/_work/_temp/_github_workflow/event.json",
		"gitea-pull-request":           "/var/run/act/workflow/event.json",
		"gitlab-push":                  "",
		"plain-goes-before-the-system": "",
	} {
		if got := ci.EventFile(environ(t, filepath.Join("testdata", dir))); got != want {
			t.Errorf("%s: %q", dir, got)
		}
	}
}

func TestOnlyTheTrunkBranchIsTheTrunk(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]bool{"github-push": true, "github-push-new-branch": false, "forgejo-push": true, "gitlab-push": true, "plain-local": false} {
		dir = filepath.Join("testdata", dir)
		c, err := ci.Detect(environ(t, dir), payload(t, dir))
		if err != nil || c.OnTrunk() != want {
			t.Errorf("%s: %v, %v", dir, c.OnTrunk(), err)
		}
	}
}

func FuzzDetect(f *testing.F) {
	dirs, _ := filepath.Glob("testdata/*/env")
	for _, file := range dirs {
		env, _ := os.ReadFile(file)
		event, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "event.json"))
		f.Add(string(env), event)
	}
	f.Fuzz(func(t *testing.T, env string, event []byte) {
		vars := map[string]string{}
		for line := range strings.Lines(env) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			vars[name] = value
		}
		c, err := ci.Detect(func(name string) string { return vars[name] }, event)
		if err != nil {
			return
		}
		if gitops.CheckCommit(c.Head.SHA) != nil || c.Base.SHA != "" && gitops.CheckCommit(c.Base.SHA) != nil {
			t.Errorf("commits %+v", c)
		}
		for _, branch := range []string{c.Head.Ref, c.Base.Ref, c.Trunk} {
			if branch != "" && gitops.CheckBranch(branch) != nil {
				t.Errorf("branch %q", branch)
			}
		}
		if c.Event == ci.PullRequest && c.Forge != "" && c.Number < 1 {
			t.Errorf("number %d", c.Number)
		}
		if c.Fork && (vars["AWS_SECRET_ACCESS_KEY"] != "" || vars["GITHUB_EVENT_NAME"] == "pull_request_target" && c.System == ci.GitHub) {
			t.Errorf("a fork with credentials: %+v", c)
		}
	})
}
