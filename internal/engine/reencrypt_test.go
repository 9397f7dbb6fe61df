package engine_test

import (
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// reopened checks that the state opens with the settings and that nothing about
// the stack has changed.
func (w *world) reopened(s engine.SecretsSettings) {
	w.t.Helper()
	w.stack.Secrets = s
	out, err := w.Outputs(w.t.Context(), w.stack, true)
	if err != nil || out["password"] != "hunter22" {
		w.t.Fatalf("outputs with the new settings: %v, %v", out, err)
	}
	if strings.Contains(w.resources(), "hunter22") {
		w.t.Error("the secret is in the state in plain text")
	}
	if res := w.run(gitops.Update, secretOutput); res.Changes["same"] != 1 {
		w.t.Errorf("another encryption is no change: %v", res.Changes)
	}
}

func TestAStateMovesBetweenSecretsProvidersAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	made, err := w.Reencrypt(t.Context(), w.stack, engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("one")})
	if err != nil || !strings.HasPrefix(made.EncryptionSalt, "v1:") {
		t.Fatalf("to a passphrase: %+v, %v", made, err)
	}
	w.reopened(made)
	again, err := w.Reencrypt(t.Context(), w.stack, engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("two")})
	if err != nil || again.EncryptionSalt == made.EncryptionSalt {
		t.Fatalf("to another passphrase: %+v, %v", again, err)
	}
	if _, err := w.Outputs(t.Context(), w.stack, true); gitops.KindOf(err) != gitops.Denied {
		t.Errorf("the old passphrase still opens the state: %v", err)
	}
	w.reopened(again)
	back, err := w.Reencrypt(t.Context(), w.stack, engine.SecretsSettings{Provider: "key"})
	if err != nil || back.EncryptionSalt != "" {
		t.Fatalf("back to the key: %+v, %v", back, err)
	}
	w.reopened(back)
}

func TestReencryptingAgainAfterACrashIsNoError(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	to := engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("one")}
	if _, err := w.Reencrypt(t.Context(), w.stack, to); err != nil {
		t.Fatal(err)
	}
	// Nobody has saved the new settings: the stack still says "key".
	old := w.stack
	old.Secrets = engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("old")}
	made, err := w.Reencrypt(t.Context(), old, to)
	if err != nil {
		t.Fatal(err)
	}
	w.reopened(made)
}

func TestAStateThatCannotBeOpenedIsNotReencrypted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run(gitops.Update, secretOutput)
	to := engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("one")}
	made, err := w.Reencrypt(t.Context(), w.stack, to)
	if err != nil {
		t.Fatal(err)
	}
	before := w.resources()
	wrong := w.stack
	wrong.Secrets = engine.SecretsSettings{Provider: "passphrase", Passphrase: phrase("wrong")}
	if _, err := w.Reencrypt(t.Context(), wrong, engine.SecretsSettings{Provider: "key"}); gitops.KindOf(err) != gitops.Denied {
		t.Errorf("with the wrong passphrase: %v", err)
	}
	if w.resources() != before {
		t.Error("the state was changed")
	}
	w.reopened(made)
}
