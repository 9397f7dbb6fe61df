package engine_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func phrase(s string) func() (string, bool, error) {
	return func() (string, bool, error) { return s, s != "", nil }
}

func secretOutput(ctx *pulumi.Context) error {
	ctx.Export("password", pulumi.ToSecret(pulumi.String("hunter22")))
	ctx.Export("deep", pulumi.Map{"a": pulumi.Array{pulumi.ToSecret(pulumi.Int(7)), pulumi.Int(8)}})
	return nil
}

func TestAPassphraseStackOpensOnlyWithItsPassphrase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stack = engine.Stack{Ref: app, Secrets: engine.SecretsSettings{Passphrase: phrase("right")}}
	settings, err := w.Init(t.Context(), w.stack)
	if err != nil || !strings.HasPrefix(settings.EncryptionSalt, "v1:") {
		t.Fatalf("settings %+v, %v", settings, err)
	}
	w.run(gitops.Update, secretOutput)
	if strings.Contains(w.resources(), "hunter22") {
		t.Error("the state has the secret in plain text")
	}
	for name, s := range map[string]engine.SecretsSettings{
		"with the saved salt": settings, "with the salt of the state": w.stack.Secrets,
	} {
		s.Passphrase = phrase("right")
		out, err := w.Outputs(t.Context(), engine.Stack{Ref: app, Secrets: s}, true)
		if err != nil || out["password"] != "hunter22" {
			t.Errorf("%s: %v, %v", name, out, err)
		}
		s.Passphrase = phrase("wrong")
		_, err = w.Outputs(t.Context(), engine.Stack{Ref: app, Secrets: s}, true)
		if gitops.KindOf(err) != gitops.Denied || !contains(err, "incorrect passphrase") {
			t.Errorf("%s and the wrong passphrase: %v", name, err)
		}
		_, _, err = w.Crypter(t.Context(), engine.Stack{Ref: app, Secrets: s})
		if gitops.KindOf(err) != gitops.Denied {
			t.Errorf("%s, crypter with the wrong passphrase: %v", name, err)
		}
		s.Passphrase = phrase("")
		_, err = w.Outputs(t.Context(), engine.Stack{Ref: app, Secrets: s}, true)
		if err == nil || !contains(err, "passphrase must be set with PULUMI_CONFIG_PASSPHRASE") {
			t.Errorf("%s and no passphrase: %v", name, err)
		}
	}
}

func TestAStateOfAnotherKeyIsRefusedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	opts := w.options(w.provider)
	opts.Key = func() (engine.KeyCrypter, error) { return enginetest.Key("k2"), nil }
	other := engine.New(opts)
	_, err := other.Run(t.Context(), w.request(gitops.Preview, secretOutput))
	if gitops.KindOf(err) != gitops.Invalid || !contains(err, "encrypted with key k1, and this installation has key k2") {
		t.Errorf("got %v", err)
	}
	if _, err := other.Outputs(t.Context(), w.stack, false); err != nil {
		t.Errorf("outputs without secrets need no key: %v", err)
	}
}

func TestOutputsShowSecretsOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	for show, want := range map[bool]map[string]any{
		false: {"password": gitops.Masked, "deep": map[string]any{"a": []any{gitops.Masked, 8.0}}},
		true:  {"password": "hunter22", "deep": map[string]any{"a": []any{7.0, 8.0}}},
	} {
		got, err := w.Outputs(t.Context(), w.stack, show)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("show=%v (-want +got):\n%s", show, diff)
		}
	}
}

func TestSecretsMoveToAnotherProviderWithTheNextUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	key := w.stack.Secrets
	w.stack.Secrets = engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("p")}
	_, settings, err := w.Crypter(t.Context(), engine.Stack{
		Ref: gitops.StackRef{Project: "trunkline", Stack: "new.dev"}, Secrets: w.stack.Secrets,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.stack.Secrets = settings
	w.run(gitops.Update, secretOutput)
	if !strings.Contains(w.resources(), `"secrets_providers":{"type":"passphrase"`) {
		t.Errorf("the state should name the new provider: %s", w.resources())
	}
	out, err := w.Outputs(t.Context(), w.stack, true)
	if err != nil || out["password"] != "hunter22" {
		t.Errorf("outputs %v, %v", out, err)
	}
	w.stack.Secrets = key
	if _, err := w.Outputs(t.Context(), w.stack, true); gitops.KindOf(err) != gitops.Denied {
		t.Errorf("without the passphrase: %v", err)
	}
}
