// Package declare prints the Go that declares resources which exist already:
// what a person would write with the Go SDK of their provider, so that the next
// preview changes nothing.
package declare

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

// Resource is one resource as a deployment has it.
type Resource struct {
	// Key is what the others of the list call it, Name what the program does.
	Key, Name string
	// Type is its token, such as "aws:sqs/queue:Queue"; ID the provider's name.
	Type, ID string
	// Inputs and Outputs are the plain JSON of a deployment, secrets encrypted or
	// not. Numbers may be json.Number.
	Inputs, Outputs map[string]any
	Protect         bool
	// Parent and Provider are keys. What has none in the list becomes a parameter
	// of the function; "" is the stack, and the default provider.
	Parent, Provider string
}

// Program is what to print.
type Program struct {
	// Package is the name of the Go package that it is for.
	Package   string
	Resources []Resource
	// SDKs are the Go SDKs by the name of the Pulumi package.
	SDKs map[string]*gosdk.SDK
}

// Source is the result.
type Source struct {
	// Text is a Go file, formatted; Func the function in it that declares the
	// resources. It returns an error.
	Text []byte
	Func string
	// Params are what the function wants besides the context.
	Params []Param
	// Notes are sentences about what could not be written in Go.
	Notes []string
}

// Param is a parameter of the function: a value that must not stand in source, or
// a resource that is declared elsewhere.
type Param struct {
	Name, Type string
	// Why says what it is, such as "secret: the input password of main".
	Why string
}

// Go prints the program. It is deterministic. The only errors are types and SDKs
// that there are not, and sources that cannot be read.
func Go(prog Program) (Source, error) {
	p := &printer{prog: prog, taken: map[string]bool{}, imports: map[string]string{}}
	if err := p.open(); err != nil {
		return Source{}, err
	}
	for i := range p.list { // who refers to whom, and which packages are used
		p.declare(i)
	}
	order := inOrder(p.refs)
	p.nameVariables()
	p.begin()
	for _, i := range order {
		p.statements = append(p.statements, statement{i, p.declare(i)})
		p.placed[i] = true
	}
	return p.source()
}

// inOrder puts each after those that it refers to. Of a circle, the first goes
// first.
func inOrder(refs []map[int]bool) []int {
	var order []int
	done := map[int]bool{}
	for len(order) < len(refs) {
		next, first := -1, -1
		for i, to := range refs {
			if done[i] {
				continue
			}
			if first < 0 {
				first = i
			}
			if !slices.ContainsFunc(slices.Collect(maps.Keys(to)), func(j int) bool { return !done[j] }) {
				next = i
				break
			}
		}
		if next < 0 {
			next = first
		}
		done[next] = true
		order = append(order, next)
	}
	return order
}

// source writes the file.
func (p *printer) source() (Source, error) {
	out := Source{Func: p.function, Params: p.params, Notes: p.notes}
	body := p.body()
	used, err := packagesOf(body)
	if err != nil {
		return out, err
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "package %s\n\nimport (\n", p.prog.Package)
	for _, to := range slices.Sorted(maps.Keys(p.imports)) {
		if used[p.imports[to]] {
			b.WriteString(importLine(p.imports[to], to))
		}
	}
	b.WriteString(")\n\n" + body)
	out.Text, err = format.Source(b.Bytes())
	return out, err
}

// packagesOf finds the names that a dot follows.
func packagesOf(body string) (map[string]bool, error) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+body, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok {
				out[id.Name] = true
			}
		}
		return true
	})
	return out, nil
}

// body writes the function.
func (p *printer) body() string {
	var b strings.Builder
	names := make([]string, len(p.list))
	for i, r := range p.list {
		names[i] = r.Name
	}
	b.WriteString(comment(p.function + " declares what was imported: " + strings.Join(names, ", ") + "."))
	fmt.Fprintf(&b, "func %s(ctx *pulumi.Context", p.function)
	for _, a := range p.params {
		fmt.Fprintf(&b, ", %s %s", a.Name, a.Type)
	}
	b.WriteString(") error {\n")
	declared := false
	for _, s := range p.statements {
		if s.call == "" {
			continue
		}
		left := "_, err :="
		switch {
		case p.used[s.resource]:
			left = p.variables[s.resource] + ", err :="
		case declared:
			left = "_, err ="
		}
		fmt.Fprintf(&b, "%s %s\nif err != nil {\nreturn err\n}\n", left, s.call)
		declared = true
	}
	b.WriteString("return nil\n}\n")
	return b.String()
}

// comment wraps a sentence at about 80 columns.
func comment(text string) string {
	var b strings.Builder
	line := "//"
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > 80 && line != "//" {
			b.WriteString(line + "\n")
			line = "//"
		}
		line += " " + word
	}
	return b.String() + line + "\n"
}
