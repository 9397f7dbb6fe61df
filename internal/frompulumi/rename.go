package frompulumi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// StackName is a stack as URNs name it.
type StackName struct{ Project, Stack string }

// urnPrefix begins the URN of every resource of the stack.
func (n StackName) urnPrefix() string { return "urn:pulumi:" + n.Stack + "::" + n.Project + "::" }

// root is the URN of the resource that stands for the stack itself.
func (n StackName) root() string {
	return n.urnPrefix() + "pulumi:pulumi:Stack::" + n.Project + "-" + n.Stack
}

// Rename returns an exported deployment in which the stack has another name: in
// every URN, wherever it stands. Outputs that hold a URN are changed too, as the
// program will set them to what the URN is then. Numbers stay as they are
// written.
func Rename(exported []byte, from, to StackName) ([]byte, error) {
	doc, err := decode(exported)
	if err != nil {
		return nil, fmt.Errorf("this is no exported state: %w", err)
	}
	top, ok := doc.(map[string]any)
	deployment, has := top["deployment"].(map[string]any)
	if !ok || !has {
		return nil, errors.New("this is no exported state: it has no deployment")
	}
	r := renamer{from: from, to: to}
	for _, part := range []string{"resources", "pending_operations"} {
		if v, there := deployment[part]; there {
			deployment[part] = r.value(v)
		}
	}
	delete(top, "trunkline") // the mark of an export vouches for what it was
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(top); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func decode(text []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	var doc any
	if err := dec.Decode(&doc); err != nil {
		return nil, err
	}
	if dec.More() {
		return nil, errors.New("more follows after its end")
	}
	return doc, nil
}

type renamer struct{ from, to StackName }

func (r renamer) value(v any) any {
	switch v := v.(type) {
	case string:
		return r.text(v)
	case []any:
		for i := range v {
			v[i] = r.value(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = r.value(v[k])
		}
	}
	return v
}

// text renames a text that is a URN, a reference to a provider, which is a URN
// with an ID, or the secret form of a text, which is its JSON.
func (r renamer) text(s string) string {
	if inner, ok := strings.CutPrefix(s, `"`+r.from.urnPrefix()); ok {
		return `"` + r.to.urnPrefix() + inner
	}
	if s == r.from.root() {
		return r.to.root()
	}
	if rest, ok := strings.CutPrefix(s, r.from.urnPrefix()); ok {
		return r.to.urnPrefix() + rest
	}
	return s
}
