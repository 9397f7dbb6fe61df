package record

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"regexp"
	"strings"
)

// Token returns a text that stands for one value that only a cloud knows: the
// property at path of a thing of a kind, such as a queue, under its name.
// identity, such as a URN, tells things of one kind and name apart. A token has
// no character that ends a part of an ARN, a URL or a policy.
func Token(kind, name, identity, path string) string {
	text := prefix(kind, name, identity)
	if path = tame(path); path != "" {
		text += "." + path
	}
	return text + "⟩"
}

// prefix is how all tokens of one thing begin.
func prefix(kind, name, identity string) string {
	sum := sha256.Sum256([]byte(identity))
	return "⟨" + strings.ReplaceAll(tame(kind), ".", "_") + "." + tame(name) + "~" + hex.EncodeToString(sum[:])[:hashDigits]
}

const hashDigits = 12

// ofResource is prefix for a resource.
func ofResource(urn string) string { return prefix(Kind(typeOf(urn)), nameOf(urn), urn) }

// Kind is the last word of a type: "queue" of aws:sqs/queue:Queue.
func Kind(typ string) string {
	word := typ[strings.LastIndexByte(typ, ':')+1:]
	if word == "" {
		return "resource"
	}
	return strings.ToLower(word[:1]) + word[1:]
}

// Number returns a number that stands for one value, as Token does for texts: a
// whole one above 2^40 that nobody writes by hand.
func Number(identity, path string) float64 {
	sum := sha256.Sum256([]byte(identity + "\x00" + path))
	return float64(numbers + binary.BigEndian.Uint64(sum[:])%numbers)
}

// numbers is the least of the numbers that stand for values; all are below its
// double.
const numbers = 1 << 40

// tame leaves letters, digits, - and _ as they are, makes the marks of a path
// dots, and anything else _.
func tame(s string) string {
	s = strings.NewReplacer("[", ".", "]", "").Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '_'
	}, s)
}

var tokenForm = regexp.MustCompile(`⟨([A-Za-z0-9_-]*)\.([A-Za-z0-9_.-]*)~[0-9a-f]{12}((?:\.[A-Za-z0-9_.-]*)?)⟩`)

// Show returns a text with its tokens as people read them: ⟨queue jobs.name⟩.
func Show(s string) string {
	if !strings.Contains(s, "⟨") {
		return s
	}
	return tokenForm.ReplaceAllString(s, "⟨$1 $2$3⟩")
}
