package automation

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/blang/semver"
	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestTheStateIsWhereTheMostSpecificSettingSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ option, env, project, want string }{
		{"", "", "", "sqlite:///home/ana/.config/trunkline/state.db"},
		{"", "", "sqlite:///p.db", "sqlite:///p.db"},
		{"", "sqlite:///e.db", "sqlite:///p.db", "sqlite:///e.db"},
		{"sqlite:///o.db", "s3://bucket", "file://~", "sqlite:///o.db"},
		{"", "s3://bucket", "file://~", "s3://bucket"},
		{"", "", "file://~", "file://~"},
		{"postgres://db/state", "", "", "postgres://db/state"},
	} {
		env := map[string]string{"XDG_CONFIG_HOME": "/home/ana/.config", "PULUMI_BACKEND_URL": c.env}
		got, err := stateURL(c.option, c.project, env)
		if err != nil || got != c.want {
			t.Errorf("%+v: got %q, %v", c, got, err)
		}
	}
}

func TestOtherBackendsAreRefusedWithoutShowingTheirSecrets(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"mem://bucket?key=hunter2", "https://api.pulumi.com", "https://u:hunter2@db/x", "://hunter2",
	} {
		_, err := stateURL(url, "", nil)
		if exitCode(err) != 2 || !strings.Contains(err.Error(), "sqlite:///") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v, want exit 2 that names what works and no secret", url, err)
		}
	}
}

func TestTheKeyIsBesideTheState(t *testing.T) {
	t.Parallel()
	if got, err := keyBeside("sqlite:///a/b/state.db?mode=rw", nil); err != nil || got != filepath.FromSlash("/a/b/key") {
		t.Errorf("got %s, %v", got, err)
	}
	env := map[string]string{"XDG_CONFIG_HOME": "/d"}
	if got, err := keyBeside("", env); err != nil || got != filepath.FromSlash("/d/trunkline/key") {
		t.Errorf("a store that was handed over has no place: got %s, %v", got, err)
	}
}

func TestExitCodesAreTheCLIs(t *testing.T) {
	t.Parallel()
	for kind, want := range map[gitops.Kind]int{
		gitops.Failed: 1, gitops.Invalid: 2, gitops.Deployment: 1, gitops.NotFound: 6, gitops.Unexpected: 7,
		gitops.Cancelled: 1, gitops.Bug: 255,
	} {
		if got := exitCode(fmt.Errorf("up: %w", gitops.Errorf(kind, "x"))); got != want {
			t.Errorf("kind %d: got %d, want %d", kind, got, want)
		}
	}
	if got := exitCode(&gitops.LockedError{}); got != 1 {
		t.Errorf("locked: got %d, want 1", got)
	}
	err := error(&exitError{code: 6, cause: &gitops.LockedError{}})
	var locked *gitops.LockedError
	if err.Error() != "exit status 6" || !errors.As(err, &locked) {
		t.Errorf("%v does not read like the CLI's or hides its cause", err)
	}
}

func TestDefaultsOfTheProjectFillWhatTheStackLeavesOpen(t *testing.T) {
	t.Parallel()
	proj := parseProject(t, `
name: shop
runtime: go
config:
  replicas: {type: integer, default: 3}
  zones: {type: array, items: {type: string}, default: [a, b]}
  name: {type: string, default: web}
  aws:region: {value: eu-west-1}
`)
	own := config.Map{config.MustMakeKey("shop", "name"): config.NewValue("api")}
	got, err := applyDefaults(own, proj)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"shop:name": "api", "shop:replicas": "3", "shop:zones": `["a","b"]`, "aws:region": "eu-west-1"}
	if diff := cmp.Diff(want, plain(t, got)); diff != "" {
		t.Error(diff)
	}
	if len(own) != 1 {
		t.Error("the stack's own configuration was changed: defaults would get into its file")
	}
	if err := validateConfig(got, proj, "dev", nil); err != nil {
		t.Error(err)
	}
}

