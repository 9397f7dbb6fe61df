package environments

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// SetSecret writes {secure: ciphertext} as the value of a setting, replacing
// what is there, and keeps everything else of the file as it is, comments
// included. key may lead into maps: "database.password". The stack must be in
// the file.
func SetSecret(data []byte, stack, key, ciphertext string) ([]byte, error) {
	path := append([]string{"stacks", stack}, strings.Split(key, ".")...)
	if ciphertext == "" || strings.Contains(strings.Join(path, "."), "..") || stack == "" || key == "" {
		return nil, fmt.Errorf("a stack, a key and a ciphertext are needed to set a secret")
	}
	return setValue(data, path, settings.Value{Kind: settings.SecretValue, Text: ciphertext}, func(before settings.Value) error {
		if _, ok := before.Map["stacks"].Map[stack]; !ok {
			return fmt.Errorf("stack %q is not in this environment; add it under stacks first", stack)
		}
		return nil
	})
}

// setValue writes one value, and nothing else. may looks at the file first.
func setValue(data []byte, path []string, v settings.Value, may func(before settings.Value) error) ([]byte, error) {
	const name = "the file"
	rest, marked := bytes.CutPrefix(data, byteOrderMark)
	before, problems := Tree(name, rest)
	if err := settings.ErrorOf(problems); err != nil {
		return nil, err
	}
	body, problem := parseYAML(name, rest)
	if problem != nil {
		return nil, settings.ErrorOf([]Problem{*problem})
	}
	if err := may(before); err != nil {
		return nil, err
	}
	after, ok := edit(string(rest), body, path, written(v))
	if !ok || !isTheEdit(before, after, path, v) {
		return nil, fmt.Errorf("the file is written in a way that cannot be edited safely; write by hand, at %s:\n  %s",
			strings.Join(path, "."), written(v))
	}
	if marked {
		return append(bytes.Clone(byteOrderMark), after...), nil
	}
	return []byte(after), nil
}

// isTheEdit tells whether the edited text reads as the old one with exactly the
// one value changed. It is what makes editing text safe.
func isTheEdit(before settings.Value, after string, path []string, v settings.Value) bool {
	got, problems := Tree("the file", []byte(after))
	if len(problems) > 0 {
		return false
	}
	return got.Canonical() == withValue(before, path, v).Canonical()
}

// withValue returns a copy of v in which the value at the path is another one.
func withValue(v settings.Value, path []string, leaf settings.Value) settings.Value {
	if len(path) == 0 {
		return leaf
	}
	out := settings.Value{Kind: settings.Map, Map: map[string]settings.Value{}}
	for k, e := range v.Map {
		out.Map[k] = e
	}
	out.Map[path[0]] = withValue(v.Map[path[0]], path[1:], leaf)
	return out
}

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil { // a string always marshals
		return `""`
	}
	return string(b)
}

// written is a secret, a text or a map of them on one line of YAML.
func written(v settings.Value) string {
	switch v.Kind {
	case settings.SecretValue:
		return "{secure: " + quote(v.Text) + "}"
	case settings.Map:
		parts := make([]string, 0, len(v.Map))
		for _, k := range v.Keys() {
			parts = append(parts, k+": "+written(v.Map[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return quote(v.Text)
}

// edit replaces or adds one value in the text.
func edit(text string, body ast.Node, path []string, value string) (string, bool) {
	node := body
	for i, key := range path {
		if anchor, ok := node.(*ast.AnchorNode); ok {
			node = anchor.Value
		}
		m, ok := node.(*ast.MappingNode)
		if !ok {
			return "", false
		}
		entry := entryOf(m, key)
		rest := path[i+1:]
		switch {
		case entry == nil:
			return addEntry(text, m, key, nested(rest, value))
		case len(rest) == 0 || isNull(entry.Value):
			return replaceValue(text, m, entry, nested(rest, value))
		}
		node = entry.Value
	}
	return "", false
}

func isNull(n ast.Node) bool { return n == nil || n.Type() == ast.NullType }

// nested wraps the value into the maps that the rest of the path asks for.
func nested(rest []string, out string) string {
	for i := len(rest) - 1; i >= 0; i-- {
		out = "{" + rest[i] + ": " + out + "}"
	}
	return out
}

func entryOf(m *ast.MappingNode, key string) *ast.MappingValueNode {
	for _, e := range m.Values {
		if text, ok := keyText(e.Key); ok && text == key {
			return e
		}
	}
	return nil
}

// offset returns the byte offset of a place in the text. Columns count runes.
func offset(text string, at settings.Pos) int {
	i := 0
	for line := 1; line < at.Line; line++ {
		next := strings.IndexByte(text[i:], '\n')
		if next < 0 {
			return len(text)
		}
		i += next + 1
	}
	for col := 1; col < at.Col && i < len(text); col++ {
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return i
}
