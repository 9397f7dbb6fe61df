package secrets

import (
	"encoding/base64"
	"io"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// scheme starts every ciphertext, so that a later form can be told from this
// one.
const scheme = "tk1"

// text is the alphabet of ciphertexts. Strict, and Decrypt refuses the line
// breaks that base64 skips: two different texts never mean the same bytes.
var text = base64.RawURLEncoding.Strict()

// Encrypt returns "tk1:<key id>:<base64>". The bytes are a random nonce, the
// AES-256-GCM ciphertext and its tag; what stands before them is authenticated
// too. The same plaintext gives another text each time.
func (k *KeyFile) Encrypt(plaintext string) (string, error) {
	one := k.keys[0]
	sealed := make([]byte, one.aead.NonceSize(), one.aead.NonceSize()+len(plaintext)+one.aead.Overhead())
	if _, err := io.ReadFull(k.random, sealed); err != nil {
		return "", &gitops.Error{Kind: gitops.Failed, What: "cannot encrypt: no random numbers", Err: err}
	}
	sealed = one.aead.Seal(sealed, sealed, []byte(plaintext), []byte(header(one.id)))
	return header(one.id) + text.EncodeToString(sealed), nil
}

// Decrypt is the inverse of Encrypt, with whichever key of the file. Errors are
// of kind Invalid and tell a text of another key from a damaged one; they never
// show plaintext.
func (k *KeyFile) Decrypt(ciphertext string) (string, error) {
	id, body, err := split(ciphertext)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(k.keys, func(one key) bool { return one.id == id })
	if i < 0 {
		return "", k.lacks(id, "the value was")
	}
	aead := k.keys[i].aead
	sealed, err := text.DecodeString(body)
	if err != nil || strings.ContainsAny(body, "\r\n") || len(sealed) < aead.NonceSize()+aead.Overhead() {
		return "", damaged("its last part is cut short or is not base64")
	}
	nonce, sealed := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, sealed, []byte(header(id)))
	if err != nil {
		return "", damaged("it was changed after it was encrypted")
	}
	return string(plain), nil
}

func header(id string) string { return scheme + ":" + id + ":" }

// split returns the key's ID and the last part of a ciphertext.
func split(ciphertext string) (id, body string, err error) {
	parts := strings.Split(ciphertext, ":")
	switch {
	case len(parts) != 3 || parts[0] != scheme:
		return "", "", damaged("it does not have the form " + scheme + ":<key id>:<base64>")
	case !isKeyID(parts[1]):
		return "", "", damaged("its second part is not a key ID of 16 hexadecimal digits")
	}
	return parts[1], parts[2], nil
}

// KeyOf returns the ID of the key that a ciphertext of Encrypt needs, "" when it
// is not of that form.
func KeyOf(ciphertext string) string {
	id, _, err := split(ciphertext)
	if err != nil {
		return ""
	}
	return id
}

func isKeyID(s string) bool {
	return len(s) == 16 && strings.Trim(s, "0123456789abcdef") == ""
}

func damaged(why string) error {
	return &gitops.Error{
		Kind: gitops.Invalid,
		What: "the encrypted value is damaged: " + why,
		Next: "restore it from Git, or encrypt the value again: trunkline secret set",
	}
}
