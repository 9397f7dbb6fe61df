package review

import (
	"math"
	"regexp"
	"strings"
)

// Suspect stands for a value that looks like a secret although nothing marked
// it as one.
const Suspect = "[looks like a secret]"

// forms are secrets that are known by their look: private keys, and the tokens
// of clouds, forges and services that people paste.
var forms = regexp.MustCompile(strings.Join([]string{
	`-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----(?s:.*?)(-----END [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----|\z)`,
	`\b(AKIA|ASIA)[A-Z0-9]{16}\b`,
	`\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`,
	`\bgh[pousr]_[A-Za-z0-9]{30,}`, `\bgithub_pat_[A-Za-z0-9_]{22,}`,
	`\bgl(pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_.-]{20,}`,
	`\bxox[abeoprs]-[A-Za-z0-9-]{10,}`, `\bhooks\.slack\.com/services/[A-Za-z0-9/_-]+`,
	`\b(sk|rk)_(live|test)_[A-Za-z0-9]{16,}`, `\bsk-[A-Za-z0-9_-]{20,}`, `\bAIza[A-Za-z0-9_-]{35}`, `\bnpm_[A-Za-z0-9]{30,}`,
	`\bpul-[0-9a-f]{40}\b`, `\bhvs\.[A-Za-z0-9_-]{20,}`, `\bdop_v1_[0-9a-f]{64}`, `\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`,
}, "|"))

// userinfo is a password in an address.
var userinfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@"'<>]*:)[^\s/@"'<>]+@`)

// maskText replaces secrets of known forms inside a text.
func maskText(s string) string {
	if !worthALook(s) {
		return s
	}
	s = forms.ReplaceAllLiteralString(s, Suspect)
	return userinfo.ReplaceAllString(s, "${1}"+Suspect+"@")
}

// worthALook tells whether a text has the beginning of a secret of a known form
// in it. Few texts do, and there are very many texts.
func worthALook(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '-':
			if strings.HasPrefix(s[i:], "-----BEGIN ") {
				return true
			}
		case c == ':':
			if strings.HasPrefix(s[i:], "://") {
				return true
			}
		case isWord(c) && (i == 0 || !isWord(s[i-1])) && opens(s[i:]):
			return true
		}
	}
	return false
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// opens tells whether a word begins as one of the known forms does.
func opens(s string) bool {
	switch s[0] {
	case 'A':
		return strings.HasPrefix(s, "AKIA") || strings.HasPrefix(s, "ASIA") || strings.HasPrefix(s, "AIza")
	case 'S':
		return strings.HasPrefix(s, "SG.")
	case 'd':
		return strings.HasPrefix(s, "dop_v1_")
	case 'e':
		return strings.HasPrefix(s, "eyJ")
	case 'g':
		return strings.HasPrefix(s, "gh") || strings.HasPrefix(s, "gl") || strings.HasPrefix(s, "github_pat_")
	case 'h':
		return strings.HasPrefix(s, "hooks.slack") || strings.HasPrefix(s, "hvs.")
	case 'n':
		return strings.HasPrefix(s, "npm_")
	case 'p':
		return strings.HasPrefix(s, "pul-")
	case 'r', 's':
		return len(s) > 2 && s[1] == 'k' && (s[2] == '_' || s[2] == '-')
	case 'x':
		return strings.HasPrefix(s, "xox")
	}
	return false
}

// The names under which secrets stand. The word at the end counts most: a
// secretName, a tokenUrl and a passwordLength are none.
var (
	passwordName = regexp.MustCompile(`(?i)(password|passwd|passphrase|pwd)s?$`)
	secretName   = regexp.MustCompile(`(?i)(secret|token|(api|private|secret|access|auth|encryption|signing)[_-]?key|credential)s?$`)
	aboutSecret  = regexp.MustCompile(`(?i)pass|pwd|secret|token|credential|(api|private|access|auth)[_-]?key`)
	// reference is a value that is no secret itself: it says where one is, or that
	// there is one.
	reference = regexp.MustCompile(`^(arn:|\$\{|\{\{|https?://|/[a-z][a-z0-9_.-]*(/[a-z0-9_.-]+)+$|(?i:true|false|yes|no|none|enabled|disabled|active|inactive|optional|required)$)`)
)

// namesSecret tells whether a text looks like a secret because of the name that
// it stands under.
func namesSecret(name, s string) bool {
	if s == "" || !telling(name) || !aboutSecret.MatchString(name) || reference.MatchString(s) {
		return false
	}
	switch {
	case passwordName.MatchString(name):
		return true
	case secretName.MatchString(name):
		return len(s) >= 8 && !strings.ContainsAny(s, " \n") && entropy(s) >= 2.5 && mixed(s)
	}
	return len(s) >= 20 && !strings.ContainsAny(s, " \n:/") && entropy(s) >= 3.5 && mixed(s)
}

// telling is a quick look for the words of aboutSecret.
func telling(name string) bool {
	for i := 0; i+3 <= len(name); i++ {
		switch name[i] | 0x20 {
		case 'p', 's', 't', 'c', 'k':
			for _, w := range []string{"pas", "pwd", "sec", "tok", "cre", "key"} {
				if strings.EqualFold(name[i:i+3], w) {
					return true
				}
			}
		}
	}
	return false
}

// mixed tells whether a text has digits beside letters: names of things seldom
// have many, random texts nearly always do.
func mixed(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
}

// entropy is Shannon's, in bits a character.
func entropy(s string) float64 {
	var count [256]int
	for i := 0; i < len(s); i++ {
		count[s[i]]++
	}
	bits := 0.0
	for _, n := range count {
		if n > 0 {
			p := float64(n) / float64(len(s))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}
