package settings

import (
	"fmt"
	"reflect"
)

// Masked stands for the value of a secret wherever one is shown.
const Masked = "[secret]"

// Secret is a text that no formatting, logging or encoding reveals. The zero
// Secret is empty.
type Secret struct {
	text *string // a pointer, so that even fmt on an unexported field shows no text
}

// NewSecret returns a secret with the text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsSet tells whether the secret has a text.
func (s Secret) IsSet() bool { return s.text != nil && *s.text != "" }

// Set replaces the text. It is how Decode fills types that embed Secret.
func (s *Secret) Set(text string) { s.text = &text }

// Equal tells whether both have the same text.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns Masked.
func (s Secret) String() string { return Masked }

// Format writes Masked whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(Masked)) }

// MarshalText returns Masked.
func (s Secret) MarshalText() ([]byte, error) { return []byte(Masked), nil }

type secretSetter interface{ Set(text string) }

// isSecret recognises Secret and every struct that embeds it.
func isSecret(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || !reflect.PointerTo(t).Implements(reflect.TypeFor[secretSetter]()) {
		return false
	}
	if t == reflect.TypeFor[Secret]() {
		return true
	}
	f, ok := t.FieldByName("Secret")
	return ok && f.Anonymous && f.Type == reflect.TypeFor[Secret]()
}
