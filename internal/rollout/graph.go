package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// Text draws the graph as one line per stack in the order in which they run,
// each with what it needs.
func Text(defs []Definition) (string, error) {
	waves, err := Waves(defs)
	if err != nil {
		return "", err
	}
	needs, width := map[string][]string{}, 0
	for _, d := range defs {
		needs[d.Name] = slices.Sorted(slices.Values(d.Needs))
		width = max(width, len(d.Name))
	}
	var b strings.Builder
	for i, wave := range waves {
		for _, name := range wave {
			line := fmt.Sprintf("%d  %-*s", i+1, width, name)
			if len(needs[name]) > 0 {
				line += "  needs " + strings.Join(needs[name], ", ")
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	return b.String(), nil
}

// Mermaid draws the graph as a Mermaid flow chart. Arrows point from a stack to
// those that need it.
func Mermaid(defs []Definition) (string, error) {
	names, edges, err := parts(defs)
	if err != nil {
		return "", err
	}
	id := map[string]string{}
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for i, name := range names {
		id[name] = fmt.Sprintf("s%d", i)
		fmt.Fprintf(&b, "  %s[\"%s\"]\n", id[name], strings.ReplaceAll(name, `"`, "#quot;"))
	}
	for _, e := range edges {
		fmt.Fprintf(&b, "  %s --> %s\n", id[e[0]], id[e[1]])
	}
	return b.String(), nil
}

// DOT draws the graph in Graphviz's language. Arrows point from a stack to
// those that need it.
func DOT(defs []Definition) (string, error) {
	names, edges, err := parts(defs)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString("digraph stacks {\n  rankdir=LR;\n  node [shape=box];\n")
	for _, name := range names {
		fmt.Fprintf(&b, "  %q;\n", name)
	}
	for _, e := range edges {
		fmt.Fprintf(&b, "  %q -> %q;\n", e[0], e[1])
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// JSON returns the document trunkline.graph/v1: the stacks in the order in
// which they run, each with its wave (from 1) and what it needs.
func JSON(defs []Definition) (any, error) {
	type node struct {
		Definition
		Wave int `json:"wave"`
	}
	waves, err := Waves(defs)
	if err != nil {
		return nil, err
	}
	nodes := []node{}
	for i, wave := range waves {
		for _, name := range wave {
			at := slices.IndexFunc(defs, func(d Definition) bool { return d.Name == name })
			needs := slices.Sorted(slices.Values(defs[at].Needs))
			if needs == nil {
				needs = []string{}
			}
			nodes = append(nodes, node{Definition{name, needs}, i + 1})
		}
	}
	return struct {
		Schema string `json:"schema"`
		Stacks []node `json:"stacks"`
	}{"trunkline.graph/v1", nodes}, nil
}

// parts returns the names in the order in which they run, and the edges from
// each need to what needs it.
func parts(defs []Definition) (names []string, edges [][2]string, err error) {
	waves, err := Waves(defs)
	if err != nil {
		return nil, nil, err
	}
	names = slices.Concat(waves...)
	for _, name := range names {
		at := slices.IndexFunc(defs, func(d Definition) bool { return d.Name == name })
		for _, need := range slices.Sorted(slices.Values(defs[at].Needs)) {
			edges = append(edges, [2]string{need, name})
		}
	}
	return names, edges, nil
}
