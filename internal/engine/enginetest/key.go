package enginetest

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Key is an engine.KeyCrypter that hides nothing: it tells only keys apart.
type Key string

// KeyID returns the key itself.
func (k Key) KeyID() string { return string(k) }

// Encrypt encodes the text and puts the key in front.
func (k Key) Encrypt(plain string) (string, error) {
	return "test:" + string(k) + ":" + base64.StdEncoding.EncodeToString([]byte(plain)), nil
}

// Decrypt is the inverse of Encrypt with the same key.
func (k Key) Decrypt(text string) (string, error) {
	coded, ok := strings.CutPrefix(text, "test:"+string(k)+":")
	if !ok {
		return "", fmt.Errorf("%q was not encrypted with key %s", text, k)
	}
	b, err := base64.StdEncoding.DecodeString(coded)
	return string(b), err
}
