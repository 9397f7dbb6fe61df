package frompulumi

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"path"
	"strconv"
	"strings"
	"text/template"
)

// names are what the file stack.go declares.
type names struct{ Config, Outputs, Stack, Build, Program string }

// names chooses names that package main has not declared itself.
func (p Program) names() (names, []Finding) {
	taken := map[string]bool{}
	for _, name := range sortedKeys(p.Files) {
		if path.Dir(name) != p.Main || !strings.HasSuffix(name, ".go") {
			continue
		}
		if f, bad := parse(name, p.Files[name], Move{}); bad == nil {
			for _, d := range f.ast.Decls {
				for _, id := range declared(d) {
					taken[id.Name] = true
				}
			}
		}
	}
	var findings []Finding
	free := func(name, other string) string {
		switch {
		case !taken[name]:
			return name
		case taken[other]:
			findings = append(findings, Finding{File: p.Main, Blocks: true,
				What: "package main declares both " + name + " and " + other, Next: "rename one of them"})
		}
		return other
	}
	return names{
		Config: free("Config", "StackConfig"), Outputs: free("Outputs", "StackOutputs"), Stack: free("Stack", "StackDefinition"),
		Build: free("build", "buildStack"), Program: free("program", "runProgram"),
	}, findings
}

// declared lists the names that a declaration adds to the package.
func declared(d ast.Decl) []*ast.Ident {
	if fn, ok := d.(*ast.FuncDecl); ok {
		if fn.Recv == nil {
			return []*ast.Ident{fn.Name}
		}
		return nil
	}
	gen, ok := d.(*ast.GenDecl)
	if !ok {
		return nil
	}
	var out []*ast.Ident
	for _, s := range gen.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			out = append(out, s.Name)
		case *ast.ValueSpec:
			out = append(out, s.Names...)
		}
	}
	return out
}

// Neighbour is a definition that a stack needs.
type Neighbour struct {
	// Definition is its name, Stack what its package calls it.
	Definition, Stack string
}

var stackTemplate = template.Must(template.New("stack.go").Parse(`// Package {{.Package}} is the stack that was the Pulumi project {{.Project}}.
package {{.Package}}

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"{{.Home}}/estate"
{{- if .Values}}
	"{{.Home}}/estate/settings"
{{- end}}
{{- range .Needs}}
	"{{$.Home}}/stacks/{{.Definition}}"
{{- end}}
)

// {{.Names.Config}} lists what an environment sets. The program reads it through Pulumi's
// package config.
type {{.Names.Config}} struct {
{{- range .Fields}}
	{{.GoName}} {{.Kind}} {{.Tag}}
{{- end}}
}

// {{.Names.Outputs}} is empty: the program exports its outputs itself.
type {{.Names.Outputs}} struct{}

// {{.Names.Stack}} is the stack.
var {{.Names.Stack}} = estate.Define({{.Definition}}, {{.Names.Build}}, estate.FromProject({{.WasProject}})
{{- if .Needs}}, estate.Needs({{range $i, $n := .Needs}}{{if $i}}, {{end}}{{$n.Package}}.{{$n.Stack}}{{end}}){{end}})

func {{.Names.Build}}(ctx *pulumi.Context, _ estate.Environment, _ {{.Names.Config}}) (*{{.Names.Outputs}}, error) {
	return nil, {{.Names.Program}}(ctx)
}
`))

// Package is the name of the definition's package.
func (n Neighbour) Package() string { return PackageName(n.Definition) }

// StackFile returns the file stack.go of the package, and what it calls the
// stack.
func (p Program) StackFile(m Move, fields []Field, needs []Neighbour) (text []byte, stack string, err error) {
	n, _ := p.names() // what is wrong with them, Rewrite reports
	values := false
	for _, f := range fields {
		values = values || f.Kind == AnyValue
	}
	var out bytes.Buffer
	err = stackTemplate.Execute(&out, map[string]any{
		"Package": PackageName(m.Definition), "Project": m.Project, "Home": m.Home, "Values": values, "Needs": needs,
		"Names": n, "Fields": fields, "Definition": strconv.Quote(m.Definition), "WasProject": strconv.Quote(m.Project),
	})
	if err != nil {
		return nil, "", err
	}
	text, err = format.Source(out.Bytes())
	if err != nil {
		return nil, "", fmt.Errorf("the file stack.go of %s: %w", m.Definition, err)
	}
	return text, n.Stack, nil
}

// Table returns the program of an estate with these stacks: its stacks/main.go.
func Table(home string, stacks []Neighbour) ([]byte, error) {
	var out bytes.Buffer
	out.WriteString("// Command stacks is the estate program: the table of everything that is deployed.\npackage main\n\nimport (\n")
	fmt.Fprintf(&out, "\t%q\n", home+"/estate")
	var list []string
	for _, s := range stacks {
		fmt.Fprintf(&out, "\t%q\n", home+"/stacks/"+s.Definition)
		list = append(list, s.Package()+"."+s.Stack)
	}
	fmt.Fprintf(&out, ")\n\nfunc main() { estate.Main(%s) }\n", strings.Join(list, ", "))
	return format.Source(out.Bytes())
}
