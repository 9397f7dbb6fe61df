package sandbox

import (
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// relations checks what must and must not be given together with an input.
func (c *checker) relations(p *types.Property, path string) {
	if c.given(path) != yes {
		return
	}
	for _, other := range p.Conflicts {
		if c.given(other) == yes {
			c.fail(path, "conflicts with "+other+": give only one of them")
		}
	}
	for _, other := range p.Needs {
		if c.given(other) == no {
			c.fail(path, "needs "+other+" to be given as well")
		}
	}
}

// groups checks the inputs of which one must be given.
func (c *checker) groups() {
	for _, g := range c.described.ExactlyOneOf {
		if n, unsure, apply := c.count(g); apply && (n > 1 || n == 0 && !unsure) {
			c.fail(g[0], "exactly one of "+strings.Join(g, ", ")+" must be given, got "+strconv.Itoa(n))
		}
	}
	for _, g := range c.described.AtLeastOneOf {
		if n, unsure, apply := c.count(g); apply && n == 0 && !unsure {
			c.fail(g[0], "at least one of "+strings.Join(g, ", ")+" must be given")
		}
	}
}

// count counts the paths of a group that are given. A group inside an object
// that is absent does not apply.
func (c *checker) count(paths []string) (n int, unsure, apply bool) {
	for _, path := range paths {
		switch c.given(path) {
		case yes:
			n++
		case perhaps:
			unsure = true
		}
		i := strings.LastIndexByte(path, '.')
		apply = apply || i < 0 || given(c.root, path[:i]) == yes
	}
	return n, unsure, apply
}

// given tells whether an input is given. An empty list of values is; one of
// blocks is none.
func (c *checker) given(path string) presence {
	if list, ok := c.root[path].([]any); ok && len(list) == 0 {
		if p := c.described.Properties[path]; p != nil && p.Of != nil && p.Of.Kind != types.Object {
			return yes
		}
	}
	return given(c.root, path)
}

// presence is whether an input is given.
type presence int

const (
	no presence = iota
	yes
	perhaps // its value, or that of what it is in, is not known yet
)

// given tells whether there is a value at a path such as "rule.source" or
// "rules[0].source". An empty list is none.
func given(in map[string]any, path string) presence {
	var at any = map[string]any(in)
	for part := range strings.SplitSeq(path, ".") {
		name, first := strings.CutSuffix(part, "[0]")
		o, ok := at.(map[string]any)
		if !ok {
			return no
		}
		at = o[name]
		if list, ok := at.([]any); ok && first {
			if len(list) == 0 {
				return no
			}
			at = list[0]
		}
		if _, unknown := at.(aws.Unknown); unknown {
			return perhaps
		}
	}
	if list, ok := at.([]any); at == nil || ok && len(list) == 0 {
		return no
	}
	return yes
}
