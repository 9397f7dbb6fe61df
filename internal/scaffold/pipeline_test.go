package scaffold_test

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/scaffold"
)

var update = flag.Bool("update", false, "write what is found as what is wanted")

// sandbox are three environments that need nothing.
func sandbox() []*environments.Environment {
	var out []*environments.Environment
	var after []string
	for _, name := range []string{"dev", "staging", "production"} {
		out = append(out, &environments.Environment{
			Name: name, File: "environments/" + name + ".yaml", Cloud: environments.Cloud{Provider: "sandbox"},
			Secrets: environments.Secrets{Provider: "key"}, Deploy: environments.Deploy{After: after},
		})
		after = []string{name}
	}
	out[2].Deploy.Approvals.When = "always"
	return out
}

// inAWS are the same in AWS, with roles for the jobs of a system and their state
// in a database.
func inAWS(system string) []*environments.Environment {
	out := sandbox()
	for _, env := range out {
		env.State = "postgres://trunkline@db.example/state"
		env.Cloud = environments.Cloud{Provider: "aws", Region: "eu-west-1", Account: "123456789012", Credentials: environments.Credentials{
			From: []string{system, "default"},
			Roles: environments.Roles{Preview: "arn:aws:iam::123456789012:role/trunkline-preview-" + env.Name,
				Update: "arn:aws:iam::123456789012:role/trunkline-update-" + env.Name},
		}}
	}
	return out
}

// pipelines are those that testdata shows.
func pipelines() map[string]scaffold.Pipeline {
	out := map[string]scaffold.Pipeline{}
	for _, system := range []string{"github", "gitlab", "gitea"} {
		p := scaffold.Pipeline{System: system, Trunk: "main", Version: "v1.2.3", Go: "1.26", Environments: sandbox()}
		out[system] = p
		p.Environments, p.PerEnvironment, p.Dir = inAWS(system), true, "infra/estate"
		out[system+"-aws"] = p
	}
	return out
}

func render(t *testing.T, p scaffold.Pipeline) (path, text string) {
	t.Helper()
	path, b, err := p.File()
	if err != nil {
		t.Fatal(err)
	}
	return path, string(b)
}

