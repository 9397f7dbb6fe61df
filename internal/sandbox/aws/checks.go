package aws

import (
	"fmt"
	"net/netip"
	"regexp"
)

// cidr checks that the known values at the paths are networks in CIDR notation.
func cidr(paths ...string) func(Object) []Failure {
	return func(in Object) []Failure {
		var out []Failure
		for _, path := range paths {
			for _, v := range in.text(path) {
				if reason := badCIDR(v); reason != "" {
					out = append(out, Failure{path, reason})
				}
			}
		}
		return out
	}
}

func badCIDR(s string) string {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Sprintf("%q is not a valid CIDR block: invalid CIDR address: %s", s, s)
	}
	if m := p.Masked(); m != p {
		return fmt.Sprintf("%q is not a valid CIDR block; did you mean %q?", s, m)
	}
	return ""
}

// policy checks that the known values of the keys are JSON documents with
// statements.
func policy(keys ...string) func(Object) []Failure {
	return func(in Object) []Failure {
		var out []Failure
		for _, key := range keys {
			if !in.has(key) {
				continue
			}
			doc, err := document(in[key])
			if err != nil {
				out = append(out, Failure{key, fmt.Sprintf("%q contains an invalid JSON policy: %s", key, err)})
				continue
			}
			if m, ok := doc.(map[string]any); !ok || m["Statement"] == nil {
				out = append(out, Failure{key, fmt.Sprintf("%q contains an invalid JSON policy: it has no Statement", key)})
			}
		}
		return out
	}
}

// jsonText checks that the known values of the keys are JSON.
func jsonText(keys ...string) func(Object) []Failure {
	return func(in Object) []Failure {
		var out []Failure
		for _, key := range keys {
			if !in.has(key) {
				continue
			}
			if _, err := document(in[key]); err != nil {
				out = append(out, Failure{key, fmt.Sprintf("%q contains an invalid JSON: %s", key, err)})
			}
		}
		return out
	}
}

// pattern checks the form of a known string.
func pattern(key string, re *regexp.Regexp, reason string) func(Object) []Failure {
	return func(in Object) []Failure {
		if s := in.Text(key); s != "" && !re.MatchString(s) {
			return []Failure{{key, fmt.Sprintf("%q %s", s, reason)}}
		}
		return nil
	}
}

// between checks the bounds of a known number, both included.
func between(key string, low, high int) func(Object) []Failure {
	return func(in Object) []Failure {
		if n, ok := in.whole(key); ok && (n < low || n > high) {
			return []Failure{{key, fmt.Sprintf("expected %s to be in the range (%d - %d), got %d", key, low, high, n)}}
		}
		return nil
	}
}

// oneOf checks that a known string is one of a few.
func oneOf(key string, values ...string) func(Object) []Failure {
	return func(in Object) []Failure {
		s := in.Text(key)
		for _, v := range values {
			if s == v || s == "" {
				return nil
			}
		}
		return []Failure{{key, fmt.Sprintf("expected %s to be one of %q, got %s", key, values, s)}}
	}
}
