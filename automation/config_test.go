package automation_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func nothing(*pulumi.Context) error { return nil }

func TestSettingsComeBackAsTheyWereSet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	s := w.stack("dev", nothing)
	w.must(s.SetConfig(ctx, "dash", auto.ConfigValue{Value: "-x=1"}))
	w.must(s.SetConfig(ctx, "aws:region", auto.ConfigValue{Value: "eu-west-1"}))
	w.must(s.SetAllConfig(ctx, auto.ConfigMap{
		"shop:plain": {Value: "a,b=c\nd"}, "secret": {Value: "s3cr3t", Secret: true}, "empty": {Value: ""},
	}))
	all, err := s.GetAllConfig(ctx)
	w.must(err)
	want := auto.ConfigMap{
		"shop:dash": {Value: "-x=1"}, "aws:region": {Value: "eu-west-1"}, "shop:plain": {Value: "a,b=c\nd"},
		"shop:secret": {Value: "s3cr3t", Secret: true}, "shop:empty": {Value: ""},
	}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Error(diff)
	}
	v, err := s.GetConfig(ctx, "secret")
	w.must(err)
	if v != want["shop:secret"] {
		t.Errorf("got %v", v)
	}
	hidden, err := s.GetAllConfigWithOptions(ctx, &auto.GetAllConfigOptions{})
	w.must(err)
	if hidden["shop:secret"] != (auto.ConfigValue{Secret: true}) {
		t.Errorf("without ShowSecrets: %v", hidden["shop:secret"])
	}
	w.must(s.RemoveConfig(ctx, "dash"))
	w.must(s.RemoveAllConfig(ctx, []string{"shop:plain", "empty"}))
	if all, err = s.GetAllConfig(ctx); err != nil || len(all) != 2 {
		t.Errorf("after removal: %v, %v", all, err)
	}
	if _, err = s.GetConfig(ctx, "nope"); err == nil || !strings.Contains(err.Error(), "configuration key 'nope' not found") {
		t.Errorf("a key that is not there: %v", err)
	}
}

func TestPathsReachIntoValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := t.Context()
	s := w.stack("dev", nothing)
	path := &auto.ConfigOptions{Path: true}
	w.must(s.SetConfigWithOptions(ctx, "db.hosts[0]", auto.ConfigValue{Value: "a"}, path))
	w.must(s.SetAllConfigWithOptions(ctx, auto.ConfigMap{"db.hosts[1]": {Value: "b"}, "db.port": {Value: "5432"}}, path))
	w.must(s.SetConfigWithOptions(ctx, "db.password", auto.ConfigValue{Value: "s3cr3t", Secret: true}, path))
	v, err := s.GetConfig(ctx, "db")
	w.must(err)
	if !v.Secret || v.Value != `{"hosts":["a","b"],"password":"s3cr3t","port":5432}` {
		t.Errorf("got %v", v)
	}
	if v, err = s.GetConfigWithOptions(ctx, "db.hosts[1]", path); err != nil || v.Value != "b" || v.Secret {
		t.Errorf("got %v, %v", v, err)
	}
	w.must(s.RemoveConfigWithOptions(ctx, "db.password", path))
	if v, err = s.GetConfig(ctx, "db"); err != nil || v.Secret {
		t.Errorf("without the secret in it: %v, %v", v, err)
	}
}

func TestObjectsReachTheProgramAsObjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	type db struct {
		Zones []string `json:"zones"`
		Size  int      `json:"size"`
	}
	var got, hidden db
	var secret string
	s := w.stack("dev", func(ctx *pulumi.Context) error {
		c := config.New(ctx, "")
		secret = c.Get("password")
		if err := c.GetObject("hidden", &hidden); err != nil {
			return err
		}
		return c.GetObject("db", &got)
	})
	text, err := json.Marshal(map[string]any{
		"shop:db":       map[string]any{"objectValue": db{[]string{"a", "b"}, 3}},
		"shop:hidden":   map[string]any{"objectValue": db{[]string{"zone-x"}, 987654321}, "secret": true},
		"shop:password": map[string]any{"value": "s3cr3t", "secret": true},
	})
	w.must(err)
	w.must(s.SetAllConfigJson(t.Context(), string(text), nil))
	_, err = s.Preview(t.Context())
	w.must(err)
	if diff := cmp.Diff([]db{{[]string{"a", "b"}, 3}, {[]string{"zone-x"}, 987654321}}, []db{got, hidden}); diff != "" || secret != "s3cr3t" {
		t.Error(secret, diff)
	}
	file := w.file("Pulumi.dev.yaml")
	if strings.Contains(file, "zone-x") || strings.Contains(file, "987654321") || !strings.Contains(file, "size: 3") {
		t.Errorf("the file:\n%s", file)
	}
}

func TestAnotherConfigFileIsUsedWhenNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	opts := &auto.ConfigOptions{ConfigFile: "other.yaml"}
	w.must(s.SetConfigWithOptions(t.Context(), "k", auto.ConfigValue{Value: "v"}, opts))
	if v, err := s.GetConfigWithOptions(t.Context(), "k", opts); err != nil || v.Value != "v" {
		t.Errorf("got %v, %v", v, err)
	}
	if !strings.Contains(w.file("other.yaml"), "shop:k: v") {
		t.Error("it is not in the file")
	}
	if _, err := s.GetConfig(t.Context(), "k"); err == nil {
		t.Error("it is in the stack's own file, too")
	}
}

func TestTheLastUpdatesSettingsCanBeRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: "s3cr3t", Secret: true}))
	_, err := s.Up(t.Context())
	w.must(err)
	w.must(s.SetConfig(t.Context(), "password", auto.ConfigValue{Value: "lost"}))
	w.must(s.SetConfig(t.Context(), "more", auto.ConfigValue{Value: "x"}))
	got, err := s.RefreshConfig(t.Context())
	w.must(err)
	if diff := cmp.Diff(auto.ConfigMap{"shop:password": {Value: "s3cr3t", Secret: true}}, got); diff != "" {
		t.Error(diff)
	}
}

func TestManyWritersLoseNoSetting(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			if err := s.SetConfig(t.Context(), fmt.Sprintf("k%d", i), auto.ConfigValue{Value: "v"}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := s.GetAllConfig(t.Context())
	w.must(err)
	if len(got) != 16 {
		t.Errorf("%d of 16 settings are left", len(got))
	}
}

func TestAStackFileKeepsItsCommentsAndBecomesPrivateWithItsFirstSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.stack("dev", nothing)
	path := filepath.Join(w.dir, "Pulumi.dev.yaml")
	w.must(os.WriteFile(path, []byte("config:\n  # why it is three\n  shop:zones: 3\n"), 0o644))
	w.must(s.SetConfig(t.Context(), "a", auto.ConfigValue{Value: "b"}))
	if text := w.file("Pulumi.dev.yaml"); !strings.Contains(text, "# why it is three") || !strings.Contains(text, "shop:a: b") {
		t.Errorf("the file:\n%s", text)
	}
	mode := func() os.FileMode {
		info, err := os.Stat(path)
		w.must(err)
		return info.Mode().Perm()
	}
	if mode() != 0o644 {
		t.Errorf("mode %o without a secret", mode())
	}
	w.must(s.SetConfig(t.Context(), "b", auto.ConfigValue{Value: "c", Secret: true}))
	if mode() != 0o600 {
		t.Errorf("mode %o with a secret", mode())
	}
}

func TestDefaultsOfTheProjectDoNotGetIntoTheStacksFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(os.WriteFile(filepath.Join(w.dir, "Pulumi.yaml"),
		[]byte("name: shop\nruntime: go\nconfig:\n  zones: {type: integer, default: 3}\n  name: {type: string}\n"), 0o600))
	env := auto.EnvVars(map[string]string{"PULUMI_CONFIG_PASSPHRASE": "p"}) // makes a salt, which is saved
	s, err := auto.UpsertStackLocalSource(t.Context(), "dev", w.dir, auto.Pulumi(w.cmd), env, auto.Program(nothing))
	w.must(err)
	_, err = s.Preview(t.Context())
	if err == nil || !strings.Contains(err.Error(), "missing configuration value 'name'") || !strings.Contains(err.Error(), "code: 2") {
		t.Errorf("got %v, want exit 2 that names the missing key", err)
	}
	w.must(s.SetConfig(t.Context(), "name", auto.ConfigValue{Value: "web"}))
	_, err = s.Preview(t.Context())
	w.must(err)
	all, err := s.GetAllConfig(t.Context())
	w.must(err)
	if all["shop:zones"].Value != "3" || strings.Contains(w.file("Pulumi.dev.yaml"), "zones") {
		t.Errorf("got %v and the file\n%s", all, w.file("Pulumi.dev.yaml"))
	}
}