func TestPipelinesAreAsShown(t *testing.T) {
	t.Parallel()
	for name, p := range pipelines() {
		_, got := render(t, p)
		golden := filepath.Join("testdata", name+".yml")
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
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

type step struct {
	Name string            `yaml:"name"`
	Uses string            `yaml:"uses"`
	If   string            `yaml:"if"`
	Run  string            `yaml:"run"`
	With map[string]any    `yaml:"with"`
	Env  map[string]string `yaml:"env"`
}

// saves tells whether a step writes a cache.
func (s step) saves() bool {
	return strings.Contains(s.Uses, "actions/cache@") || strings.Contains(s.Uses, "actions/cache/save@") ||
		strings.Contains(s.Uses, "setup-go@") && s.With["cache"] != false
}

// workflow is what GitHub reads of a workflow.
type workflow struct {
	On          map[string]any    `yaml:"on"`
	Permissions map[string]string `yaml:"permissions"`
	Env         map[string]string `yaml:"env"`
	Jobs        map[string]struct {
		If          string            `yaml:"if"`
		Needs       []string          `yaml:"needs"`
		Environment string            `yaml:"environment"`
		Permissions map[string]string `yaml:"permissions"`
		Concurrency struct {
			Group  string `yaml:"group"`
			Cancel bool   `yaml:"cancel-in-progress"`
		} `yaml:"concurrency"`
		Steps []step `yaml:"steps"`
	} `yaml:"jobs"`
}

func parse(t *testing.T, p scaffold.Pipeline) workflow {
	t.Helper()
	_, text := render(t, p)
	var w workflow
	if err := yaml.Unmarshal([]byte(text), &w); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return w
}

func TestJobsOnGitHubHaveExactlyTheRightsThatTheyNeed(t *testing.T) {
	t.Parallel()
	preview := map[string]string{"contents": "read", "pull-requests": "write", "statuses": "write", "checks": "write"}
	change := map[string]string{"contents": "read", "pull-requests": "write", "statuses": "write"}
	one := map[string]string{"contents": "read", "pull-requests": "read", "statuses": "write"}
	look := map[string]string{"contents": "read"}
	with := func(m map[string]string) map[string]string {
		m = maps.Clone(m)
		m["id-token"] = "write"
		return m
	}
	for name, want := range map[string]map[string]map[string]string{
		"github":     {"preview": preview, "approval": {}, "update": change, "drift": look},
		"github-aws": {"preview": with(preview), "approval": {}, "update-dev": with(one), "update-staging": with(one), "update-production": with(one), "drift": with(look)},
	} {
		w := parse(t, pipelines()[name])
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: the workflow has rights of its own: %v", name, w.Permissions)
		}
		got := map[string]map[string]string{}
		for job, j := range w.Jobs {
			got[job] = j.Permissions
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

func TestActionsArePinnedAndTextsFromOutsideAreNeverScript(t *testing.T) {
	t.Parallel()
	pinned := regexp.MustCompile(`^(https://github\.com/)?actions/[a-z/-]+@[0-9a-f]{40}$`)
	for name, p := range pipelines() {
		if p.System == "gitlab" {
			continue
		}
		w := parse(t, p)
		for _, event := range []string{"pull_request_target", "workflow_run", "issue_comment"} {
			if _, there := w.On[event]; there {
				t.Errorf("%s runs on %s", name, event)
			}
		}
		for job, j := range w.Jobs {
			for _, s := range j.Steps {
				if s.Uses != "" && !pinned.MatchString(s.Uses) {
					t.Errorf("%s: %s uses %s", name, job, s.Uses)
				}
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s: %s puts text into a script: %s", name, job, s.Run)
				}
				if strings.Contains(s.Uses, "checkout@") && s.With["persist-credentials"] != false {
					t.Errorf("%s: %s leaves the token in the clone", name, job)
				}
			}
		}
	}
}

func TestPreviewsStandInTheBranchThatTheyAreFor(t *testing.T) {
	t.Parallel()
	for name, p := range pipelines() {
		if p.System == "gitlab" {
			_, text := render(t, p)
			if !strings.Contains(text, `git fetch --quiet origin "refs/heads/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"`) {
				t.Errorf("%s previews in the work tree of the proposal", name)
			}
			continue
		}
		for job, j := range parse(t, p).Jobs {
			if job == "approval" { // which has no work tree
				continue
			}
			ref, given := j.Steps[0].With["ref"]
			if !strings.Contains(j.Steps[0].Uses, "checkout@") || given != (job == "preview") ||
				given && !strings.HasPrefix(ref.(string), "${{ github.event.pull_request.base.sha") {
				t.Errorf("%s: %s begins with %+v", name, job, j.Steps[0])
			}
		}
	}
}

func TestPullRequestsWriteNoCacheThatUpdatesRead(t *testing.T) {
	t.Parallel()
	for name, p := range pipelines() {
		_, text := render(t, p)
		switch p.System {
		case "github":
			for job, j := range parse(t, p).Jobs {
				saves := slices.ContainsFunc(j.Steps, step.saves)
				if saves != strings.HasPrefix(job, "update") {
					t.Errorf("%s: %s saves a cache: %v", name, job, saves)
				}
			}
		case "gitea":
			if strings.Contains(text, "actions/cache") {
				t.Errorf("%s has a cache, which Gitea does not divide by branches", name)
			}
		case "gitlab":
			for job, cache := range cachesOf(t, text) {
				prefix, review := cache.Key.Prefix, job == "preview"
				if strings.HasPrefix(prefix, "trunkline-review-$CI_MERGE_REQUEST_IID-") != review || strings.HasPrefix(prefix, "trunkline-update-") == review {
					t.Errorf("%s: %s has the cache %s", name, job, prefix)
				}
				if (cache.Policy == "pull") != (job == "drift") {
					t.Errorf("%s: %s has the policy %q", name, job, cache.Policy)
				}
			}
		}
	}
}

// cache is what GitLab reads of a job's cache.
type cache struct {
	Key struct {
		Prefix string `yaml:"prefix"`
	} `yaml:"key"`
	Policy string `yaml:"policy"`
}

// gitlabJob is what GitLab reads of a job.
type gitlabJob struct {
	Extends     string   `yaml:"extends"`
	Script      []string `yaml:"script"`
	Needs       []string `yaml:"needs"`
	Environment string   `yaml:"environment"`
	Group       string   `yaml:"resource_group"`
	Cache       cache    `yaml:"cache"`
	Rules       []struct {
		If    string `yaml:"if"`
		When  string `yaml:"when"`
		Allow bool   `yaml:"allow_failure"`
	} `yaml:"rules"`
}

// gitlabJobs are the jobs of a pipeline.
func gitlabJobs(t *testing.T, text string) map[string]gitlabJob {
	t.Helper()
	var all map[string]any
	if err := yaml.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	out := map[string]gitlabJob{}
	for name, v := range all {
		if m, ok := v.(map[string]any); !ok || m["script"] == nil {
			continue
		}
		b, err := yaml.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var j gitlabJob
		if err := yaml.Unmarshal(b, &j); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = j
	}
	return out
}

func cachesOf(t *testing.T, text string) map[string]cache {
	t.Helper()
	out := map[string]cache{}
	for name, j := range gitlabJobs(t, text) {
		out[name] = j.Cache
	}
	return out
}

func TestApprovalsAreHandedOverAsEachSystemAsksForThem(t *testing.T) {
	t.Parallel()
	hand := map[string]string{"TRUNKLINE_APPROVALS": "trunkline.yml", "ENVIRONMENT": "${{ inputs.environment }}",
		"COMMIT": "${{ inputs.commit }}", "DIGEST": "${{ inputs.digest }}"}
	for name, p := range pipelines() {
		if p.System == "gitlab" {
			continue
		}
		for job, j := range parse(t, p).Jobs {
			if !strings.HasPrefix(job, "update") {
				continue
			}
			i := slices.IndexFunc(j.Steps, func(s step) bool { return strings.HasPrefix(s.Name, "Update") })
			for key, want := range hand {
				if got := j.Steps[i].Env[key]; got != want {
					t.Errorf("%s: %s is given %s=%q", name, job, key, got)
				}
			}
			if !strings.HasSuffix(j.Steps[i].Run, ` --approve="$DIGEST" --approve-environment="$ENVIRONMENT" --approve-commit="$COMMIT"`) {
				t.Errorf("%s: %s runs %s", name, job, j.Steps[i].Run)
			}
			if p.System == "github" && (!slices.Contains(j.Needs, "approval") || !strings.Contains(j.If, "!failure()")) {
				t.Errorf("%s: %s does not wait for reviewers: %s, %v", name, job, j.If, j.Needs)
			}
		}
		gate := parse(t, p).Jobs["approval"]
		if want := map[string]string{"github": "approve-${{ inputs.environment }}"}[p.System]; gate.Environment != want {
			t.Errorf("%s: the environment of an approval is %q", name, gate.Environment)
		}
	}
}

func TestOnGitLabEveryEnvironmentHasAManualJobOfItsOwnForApprovals(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"gitlab", "gitlab-aws"} {
		_, text := render(t, pipelines()[name])
		jobs := gitlabJobs(t, text)
		for _, env := range []string{"dev", "staging", "production"} {
			j, beside := jobs["approve-"+env], jobs["update"]
			if one, ok := jobs["update-"+env]; ok {
				beside = one
			}
			want := beside.Script[0] + ` --approve="$TRUNKLINE_APPROVE" --approve-environment=` + env
			if len(j.Rules) != 1 || j.Rules[0].When != "manual" || !j.Rules[0].Allow || j.Rules[0].If != beside.Rules[0].If || j.Needs == nil || len(j.Needs) > 0 {
				t.Errorf("%s: nobody has to start the job for %s, or others wait for it: %+v", name, env, j)
			}
			if j.Script[0] != want || j.Environment != env || j.Group != beside.Group {
				t.Errorf("%s: the job for %s is %+v", name, env, j)
			}
		}
	}
}

func TestUpdatesWaitForEachOtherAndAreNeverCancelled(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"github", "github-aws", "gitea", "gitea-aws"} {
		for job, j := range parse(t, pipelines()[name]).Jobs {
			switch {
			case job == "preview":
				if !j.Concurrency.Cancel || !strings.Contains(j.Concurrency.Group, "github.ref") {
					t.Errorf("%s: an outdated preview is not cancelled", name)
				}
			case strings.HasPrefix(job, "update"):
				if j.Concurrency.Cancel || j.Concurrency.Group != "trunkline-"+job || !strings.Contains(j.If, "refs/heads/main") {
					t.Errorf("%s: %s is %+v", name, job, j.Concurrency)
				}
			}
		}
	}
	w := parse(t, pipelines()["github-aws"])
	if got := w.Jobs["update-production"]; !slices.Equal(got.Needs, []string{"approval", "update-staging"}) || got.Environment != "production" {
		t.Errorf("the update of production is %+v", got)
	}
	if got := w.Jobs["update-dev"]; !slices.Equal(got.Needs, []string{"approval"}) || got.Environment != "dev" {
		t.Errorf("the update of dev is %+v", got)
	}
}

func TestNamesThatCannotStandInAPipelineAreRefused(t *testing.T) {
	t.Parallel()
	for _, wrong := range []func(*scaffold.Pipeline){
		func(p *scaffold.Pipeline) { p.System = "jenkins" },
		func(p *scaffold.Pipeline) { p.Trunk = "main'; touch x; '" },
		func(p *scaffold.Pipeline) { p.Trunk = "" },
		func(p *scaffold.Pipeline) { p.Dir = "in fra" },
		func(p *scaffold.Pipeline) { p.Dir = "../x" },
		func(p *scaffold.Pipeline) { p.Version = "v1 && id" },
		func(p *scaffold.Pipeline) { p.Environments[0].Name = "${{x}}" },
	} {
		p := pipelines()["github"]
		wrong(&p)
		if _, _, err := p.File(); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestNotesSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	p := pipelines()["github"]
	p.Version = "latest"
	if got := strings.Join(p.Notes(), "\n"); !strings.Contains(got, "state: is missing in environments/dev.yaml, environments/staging.yaml") || !strings.Contains(got, "put a version there") {
		t.Error(got)
	}
	got := strings.Join(pipelines()["github-aws"].Notes(), "\n")
	for _, want := range []string{"secret PGPASSWORD", "secret TRUNKLINE_KEY", "base64 < infra/estate/.trunkline/key", "make the environments dev, staging, production", "required reviewers in the settings of the repository, or whoever may start the workflow may approve: approve-production"} {
		if !strings.Contains(got, want) {
			t.Errorf("the notes do not say %q:\n%s", want, got)
		}
	}
	if got := strings.Join(pipelines()["gitlab"].Notes(), "\n"); !strings.Contains(got, "GITLAB_TOKEN") {
		t.Error(got)
	}
}

func TestDiffShowsTheLinesThatDiffer(t *testing.T) {
	t.Parallel()
	if got, want := scaffold.Diff("a\nb\nc\n", "a\nx\nc\nd\n"), "-b\n+x\n+d\n"; got != want {
		t.Errorf("%q", got)
	}
	if got := scaffold.Diff("a\nb", "a\nb"); got != "" {
		t.Errorf("%q", got)
	}
}
