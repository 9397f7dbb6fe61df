package environments

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml/ast"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Secret is one encrypted value of a file.
type Secret struct {
	// Pos is where it stands; a value that several stacks share through an anchor
	// stands in one place.
	Pos        settings.Pos
	Ciphertext string
}

// SecretsOf lists the encrypted values of a file in the order of their places,
// those of blocks that no stack uses included.
func SecretsOf(name string, data []byte) ([]Secret, error) {
	body, problem := parseYAML(name, data)
	if problem != nil {
		return nil, settings.ErrorOf([]Problem{*problem})
	}
	var out []Secret
	for _, s := range secureEntries(body) {
		out = append(out, Secret{Pos: nodePos(name, s.entry.Key), Ciphertext: s.text})
	}
	return out, nil
}

// Reencrypt replaces every encrypted value of a file by what change makes of it,
// and keeps everything else as it is, comments included: all values, or none.
func Reencrypt(name string, data []byte, change func(Secret) (ciphertext string, err error)) ([]byte, error) {
	list, err := SecretsOf(name, data)
	if err != nil {
		return nil, err
	}
	made := map[string]string{}
	for _, s := range list {
		if made[s.Ciphertext], err = change(s); err != nil {
			return nil, fmt.Errorf("%s: %w", s.Pos, err)
		}
	}
	before, problems := Tree(name, data)
	if err := settings.ErrorOf(problems); err != nil {
		return nil, err
	}
	rest, marked := bytes.CutPrefix(data, byteOrderMark)
	text, err := replaceSecrets(name, string(rest), made)
	if err != nil {
		return nil, err
	}
	after, problems := Tree(name, []byte(text))
	if len(problems) > 0 || after.Canonical() != changed(before, made).Canonical() {
		return nil, cannotEdit(settings.Pos{File: name})
	}
	if marked {
		return append(bytes.Clone(byteOrderMark), text...), nil
	}
	return []byte(text), nil
}

func cannotEdit(at settings.Pos) error {
	return fmt.Errorf("%s: a secret is written in a way that cannot be edited safely; write it as {secure: \"…\"} on one line", at)
}

// replaceSecrets replaces the encrypted values of the text, the last one first,
// so that the places of those before it stay right.
func replaceSecrets(name, text string, made map[string]string) (string, error) {
	body, problem := parseYAML(name, []byte(text))
	if problem != nil {
		return "", settings.ErrorOf([]Problem{*problem})
	}
	for _, s := range slices.Backward(secureEntries(body)) {
		var ok bool
		if text, ok = replaceValue(text, s.in, s.entry, quote(made[s.text])); !ok {
			return "", cannotEdit(nodePos(name, s.entry.Key))
		}
	}
	return text, nil
}

// changed returns a copy of v with other ciphertexts.
func changed(v settings.Value, made map[string]string) settings.Value {
	switch v.Kind {
	case settings.SecretValue:
		v.Text = made[v.Text]
	case settings.List:
		list := make([]settings.Value, len(v.List))
		for i, e := range v.List {
			list[i] = changed(e, made)
		}
		v.List = list
	case settings.Map:
		entries := map[string]settings.Value{}
		for k, e := range v.Map {
			entries[k] = changed(e, made)
		}
		v.Map = entries
	}
	return v
}

// secureEntry is the "secure: text" of an encrypted value.
type secureEntry struct {
	in    *ast.MappingNode
	entry *ast.MappingValueNode
	text  string
}

// secureEntries finds the encrypted values below a node, in the order of the
// text. An alias stands for nothing here: its anchor is found where it is.
func secureEntries(n ast.Node) []secureEntry {
	var out []secureEntry
	switch n := n.(type) {
	case *ast.AnchorNode:
		return secureEntries(n.Value)
	case *ast.SequenceNode:
		for _, e := range n.Values {
			out = append(out, secureEntries(e)...)
		}
	case *ast.MappingValueNode:
		return secureEntries(&ast.MappingNode{Values: []*ast.MappingValueNode{n}})
	case *ast.MappingNode:
		if len(n.Values) == 1 {
			key, _ := keyText(n.Values[0].Key)
			if text, ok := scalarText(n.Values[0].Value); ok && key == "secure" {
				return []secureEntry{{n, n.Values[0], text}}
			}
		}
		for _, e := range n.Values {
			out = append(out, secureEntries(e.Value)...)
		}
	}
	return out
}

func scalarText(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, n.Value != ""
	case *ast.LiteralNode:
		return n.Value.Value, n.Value.Value != ""
	}
	return "", false
}

// SetSecrets writes how the environment encrypts its secrets, and keeps
// everything else of the file as it is. Comments stay as long as no key of the
// block has to go.
func SetSecrets(data []byte, to Secrets) ([]byte, error) {
	root, problems := Tree("the file", data)
	if err := settings.ErrorOf(problems); err != nil {
		return nil, err
	}
	want := map[string]string{}
	for k, v := range map[string]string{"provider": to.Provider, "salt": to.Salt, "encryptedKey": to.EncryptedKey} {
		if v != "" {
			want[k] = v
		}
	}
	always := func(settings.Value) error { return nil }
	have := root.Map["secrets"].Map
	for k := range have {
		if _, stays := want[k]; !stays {
			return setValue(data, []string{"secrets"}, textMap(want), always)
		}
	}
	for _, k := range textMap(want).Keys() {
		v := settings.Value{Kind: settings.String, Text: want[k]}
		if have[k].Kind == settings.String && have[k].Text == v.Text || k == "provider" && v.Text == "key" && have[k].Text == "" {
			continue
		}
		var err error
		if data, err = setValue(data, []string{"secrets", k}, v, always); err != nil {
			return nil, err
		}
	}
	return data, nil
}

func textMap(m map[string]string) settings.Value {
	v := settings.Value{Kind: settings.Map, Map: map[string]settings.Value{}}
	for k, text := range m {
		v.Map[k] = settings.Value{Kind: settings.String, Text: text}
	}
	return v
}

// Ciphertexts lists the encrypted settings of the environment's stacks in the
// order of the stacks' names.
func (e *Environment) Ciphertexts() []Secret {
	var out []Secret
	var walk func(settings.Value)
	walk = func(v settings.Value) {
		if v.Kind == settings.SecretValue {
			out = append(out, Secret{Pos: v.Pos, Ciphertext: v.Text})
		}
		for _, entry := range v.List {
			walk(entry)
		}
		for _, k := range v.Keys() {
			walk(v.Map[k])
		}
	}
	for _, name := range e.StackNames() {
		walk(settings.Value{Kind: settings.Map, Map: e.Stacks[name].Values})
	}
	return out
}
