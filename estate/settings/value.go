package settings

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Kind is the shape of a setting or of a value.
type Kind string

// The kinds. Null is only a value's; Duration, CIDR and Object are only a
// setting's: in a file they are a text and a map.
const (
	Null        Kind = "null"
	String      Kind = "string"
	Int         Kind = "int"
	Float       Kind = "float"
	Bool        Kind = "bool"
	Duration    Kind = "duration"
	CIDR        Kind = "cidr"
	SecretValue Kind = "secret"
	List        Kind = "list"
	Map         Kind = "map"
	Object      Kind = "object"
	// Any accepts everything; its Go type is Value. A value of this kind could not
	// be read, which whoever read it has reported: Check says nothing more.
	Any Kind = "any"
)

// Pos is a place in a file. The zero Pos is nowhere.
type Pos struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
	Col  int    `json:"col,omitempty"`
}

// String returns "file:line:col", leaving out what is not known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

// Value is one value as somebody wrote it.
type Value struct {
	// Kind is Null, String, Int, Float, Bool, SecretValue, List or Map.
	Kind Kind
	// Text is the scalar. For a number or bool it is a JSON literal. For a
	// secret it is the ciphertext in an environment file and the plain text in
	// the program; it is never shown.
	Text string
	List []Value
	Map  map[string]Value
	// Pos is where the value stands, Key where its key does.
	Pos, Key Pos
}

// Keys returns the keys of a map in order.
func (v Value) Keys() []string { return slices.Sorted(maps.Keys(v.Map)) }

// Go returns the value as plain Go values: nil, string, bool, json.Number,
// []any and map[string]any. Every secret goes through show.
func (v Value) Go(show func(secret string) any) any {
	switch v.Kind {
	case String:
		return v.Text
	case Int, Float:
		return json.Number(v.Text)
	case Bool:
		return v.Text == "true"
	case SecretValue:
		return show(v.Text)
	case List:
		out := make([]any, len(v.List))
		for i, e := range v.List {
			out[i] = e.Go(show)
		}
		return out
	case Map:
		out := make(map[string]any, len(v.Map))
		for k, e := range v.Map {
			out[k] = e.Go(show)
		}
		return out
	}
	return nil
}

// String shows the value as one line of JSON with secrets masked.
func (v Value) String() string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Go(func(string) any { return Masked })); err != nil {
		return v.Text
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Canonical returns a text that is equal for two values exactly when they mean
// the same: positions, the order of keys and the spelling of numbers do not
// count. A secret is its ciphertext.
func (v Value) Canonical() string {
	var b strings.Builder
	v.canonical(&b)
	return b.String()
}

func (v Value) canonical(b *strings.Builder) {
	switch v.Kind {
	case List:
		b.WriteByte('[')
		for _, e := range v.List {
			e.canonical(b)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case Map:
		b.WriteByte('{')
		for _, k := range v.Keys() {
			b.WriteString(strconv.Quote(k) + ":")
			v.Map[k].canonical(b)
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case Float:
		f, err := strconv.ParseFloat(v.Text, 64)
		if err != nil {
			b.WriteString(v.Text)
			return
		}
		b.WriteString(strconv.FormatFloat(f, 'g', -1, 64))
	case String, SecretValue:
		b.WriteString(string(v.Kind) + strconv.Quote(v.Text))
	case Null:
		b.WriteString("null")
	default:
		b.WriteString(v.Text)
	}
}

// ValueOf turns plain Go data, as made by encoding/json or written by hand,
// into a Value without positions. A Secret becomes a secret.
func ValueOf(x any) (Value, error) {
	switch x := x.(type) {
	case Value:
		return x, nil
	case interface{ Reveal() string }:
		return Value{Kind: SecretValue, Text: x.Reveal()}, nil
	}
	b, err := json.Marshal(x)
	if err != nil {
		return Value{}, fmt.Errorf("a setting must be plain data: %w", err)
	}
	return parseJSON(b)
}

// parseJSON reads one JSON value, keeping numbers as they are written.
func parseJSON(b []byte) (Value, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return Value{}, err
	}
	if d.More() {
		return Value{}, fmt.Errorf("more than one value")
	}
	return fromJSON(x), nil
}

func fromJSON(x any) Value {
	switch x := x.(type) {
	case string:
		return Value{Kind: String, Text: x}
	case bool:
		return Value{Kind: Bool, Text: strconv.FormatBool(x)}
	case json.Number:
		return Number(x.String())
	case []any:
		out := Value{Kind: List, List: make([]Value, len(x))}
		for i, e := range x {
			out.List[i] = fromJSON(e)
		}
		return out
	case map[string]any:
		out := Value{Kind: Map, Map: make(map[string]Value, len(x))}
		for k, e := range x {
			out.Map[k] = fromJSON(e)
		}
		return out
	}
	return Value{Kind: Null}
}

// Number returns the value of a JSON number: an Int when it has no fraction or
// exponent, else a Float.
func Number(literal string) Value {
	if strings.ContainsAny(literal, ".eE") {
		return Value{Kind: Float, Text: literal}
	}
	return Value{Kind: Int, Text: literal}
}