func TestConfigurationIsCheckedAgainstTheProject(t *testing.T) {
	t.Parallel()
	proj := parseProject(t, `
name: shop
runtime: go
config:
  replicas: {type: integer}
  password: {type: string, secret: true}
`)
	key := func(k string) config.Key { return config.MustMakeKey("shop", k) }
	secret, err := config.Base64Crypter.EncryptValue(t.Context(), "s")
	if err != nil {
		t.Fatal(err)
	}
	open := func() (config.Decrypter, error) { return config.Base64Crypter, nil }
	good := config.Map{key("replicas"): config.NewValue("2"), key("password"): config.NewSecureValue(secret)}
	if err := validateConfig(good, proj, "dev", open); err != nil {
		t.Error(err)
	}
	for want, cfg := range map[string]config.Map{
		"missing configuration values 'password' and 'replicas'": {},
		"must be encrypted":         {key("replicas"): config.NewValue("2"), key("password"): config.NewValue("s")},
		"must be of type 'integer'": {key("replicas"): config.NewValue("two"), key("password"): good[key("password")]},
	} {
		err := validateConfig(cfg, proj, "dev", open)
		if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestAProjectMayAskForAVersionOfPulumi(t *testing.T) {
	t.Parallel()
	have := semver.MustParse("3.255.0")
	for want, code := range map[string]int{"": 0, ">=3.200.0": 0, "<3.0.0": 1, "latest": 2} {
		if err := checkVersion(want, have); (err == nil) != (code == 0) || err != nil && exitCode(err) != code {
			t.Errorf("%q: got %v", want, err)
		}
	}
}

func TestWhatIsNoDeploymentIsRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "null", "{}", `{"version":3}`, `{"deployment":{}}`, "[]", `{"version":3,"deployment":`} {
		if _, err := parseDeployment([]byte(bad)); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, want a refusal", bad, err)
		}
	}
}

func TestEventLogAddresses(t *testing.T) {
	t.Parallel()
	got, err := streamTarget("tcp://localhost:4711")
	if err != nil || got != "passthrough:///127.0.0.1:4711" {
		t.Errorf("got %q, %v: localhost must not be resolved", got, err)
	}
	for _, bad := range []string{"events.json", "file:///x", "tcp://", "tcp://localhost"} {
		if _, err := streamTarget(bad); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, want a refusal", bad, err)
		}
	}
}

func TestTheCommitIsReadFromTheRepository(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".git", "HEAD"), "ref: refs/heads/main\n")
	write(t, filepath.Join(dir, ".git", "packed-refs"), "# pack-refs\nabc123 refs/heads/other\ndef456 refs/heads/main\n")
	sub := filepath.Join(dir, "infra", "net")
	write(t, filepath.Join(sub, "x"), "")
	if sha, ref := gitHead(sub); sha != "def456" || ref != "refs/heads/main" {
		t.Errorf("packed: got %q %q", sha, ref)
	}
	write(t, filepath.Join(dir, ".git", "refs", "heads", "main"), "fff000\n")
	if sha, _ := gitHead(sub); sha != "fff000" {
		t.Errorf("a loose ref goes before a packed one: got %q", sha)
	}
	wt := t.TempDir()
	write(t, filepath.Join(dir, ".git", "worktrees", "w", "HEAD"), "fff000\n")
	write(t, filepath.Join(wt, ".git"), "gitdir: "+filepath.Join(dir, ".git", "worktrees", "w")+"\n")
	if sha, ref := gitHead(wt); sha != "fff000" || ref != "" {
		t.Errorf("detached work tree: got %q %q", sha, ref)
	}
	if sha, ref := gitHead(filepath.Dir(t.TempDir())); sha != "" || ref != "" {
		t.Errorf("no repository: got %q %q", sha, ref)
	}
}

func parseProject(t *testing.T, text string) *workspace.Project {
	t.Helper()
	path := filepath.Join(t.TempDir(), "Pulumi.yaml")
	write(t, path, text)
	p, err := workspace.LoadProject(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func plain(t *testing.T, m config.Map) map[string]string {
	t.Helper()
	out := map[string]string{}
	for k, v := range m {
		s, err := v.Value(config.NewPanicCrypter())
		if err != nil {
			t.Fatal(err)
		}
		out[k.String()] = s
	}
	return out
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
