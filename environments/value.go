package environments

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// converter turns a YAML tree into values. It follows aliases, applies merge
// keys and collects what is wrong.
type converter struct {
	file     string
	anchors  map[string]ast.Node
	open     map[string]bool // aliases that are being expanded
	nodes    int
	problems []Problem
}

func newConverter(file string) *converter {
	return &converter{file: file, anchors: map[string]ast.Node{}, open: map[string]bool{}}
}

func (c *converter) fail(n ast.Node, what, hint string) {
	c.problems = append(c.problems, Problem{Pos: nodePos(c.file, n), What: what, Hint: hint})
}

// tooMany counts a value and tells whether there are too many.
func (c *converter) tooMany(n ast.Node) bool {
	c.nodes++
	if c.nodes == maxNodes {
		c.fail(n, fmt.Sprintf("aliases expand to more than %d values", maxNodes), "")
	}
	return c.nodes >= maxNodes
}

// value converts one node. The value's Pos is where it is written, which for
// an alias is at the anchor.
func (c *converter) value(n ast.Node) settings.Value {
	v := settings.Value{Kind: settings.Null}
	if n == nil || c.tooMany(n) {
		return v
	}
	v.Pos = nodePos(c.file, n)
	switch n := n.(type) {
	case *ast.AnchorNode:
		c.anchors[n.Name.GetToken().Value] = n.Value
		return c.value(n.Value)
	case *ast.AliasNode:
		return c.alias(n)
	case *ast.MappingNode:
		return c.mapping(n, n.Values)
	case *ast.MappingValueNode:
		return c.mapping(n, []*ast.MappingValueNode{n})
	case *ast.SequenceNode:
		v.Kind = settings.List
		v.List = make([]settings.Value, 0, len(n.Values))
		for _, e := range n.Values {
			v.List = append(v.List, c.value(e))
		}
	case *ast.StringNode:
		v.Kind, v.Text = settings.String, n.Value
	case *ast.LiteralNode:
		v.Kind, v.Text = settings.String, n.Value.Value
	case *ast.BoolNode:
		v.Kind, v.Text = settings.Bool, strconv.FormatBool(n.Value)
	case *ast.IntegerNode:
		v.Kind, v.Text = settings.Int, literal(n.GetToken().Value, fmt.Sprint(n.Value))
	case *ast.FloatNode:
		v.Kind, v.Text = settings.Float, literal(n.GetToken().Value, strconv.FormatFloat(n.Value, 'g', -1, 64))
	case *ast.NullNode:
	case *ast.TagNode:
		v.Kind = settings.Any
		c.fail(n, "YAML tags such as "+n.GetToken().Value+" are not understood", "write the value in quotes if it is a text")
	default:
		v.Kind = settings.Any
		c.fail(n, fmt.Sprintf("a %s is not understood here", n.Type().YAMLName()), "")
	}
	return v
}

// literal keeps a number as it is written where JSON reads it too.
func literal(written, canonical string) string {
	if json.Valid([]byte(written)) {
		return written
	}
	return canonical
}

func (c *converter) alias(n *ast.AliasNode) settings.Value {
	broken := settings.Value{Kind: settings.Any, Pos: nodePos(c.file, n)}
	name := n.Value.GetToken().Value
	target, known := c.anchors[name]
	switch {
	case !known:
		c.fail(n, fmt.Sprintf("alias *%s has no anchor &%s above it", name, name), "")
		return broken
	case c.open[name]:
		c.fail(n, fmt.Sprintf("anchor &%s contains itself", name), "")
		return broken
	}
	c.open[name] = true
	defer delete(c.open, name)
	return c.value(target)
}

// mapping converts a map: its own keys first, then what its merge keys add.
func (c *converter) mapping(n ast.Node, entries []*ast.MappingValueNode) settings.Value {
	v := settings.Value{Kind: settings.Map, Map: map[string]settings.Value{}, Pos: nodePos(c.file, n)}
	merged := []settings.Value{}
	for _, e := range entries {
		if e.Key.IsMergeKey() {
			merged = append(merged, c.merge(e.Value)...)
			continue
		}
		key, ok := keyText(e.Key)
		if !ok {
			c.fail(e.Key, "a key must be a plain text", "")
			continue
		}
		if first, twice := v.Map[key]; twice {
			c.fail(e.Key, fmt.Sprintf("key %q is already on line %d", key, first.Key.Line), "")
			continue
		}
		value := c.value(e.Value)
		value.Key = nodePos(c.file, e.Key)
		v.Map[key] = value
	}
	for _, m := range merged {
		for k, e := range m.Map {
			if _, own := v.Map[k]; !own {
				v.Map[k] = e
			}
		}
	}
	return c.secret(n, v)
}

// merge returns the maps of one merge key, first one first.
func (c *converter) merge(n ast.Node) []settings.Value {
	v := c.value(n)
	maps := []settings.Value{v}
	if v.Kind == settings.List {
		maps = v.List
	}
	for _, m := range maps {
		if m.Kind == settings.Any {
			continue
		}
		if m.Kind != settings.Map {
			c.fail(n, "<< merges only maps", "")
			return nil
		}
	}
	return maps
}

// secret turns {secure: ciphertext} into a secret.
func (c *converter) secret(n ast.Node, v settings.Value) settings.Value {
	inner, ok := v.Map["secure"]
	if !ok {
		return v
	}
	if len(v.Map) != 1 || inner.Kind != settings.String || inner.Text == "" {
		c.fail(n, "secure must be the only key and hold one text", "trunkline secret set writes it")
		return settings.Value{Kind: settings.Any, Pos: v.Pos}
	}
	return settings.Value{Kind: settings.SecretValue, Text: inner.Text, Pos: v.Pos}
}

// keyText returns the text of a scalar key.
func keyText(k ast.MapKeyNode) (string, bool) {
	switch k := k.(type) {
	case *ast.StringNode:
		return k.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.NullNode:
		return k.GetToken().Value, true
	}
	return "", false
}
