package driver

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	trunkline "github.com/trunkline-dev/trunkline"
	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const pulumiProgram = `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		ctx.Export("password", config.New(ctx, "").RequireSecret("password"))
		return nil
	})
}
`

// deployedProject is a Pulumi project with a passphrase, deployed to a directory
// beside its files.
func deployedProject(t *testing.T, passphrase string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{
		"Pulumi.yaml": "name: web\nruntime: go\nbackend:\n  url: file://./deployed\n",
		"go.mod":      "module example.com/web\n\ngo 1.26.0\n\nrequire github.com/pulumi/pulumi/sdk/v3 v3.255.0\n",
		"main.go":     pulumiProgram,
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "deployed"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := automation.New(automation.State("file://" + filepath.ToSlash(filepath.Join(dir, "deployed"))))
	defer cmd.Close()
	stack, err := auto.UpsertStackLocalSource(t.Context(), "dev", dir, auto.Pulumi(cmd), auto.SecretsProvider("passphrase"),
		auto.EnvVars(map[string]string{passphraseVar: passphrase}), auto.Program(func(ctx *pulumi.Context) error {
			ctx.Export("password", config.New(ctx, "").RequireSecret("password"))
			return nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.SetConfig(t.Context(), "password", auto.ConfigValue{Value: "hunter2", Secret: true}); err != nil {
		t.Fatal(err)
	}
	if _, err := stack.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// tree is the content of every file below a directory.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(at)
		out[at] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func carried(t *testing.T, project, to, passphrase string, exported map[string]string) (*PulumiResult, error) {
	t.Helper()
	return FromPulumi(t.Context(), PulumiRequest{
		Options: Options{Dir: to, Getenv: func(name string) string {
			return map[string]string{passphraseVar: passphrase}[name]
		}},
		Projects: []string{project}, Reference: trunkline.Estate, Provider: "sandbox", Region: "eu-west-1", Exported: exported,
	})
}

func TestAProjectWithAPassphraseIsCarriedOverWithItsSecrets(t *testing.T) {
	t.Parallel()
	project := deployedProject(t, "correct horse")
	before, to := tree(t, project), filepath.Join(t.TempDir(), "shop")
	res, err := carried(t, project, to, "correct horse", nil)
	if err != nil {
		t.Fatal(err, res.Findings)
	}
	if diff := cmp.Diff(before, tree(t, project)); diff != "" {
		t.Errorf("the project was changed: %s", diff)
	}
	id := gitops.StackID{Name: "web", Environment: "dev"}
	if diff := cmp.Diff([]gitops.StackID{id}, res.States); diff != "" || len(res.Findings) > 0 {
		t.Fatal(diff, res.Findings)
	}
	for name, text := range tree(t, to) {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s has the password in plain text", name)
		}
	}
	d, err := New(Options{Dir: to, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s, err := d.OpenFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	state, err := s.Export(t.Context(), id, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"urn:pulumi:web.dev::web::pulumi:pulumi:Stack::web-web.dev", "hunter2"} {
		if !strings.Contains(string(state), want) {
			t.Errorf("the state has no %s: %s", want, state)
		}
	}
	cfg, err := s.config(t.Context(), s.Environments[0], id)
	if err != nil {
		t.Fatal(err)
	}
	if got := cfg["web:password"]; got.Value != "hunter2" || !got.Secret {
		t.Error("the program would not get its password")
	}
	if _, there := cfg["aws:defaultTags"]; there {
		t.Error("the tags of everything would change")
	}
}

func TestAWrongPassphraseLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	project, to := deployedProject(t, "correct horse"), filepath.Join(t.TempDir(), "shop")
	for _, phrase := range []string{"", "wrong"} {
		_, err := carried(t, project, to, phrase, nil)
		if err == nil || !strings.Contains(err.Error(), "Pulumi.dev.yaml") {
			t.Errorf("with passphrase %q: %v", phrase, err)
		}
		if _, err := os.Stat(to); err == nil {
			t.Error("something was written")
		}
	}
}

func TestAnExportedStateAmongTheFilesDoesNotGetIntoTheEstate(t *testing.T) {
	t.Parallel()
	project, to := deployedProject(t, "correct horse"), filepath.Join(t.TempDir(), "shop")
	exported := filepath.Join(project, "dev.json")
	text := `{"version":3,"deployment":{"manifest":{"time":"2026-01-02T03:04:05Z"},"resources":[
 {"urn":"urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev","type":"pulumi:pulumi:Stack","outputs":{"password":
  {"4dabf18193072939515e22adb298388d":"1b47061264138c4ac30d75fd1eb44270","plaintext":"\"hunter2\""}}}]}}`
	if err := os.WriteFile(exported, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	res, err := carried(t, project, to, "correct horse", map[string]string{"dev": exported})
	if err != nil || len(res.States) != 1 {
		t.Fatal(err, res)
	}
	for name, text := range tree(t, to) {
		if strings.Contains(text, "hunter2") {
			t.Errorf("%s has the password in plain text", name)
		}
	}
}

func TestTheBackendIsTheOneOfThePulumiCLI(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".pulumi"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".pulumi", "credentials.json"), []byte(`{"current":"s3://login","accessTokens":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct{ state, variable, project, home string }{
		"file:///asked": {"file:///asked", "s3://variable", "s3://project", home},
		"s3://variable": {"", "s3://variable", "s3://project", home},
		"s3://project":  {"", "", "s3://project", home},
		"s3://login":    {"", "", "", home},
		"":              {"", "", "", t.TempDir()},
		"file:///p/x":   {"file://./x", "", "", home},
		"file://~":      {"file://~", "", "", home},
	} {
		vars := map[string]string{"PULUMI_BACKEND_URL": c.variable, "HOME": c.home}
		req := PulumiRequest{State: c.state, Options: Options{Getenv: func(name string) string { return vars[name] }}}
		s := &pulumiSource{carryOver: &carryOver{PulumiRequest: req}, dir: "/p", project: &workspace.Project{}}
		if c.project != "" {
			s.project.Backend = &workspace.ProjectBackend{URL: c.project}
		}
		if got, err := s.backendURL(); err != nil || got != want {
			t.Errorf("got %q, want %q: %v", got, want, err)
		}
	}
}
