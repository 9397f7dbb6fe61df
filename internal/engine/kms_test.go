package engine_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// vault does what the transit engine of a HashiCorp Vault does, badly.
type vault struct {
	mu      sync.Mutex
	calls   []string
	refuses bool
}

func (v *vault) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.calls = append(v.calls, strings.TrimPrefix(r.URL.Path, "/v1/transit/"))
	var in struct{ Plaintext, Ciphertext string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || v.refuses || r.Header.Get("X-Vault-Token") != "open sesame" {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"errors":["permission denied"]}`))
		return
	}
	out := map[string]string{"ciphertext": "vault:v1:" + in.Plaintext}
	if in.Ciphertext != "" {
		out = map[string]string{"plaintext": strings.TrimPrefix(in.Ciphertext, "vault:v1:")}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"data": out})
}

func (v *vault) count(call string) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	n := 0
	for _, c := range v.calls {
		if c == call {
			n++
		}
	}
	return n
}

// TestADataKeyIsUnwrappedOnceForManyStacks runs alone: Pulumi takes the address
// of a Vault from the process's environment, once for each process.
func TestADataKeyIsUnwrappedOnceForManyStacks(t *testing.T) {
	v := &vault{}
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	t.Setenv("VAULT_SERVER_URL", server.URL)
	t.Setenv("VAULT_SERVER_TOKEN", "open sesame")

	w := newWorld(t)
	made, err := w.Reencrypt(t.Context(), w.stack, engine.SecretsSettings{Provider: "hashivault://estate"})
	if err != nil || made.EncryptedKey == "" || made.Provider != "hashivault://estate" {
		t.Fatalf("settings %+v, %v", made, err)
	}
	w.stack.Secrets = made
	for range 3 {
		w.run(gitops.Update, secretOutput)
	}
	out, err := w.Outputs(t.Context(), w.stack, true)
	if err != nil || out["password"] != "hunter22" || strings.Contains(w.resources(), "hunter22") {
		t.Errorf("outputs %v, %v", out, err)
	}
	for _, name := range []string{"a.dev", "b.dev"} {
		s := engine.Stack{Ref: gitops.StackRef{Project: "trunkline", Stack: name}, Secrets: made}
		if again, err := w.Init(t.Context(), s); err != nil || again.EncryptedKey != made.EncryptedKey {
			t.Errorf("%s: %+v, %v", name, again, err)
		}
	}
	if enc, dec := v.count("encrypt/estate"), v.count("decrypt/estate"); enc != 1 || dec != 1 {
		t.Errorf("one data key took %d wrappings and %d unwrappings, want 1 and 1", enc, dec)
	}
	v.mu.Lock()
	v.refuses = true
	v.mu.Unlock()
	_, err = w.another().Outputs(t.Context(), w.stack, true)
	if gitops.KindOf(err) != gitops.Denied || !contains(err, "cannot unwrap the data key with hashivault://estate") || !contains(err, "permission denied") {
		t.Errorf("a process that may not use the key: %v", err)
	}
}

func TestAnUnknownOrDamagedKMSKeyIsRefusedByName(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		s    engine.SecretsSettings
		want string
	}{
		"no KMS":         {engine.SecretsSettings{Provider: "sesame"}, "unknown secrets provider sesame"},
		"another scheme": {engine.SecretsSettings{Provider: "https://me:pw@kms"}, "unknown secrets provider https://me:xxxxx@kms"},
		"no base64":      {engine.SecretsSettings{Provider: "awskms://alias/x", EncryptedKey: "%"}, "the wrapped data key is damaged"},
	} {
		w := newWorld(t)
		if _, err := w.Reencrypt(t.Context(), w.stack, c.s); gitops.KindOf(err) != gitops.Invalid || !contains(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
