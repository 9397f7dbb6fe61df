package record

import (
	"encoding/json"
	"reflect"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Unknown is a value about which not even its form is known: it came out of
// something that the recording could not see through.
type Unknown struct{}

// MarshalJSON writes gitops.Unknown.
func (Unknown) MarshalJSON() ([]byte, error) { return json.Marshal(gitops.Unknown) }

// Secret is a value that nothing shows.
type Secret struct{ Value any }

// MarshalJSON writes gitops.Masked.
func (Secret) MarshalJSON() ([]byte, error) { return json.Marshal(gitops.Masked) }

// String returns gitops.Masked.
func (Secret) String() string { return gitops.Masked }

// GoString returns gitops.Masked.
func (Secret) GoString() string { return gitops.Masked }

// shown returns a value as it may be shown: JSON, secrets masked, tokens without
// what only tells them apart.
func shown(v any) any {
	return rebuilt(v, Show, func(v any) any {
		switch v := v.(type) {
		case Unknown:
			return gitops.Unknown
		case Secret:
			return gitops.Masked
		case string:
			return Show(v)
		}
		return v
	})
}

// Plain returns the inputs as a preview tells them: secrets are masked, and what
// only a cloud knows is gitops.Unknown.
func (r Resource) Plain() map[string]any {
	out := make(map[string]any, len(r.Inputs))
	for k, v := range r.Inputs {
		out[k] = rebuilt(v, func(k string) string { return k }, foretold)
	}
	return out
}

func foretold(v any) any {
	switch v := v.(type) {
	case Unknown:
		return gitops.Unknown
	case Secret:
		return gitops.Masked
	case string:
		return tokenForm.ReplaceAllLiteralString(v, gitops.Unknown)
	case float64:
		if v >= numbers && v < 2*numbers {
			return gitops.Unknown
		}
	}
	return v
}

// mapped applies f to every text in a value.
func mapped(v any, f func(string) string) any {
	return rebuilt(v, f, func(v any) any {
		switch v := v.(type) {
		case Secret:
			return Secret{mapped(v.Value, f)}
		case string:
			return f(v)
		}
		return v
	})
}

// rebuilt returns a value with key applied to every key, and leaf to what is
// neither a list nor an object.
func rebuilt(v any, key func(string) string, leaf func(any) any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = rebuilt(e, key, leaf)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[key(k)] = rebuilt(e, key, leaf)
		}
		return out
	}
	return leaf(v)
}

// unknowns lists the paths of unknown values.
func unknowns(path string, v any) []string {
	switch v := v.(type) {
	case Unknown:
		return []string{path}
	case Secret:
		return unknowns(path, v.Value)
	case []any:
		var out []string
		for i, e := range v {
			out = append(out, unknowns(element(path, i), e)...)
		}
		return out
	case map[string]any:
		var out []string
		for _, k := range sorted(v) {
			out = append(out, unknowns(key(path, k), v[k])...)
		}
		return out
	}
	return nil
}

// equal compares values. Unknown equals Unknown here: that this proves nothing is
// for the caller to say.
func equal(a, b any) bool { return reflect.DeepEqual(a, b) }
