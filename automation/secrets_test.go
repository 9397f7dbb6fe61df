package automation_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/opthistory"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const hush = "hunter2-s3cr3t"

func TestASecretIsNowhereInPlainText(t *testing.T) {
	t.Parallel()
	var seen []automation.Event
	w := newWorld(t, automation.Observe(func(_ string, e automation.Event) { seen = append(seen, e) }))
	s := w.stack("dev", secretive)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: hush, Secret: true}))
	ch, all := collect()
	up, err := s.Up(t.Context(), optup.EventStreams(ch), optup.Diff())
	w.must(err)
	if up.Outputs["password"] != (auto.OutputValue{Value: hush, Secret: true}) || up.Outputs["engine"].Secret {
		t.Errorf("outputs: %v", up.Outputs)
	}
	if up.Summary.Config["shop:password"] != (auto.ConfigValue{Value: hush, Secret: true}) {
		t.Errorf("the history, shown with secrets: %v", up.Summary.Config)
	}
	h, err := s.History(t.Context(), 1, 1, opthistory.ShowSecrets(false))
	w.must(err)
	if h[0].Config["shop:password"] != (auto.ConfigValue{Secret: true}) {
		t.Errorf("the history, without secrets: %v", h[0].Config)
	}
	for where, text := range map[string]string{
		"stdout": up.StdOut, "stderr": up.StdErr, "the stack's file": w.file("Pulumi.dev.yaml"),
		"the events of auto": jsonOf(t, all()), "the observed events": jsonOf(t, seen),
	} {
		if strings.Contains(text, hush) {
			t.Errorf("%s shows the secret:\n%s", where, text)
		}
	}
	for _, dir := range []string{w.home, w.dir} {
		for path, text := range filesUnder(t, dir) {
			if strings.Contains(text, hush) {
				t.Errorf("%s holds the secret", path)
			}
		}
	}
}

func TestTheKeyIsMadeBesideTheStateForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: hush, Secret: true}))
	info, err := os.Stat(filepath.Join(w.home, "key"))
	w.must(err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %o", info.Mode().Perm())
	}
	if strings.Contains(w.file("Pulumi.dev.yaml"), "encryptionsalt") {
		t.Error("there is no passphrase, so there is no salt")
	}
}

func TestAPassphraseIsTakenFromTheCallAndCheckedEachTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	with := func(k, v string) auto.LocalWorkspaceOption { return auto.EnvVars(map[string]string{k: v}) }
	s := w.stack("dev", secretive, with("PULUMI_CONFIG_PASSPHRASE", "right"))
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: hush, Secret: true}))
	_, err := s.Up(t.Context())
	w.must(err)
	if !strings.Contains(w.file("Pulumi.dev.yaml"), "encryptionsalt: v1:") {
		t.Errorf("the CLI would not find the salt in\n%s", w.file("Pulumi.dev.yaml"))
	}
	wrong := w.stack("dev", secretive, with("PULUMI_CONFIG_PASSPHRASE", "wrong"))
	if _, err := wrong.GetConfig(t.Context(), "password"); err == nil || !strings.Contains(err.Error(), "incorrect passphrase") {
		t.Errorf("a wrong passphrase right after the right one: %v", err)
	}
	w.wantKind("dev", gitops.Denied)
	none := w.stack("dev", secretive)
	if _, err := none.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "PULUMI_CONFIG_PASSPHRASE") {
		t.Errorf("no passphrase: %v", err)
	}
	file := filepath.Join(w.home, "phrase")
	w.must(os.WriteFile(file, []byte("right\n"), 0o600))
	from := w.stack("dev", secretive, with("PULUMI_CONFIG_PASSPHRASE_FILE", file))
	if v, err := from.GetConfig(t.Context(), "password"); err != nil || v.Value != hush {
		t.Errorf("from a file: %v, %v", v, err)
	}
}

func TestAnotherKeyIsToldFromADamagedSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", secretive)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: hush, Secret: true}))
	other := w.cmd.With(automation.KeyFile(filepath.Join(t.TempDir(), "key")))
	o, err := auto.SelectStackInlineSource(t.Context(), "dev", "shop", secretive, auto.WorkDir(w.dir), auto.Pulumi(other))
	w.must(err)
	if _, err = o.GetConfig(t.Context(), "password"); err == nil || !strings.Contains(err.Error(), "key") {
		t.Errorf("got %v", err)
	}
}

func filesUnder(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		out[path] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
