package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Answer is the answer to a question about a value.
type Answer int

// The answers. A preview does not show secrets and does not know what the cloud
// will choose, so there is a third one beside yes and no.
const (
	No Answer = iota
	Yes
	Unclear
)

// String returns "no", "yes" or "unclear".
func (a Answer) String() string { return []string{"no", "yes", "unclear"}[a] }

func answer(yes bool) Answer {
	if yes {
		return Yes
	}
	return No
}

// Value is one input of a resource, or a part of it. Its getters answer Yes with
// the value, No when there is none, and Unclear when nobody can tell: it is
// secret, known only after the update, or of another type than was asked for.
type Value struct {
	path   string
	raw    any
	there  bool
	hidden string // why nobody can tell, when it is not because of raw
}

// Path returns where the value is in the inputs of its resource.
func (v Value) Path() string { return v.path }

// There tells whether there is such an input. A secret is there; so is what is
// known only after the update.
func (v Value) There() Answer {
	if v.hidden != "" {
		return Unclear
	}
	return answer(v.there)
}

// String returns the value as JSON, "" when there is none.
func (v Value) String() string {
	if !v.there {
		return ""
	}
	b, err := json.Marshal(v.raw)
	if err != nil { // plain JSON values only, by contract
		return fmt.Sprint(v.raw)
	}
	return string(b)
}

// Text reads a text. Numbers and booleans are texts, too.
func (v Value) Text() (string, Answer) {
	if a := v.plain(); a != Yes {
		return "", a
	}
	switch raw := v.raw.(type) {
	case string:
		return raw, Yes
	case bool, float64, int:
		return v.String(), Yes
	}
	return "", Unclear
}

// Bool reads a boolean, also one that is written as a text.
func (v Value) Bool() (bool, Answer) {
	text, a := v.Text()
	if a != Yes {
		return false, a
	}
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, Unclear
	}
	return b, Yes
}

// Number reads a number, also one that is written as a text.
func (v Value) Number() (float64, Answer) {
	text, a := v.Text()
	if a != Yes {
		return 0, a
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, Unclear
	}
	return n, Yes
}

// Int reads a whole number.
func (v Value) Int() (int, Answer) {
	n, a := v.Number()
	if a == Yes && (n != float64(int(n))) {
		return 0, Unclear
	}
	return int(n), a
}

// List reads a list. Its elements may be unclear while it is not.
func (v Value) List() ([]Value, Answer) {
	if a := v.plain(); a != Yes {
		return nil, a
	}
	list, ok := v.raw.([]any)
	if !ok {
		return nil, Unclear
	}
	out := make([]Value, len(list))
	for i, e := range list {
		out[i] = Value{path: fmt.Sprintf("%s[%d]", v.path, i), raw: e, there: e != nil}
	}
	return out, Yes
}

// Map reads an object. Its values may be unclear while it is not.
func (v Value) Map() (map[string]Value, Answer) {
	if a := v.plain(); a != Yes {
		return nil, a
	}
	m, ok := v.raw.(map[string]any)
	if !ok {
		return nil, Unclear
	}
	out := make(map[string]Value, len(m))
	for k, e := range m {
		if k != "__defaults" { // bookkeeping of bridged providers
			out[k] = Value{path: join(v.path, k), raw: e, there: e != nil}
		}
	}
	return out, Yes
}

// Is tells whether the value is one of these texts.
func (v Value) Is(texts ...string) Answer {
	text, a := v.Text()
	if a != Yes {
		return a
	}
	return answer(slices.Contains(texts, text))
}

// True tells whether the value is the boolean true.
func (v Value) True() Answer {
	b, a := v.Bool()
	if a != Yes {
		return a
	}
	return answer(b)
}

// plain tells whether the value is there and can be read.
func (v Value) plain() Answer {
	text, _ := v.raw.(string)
	switch {
	case v.hidden != "" || strings.Contains(text, Masked) || strings.Contains(text, Unknown):
		return Unclear
	case v.there:
		return Yes
	}
	return No
}

// Why says why the value is unclear: "acl is secret".
func (v Value) Why() string {
	text, isText := v.raw.(string)
	why := "is not of the type that was expected"
	switch {
	case v.hidden != "":
		why = v.hidden
	case isText && strings.Contains(text, Masked):
		why = "is secret"
	case isText && strings.Contains(text, Unknown):
		why = "is known only after the update"
	}
	return v.path + " " + why
}

// hides tells whether a secret or an unknown value is anywhere in a plain JSON
// value.
func hides(raw any) bool {
	switch raw := raw.(type) {
	case string:
		return strings.Contains(raw, Masked) || strings.Contains(raw, Unknown)
	case []any:
		return slices.ContainsFunc(raw, hides)
	case map[string]any:
		for _, e := range raw {
			if hides(e) {
				return true
			}
		}
	}
	return false
}
