package frompulumi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"path"
	"slices"
	"strings"
)

// states renames the state of every stack, and learns from it where the stack
// lives.
func (c *carrying) states() error {
	for i, p := range c.projects {
		m := c.moves[i]
		c.dir = p.Dir
		for _, s := range p.Stacks {
			if s.State == nil {
				c.find(Finding{File: s.File, What: "the stack " + s.Name + " has no state: everything in it will be created",
					Next: "if it is deployed, say where its state is: --state"})
				continue
			}
			exported, err := Rename(s.State, StackName{m.Project, s.Name}, StackName{m.Estate, m.Definition + "." + s.Name})
			if err != nil {
				return fmt.Errorf("the state of %s/%s: %w", p.Name, s.Name, err)
			}
			c.out.States = append(c.out.States, StateOf{Definition: m.Definition, Environment: s.Name, Exported: exported})
			env := c.environments[s.Name]
			env.Account, env.Region = cmp.Or(env.Account, AccountOf(s.State)), cmp.Or(env.Region, RegionOf(s.State))
		}
	}
	return nil
}

// reference is a stack that another one reads.
type reference struct{ project, stack, full string }

// references lists the stack references in a state.
func references(exported []byte) []reference {
	var doc struct {
		Deployment struct {
			Resources []struct {
				Type   string `json:"type"`
				Inputs struct {
					Name any `json:"name"`
				} `json:"inputs"`
			} `json:"resources"`
		} `json:"deployment"`
	}
	if json.Unmarshal(exported, &doc) != nil { // which renaming it reports
		return nil
	}
	var out []reference
	for _, r := range doc.Deployment.Resources {
		name, ok := r.Inputs.Name.(string)
		parts := strings.Split(name, "/")
		if r.Type == "pulumi:pulumi:StackReference" && ok && len(parts) == 3 {
			out = append(out, reference{parts[1], parts[2], name})
		}
	}
	return out
}

// needs are the definitions that a project reads in each environment where it is.
// References to projects that are not carried over are found wanting.
func (c *carrying) needs(i int) []Neighbour {
	reads := map[string]bool{}
	for _, s := range c.projects[i].Stacks {
		for _, r := range references(s.State) {
			j := slices.IndexFunc(c.projects, func(p Project) bool { return p.Name == r.project })
			switch {
			case j < 0:
				c.find(Finding{File: s.File, What: "the program reads the stack " + r.full + ", and the project " + r.project + " does not become part of this estate",
					Next: "carry it over as well, with another --from-pulumi"})
			case j != i && r.stack == s.Name:
				reads[r.project] = true
			}
		}
	}
	var out []Neighbour
	for j, p := range c.projects {
		if reads[p.Name] && c.everywhere(i, j) {
			n, _ := p.names()
			out = append(out, Neighbour{Definition: c.moves[j].Definition, Stack: n.Stack})
		}
	}
	return out
}

// everywhere tells whether project j has every stack of project i.
func (c *carrying) everywhere(i, j int) bool {
	return !slices.ContainsFunc(c.projects[i].Stacks, func(s Stack) bool {
		return !slices.ContainsFunc(c.projects[j].Stacks, func(o Stack) bool { return o.Name == s.Name })
	})
}

// relative finds texts in the program that name files, when the program runs in
// another directory than before, which is the top of the estate.
func (p Program) relative(m Move) []Finding {
	var out []Finding
	for _, name := range sortedKeys(p.Files) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		f, bad := parse(name, p.Files[name], m)
		if bad != nil {
			continue // Rewrite says so
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if _, imported := n.(*ast.ImportSpec); imported {
				return false
			}
			lit, ok := n.(*ast.BasicLit)
			if !ok {
				return true
			}
			if text, ok := literal(lit); ok && p.namesFile(text) {
				f.find(lit, false, quoted(text)+" looks like a file, and the program runs at the top of the estate",
					"if it is one, write "+quoted("./"+path.Join(m.Prefix, p.Main, text)))
			}
			return true
		})
		out = append(out, f.findings...)
	}
	return out
}

// namesFile tells whether a text is the path of a file or a directory, and looks
// like one.
func (p Program) namesFile(text string) bool {
	at := path.Join(p.Main, text)
	if !strings.ContainsAny(text, "./") || at == p.Main || path.IsAbs(text) {
		return false
	}
	_, file := p.Files[at]
	return file || has(p.Files, at)
}
