package engine

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/cloud"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// kmsSchemes are the URLs of keys at a KMS that Pulumi supports.
var kmsSchemes = []string{"awskms", "azurekeyvault", "gcpkms", "hashivault"}

// cloudState is the state of Pulumi's KMS manager in a deployment.
type cloudState struct {
	URL          string `json:"url"`
	EncryptedKey []byte `json:"encryptedkey"`
}

// kms unwraps a data key, once for each engine.
func (e *Engine) kms(state json.RawMessage) (secrets.Manager, error) {
	var st cloudState
	if err := json.Unmarshal(state, &st); err != nil || st.URL == "" || len(st.EncryptedKey) == 0 {
		return nil, gitops.Errorf(gitops.Failed, "the state names no wrapped key for its secrets")
	}
	return e.keys.once(kmsEntry(state), func() (secrets.Manager, error) {
		sm, err := cloud.NewCloudSecretsManagerFromState(state)
		if err != nil {
			return nil, noKMS("unwrap the data key with", st.URL, err)
		}
		return sm, nil
	})
}

// kmsEntry names the data key of a state in the keyring, whatever the spelling.
func kmsEntry(state json.RawMessage) string {
	var st cloudState
	if json.Unmarshal(state, &st) != nil {
		return "kms " + string(state)
	}
	return "kms " + st.URL + " " + base64.StdEncoding.EncodeToString(st.EncryptedKey)
}

// kmsKey opens the data key of the settings, and makes one when they have none.
func (e *Engine) kmsKey(provider, encryptedKey string) (secrets.Manager, error) {
	if scheme, _, ok := strings.Cut(provider, "://"); !ok || !slices.Contains(kmsSchemes, scheme) {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "unknown secrets provider " + shownURL(provider),
			Next: "choose key, passphrase, or a URL that begins with one of " + strings.Join(kmsSchemes, "://, ") + "://"}
	}
	if encryptedKey == "" {
		sm, err := cloud.NewCloudSecretsManager(&workspace.ProjectStack{SecretsProvider: provider}, provider, true)
		if err != nil {
			return nil, noKMS("make a data key with", provider, err)
		}
		return e.keys.once(kmsEntry(sm.State()), func() (secrets.Manager, error) { return sm, nil })
	}
	raw, err := base64.StdEncoding.DecodeString(encryptedKey)
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "the wrapped data key is damaged: it is not base64", Err: err,
			Next: "restore it from Git, or from an export of the stack's state"}
	}
	state, err := json.Marshal(cloudState{URL: provider, EncryptedKey: raw})
	if err != nil {
		return nil, err
	}
	return e.kms(state)
}

func noKMS(what, provider string, err error) error {
	return &gitops.Error{Kind: gitops.Denied, What: "cannot " + what + " " + shownURL(provider), Err: err,
		Next: "check that the key exists, and that the credentials in the environment of this process may use it"}
}

// shownURL is a URL as it may be shown.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		scheme, _, _ := strings.Cut(raw, ":")
		return scheme + ":…"
	}
	return u.Redacted()
}
