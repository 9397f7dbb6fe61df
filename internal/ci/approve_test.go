package ci_test

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const digest = "sha256:3f0c"

// detected is the job of a directory of testdata with further variables.
func detected(t *testing.T, dir string, more map[string]string) (ci.Context, error) {
	t.Helper()
	dir = filepath.Join("testdata", dir)
	get, more := environ(t, dir), maps.Clone(more)
	return ci.Detect(func(name string) string {
		if v, ok := more[name]; ok {
			return v
		}
		return get(name)
	}, payload(t, dir))
}

func TestAnApprovalIsHandedOverWhereThePipelineTakesIt(t *testing.T) {
	t.Parallel()
	for dir, c := range map[string]struct {
		takes string
		want  ci.Way
	}{
		"github-push": {"trunkline.yml", ci.Way{
			Text: "gh workflow run trunkline.yml --repo acme/shop --ref main -f environment=production" +
				" -f commit=HEAD -f digest=sha256:3f0c",
			Where: "or the same as inputs of Run workflow", URL: "https://github.com/acme/shop/actions/workflows/trunkline.yml",
		}},
		"forgejo-push": {"trunkline.yml", ci.Way{
			Text:  "environment=production commit=HEAD digest=sha256:3f0c",
			Where: "as inputs of Run Workflow on trunk", URL: "https://git.acme.example/acme/shop/actions?workflow=trunkline.yml",
		}},
		"gitlab-push": {"dev production", ci.Way{
			Text:  "TRUNKLINE_APPROVE=sha256:3f0c",
			Where: "as a variable of the manual job approve-production", URL: "https://gitlab.acme.example:8443/acme/platform/shop/-/pipelines/99120",
		}},
	} {
		job, err := detected(t, dir, map[string]string{"TRUNKLINE_APPROVALS": c.takes})
		if err != nil {
			t.Fatal(err)
		}
		got, ok := job.Approval("production", digest)
		got.Text = strings.ReplaceAll(got.Text, job.Head.SHA, "HEAD")
		if diff := cmp.Diff(c.want, got); diff != "" || !ok {
			t.Errorf("%s: %v (-want +got)\n%s", dir, ok, diff)
		}
	}
}

func TestOnAGitHubOfOnesOwnTheCommandNamesTheHost(t *testing.T) {
	t.Parallel()
	job, err := detected(t, "github-push", map[string]string{"TRUNKLINE_APPROVALS": "trunkline.yml", "GITHUB_SERVER_URL": "https://git.acme.example"})
	if err != nil {
		t.Fatal(err)
	}
	if way, _ := job.Approval("production", digest); !strings.Contains(way.Text, "--repo git.acme.example/acme/shop ") {
		t.Error(way.Text)
	}
}

func TestAPipelineThatTakesNoApprovalsIsNotNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		dir  string
		more map[string]string
	}{
		"nothing said":              {"github-push", nil},
		"no job for it":             {"gitlab-push", map[string]string{"TRUNKLINE_APPROVALS": "dev staging"}},
		"a system without a way":    {"buildkite-push", map[string]string{"TRUNKLINE_APPROVALS": "trunkline.yml"}},
		"a branch a shell would do": {"github-push", map[string]string{"TRUNKLINE_APPROVALS": "trunkline.yml", "GITHUB_EVENT_NAME": "schedule", "GITHUB_REF_NAME": "main;id"}},
	} {
		job, err := detected(t, c.dir, c.more)
		if err != nil {
			t.Fatal(name, err)
		}
		if way, ok := job.Approval("production", digest); ok {
			t.Errorf("%s: %+v", name, way)
		}
	}
	if _, err := detected(t, "github-push", map[string]string{"TRUNKLINE_APPROVALS": "$(id)"}); gitops.KindOf(err) != gitops.Invalid {
		t.Error(err)
	}
}
