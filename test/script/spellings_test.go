package script

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"testing"

	"pgregory.net/rapid"
)

// The search for leaks is worth something only if it finds what is there.
func TestASecretIsFoundInEverySpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[a-zA-Zä"+/?&<=. ]{16,40}`).Draw(t, "secret")
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		for how, coded := range map[string]string{
			"plain": before + text + after, "in JSON": before + string(quoted) + after,
			"in a URL": before + url.QueryEscape(text) + after, "in hexadecimal": hex.EncodeToString([]byte(before + text + after)),
			"in base64":     base64.StdEncoding.EncodeToString([]byte(before + text + after)),
			"in URL base64": base64.RawURLEncoding.EncodeToString([]byte(before + text + after)),
		} {
			found := false
			for _, s := range spellings(text) {
				found = found || bytes.Contains([]byte(coded), s)
			}
			if !found {
				t.Fatalf("%q is not found %s: %s", text, how, coded)
			}
		}
	})
}
