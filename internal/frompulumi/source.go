package frompulumi

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// The import paths that a Pulumi program has.
const (
	pulumiPath = "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	configPath = pulumiPath + "/config"
)

// Move says where a project goes.
type Move struct {
	// Project is its name, Estate that of the estate's project. Where they are the
	// same, the program is called what it was.
	Project, Estate string
	// Definition is the name of its stack definition.
	Definition string
	// Module is the path of the project's Go module, Home that of the estate's.
	Module, Home string
	// Prefix is the directory in the estate to which the project's files go, ""
	// for the top. Package main goes to stacks/<Definition>.
	Prefix string
}

// edit replaces the bytes from..to of a file.
type edit struct {
	from, to int
	text     string
}

// file is one Go file while it is rewritten.
type file struct {
	name     string
	src      []byte
	set      *token.FileSet
	ast      *ast.File
	move     Move
	pulumi   string // how the file calls these packages, "" when it does not
	config   string
	contexts map[string]bool // names of variables that are Pulumi's context
	edits    []edit
	findings []Finding
	kit      bool // the kit is used, and has to be imported
}

// parse reads a file. Its name is that in the project's directory.
func parse(name string, src []byte, m Move) (*file, *Finding) {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, &Finding{File: name, Blocks: true, What: "this is no Go: " + err.Error(), Next: "mend it first"}
	}
	out := &file{name: name, src: src, set: set, ast: f, move: m, contexts: map[string]bool{}}
	out.pulumi, out.config = out.importName(pulumiPath), out.importName(configPath)
	ast.Inspect(f, func(n ast.Node) bool {
		if fn, ok := n.(*ast.FuncType); ok && fn.Params != nil {
			out.learnContexts(fn.Params)
		}
		return true
	})
	return out, nil
}

// importName is the name that the file gives to a package, "" if it does not
// import it by a name.
func (f *file) importName(path string) string {
	for _, imp := range f.ast.Imports {
		if to, err := strconv.Unquote(imp.Path.Value); err != nil || to != path {
			continue
		}
		switch {
		case imp.Name == nil:
			return path[strings.LastIndexByte(path, '/')+1:]
		case imp.Name.Name != "_" && imp.Name.Name != ".":
			return imp.Name.Name
		}
	}
	return ""
}

// learnContexts remembers the parameters of type *pulumi.Context.
func (f *file) learnContexts(params *ast.FieldList) {
	for _, p := range params.List {
		star, ok := p.Type.(*ast.StarExpr)
		if !ok || !f.is(star.X, f.pulumi, "Context") {
			continue
		}
		for _, name := range p.Names {
			f.contexts[name.Name] = true
		}
	}
}

// is tells whether an expression is pkg.name.
func (f *file) is(e ast.Expr, pkg, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || pkg == "" || sel.Sel.Name != name {
		return false
	}
	x, ok := sel.X.(*ast.Ident)
	return ok && x.Name == pkg
}

func (f *file) at(pos token.Pos) int   { return f.set.Position(pos).Offset }
func (f *file) line(pos token.Pos) int { return f.set.Position(pos).Line }

func (f *file) replace(n ast.Node, text string) {
	f.edits = append(f.edits, edit{f.at(n.Pos()), f.at(n.End()), text})
}

func (f *file) find(n ast.Node, blocks bool, what, next string) {
	f.findings = append(f.findings, Finding{File: f.name, Line: f.line(n.Pos()), What: what, Next: next, Blocks: blocks})
}

// adapt rewrites what depends on the names of project and stack.
func (f *file) adapt() {
	for _, imp := range f.ast.Imports {
		f.adaptImport(imp)
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			f.adaptCall(call)
		}
		return true
	})
}

// adaptImport follows the project's own packages to where they go.
func (f *file) adaptImport(imp *ast.ImportSpec) {
	to, err := strconv.Unquote(imp.Path.Value)
	if err != nil {
		return
	}
	rest, own := strings.CutPrefix(to, f.move.Module+"/")
	if home := f.move.home(); own && home != f.move.Module {
		f.replace(imp.Path, strconv.Quote(home+"/"+rest))
	}
}

// home is the import path of what was the module's top.
func (m Move) home() string {
	if m.Prefix == "" {
		return m.Home
	}
	return m.Home + "/" + m.Prefix
}

func (f *file) adaptCall(call *ast.CallExpr) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return
	}
	x, plain := sel.X.(*ast.Ident)
	switch {
	case f.is(sel, f.pulumi, "NewStackReference"):
		f.replace(x, f.estate())
	case plain && f.config != "" && x.Name == f.config:
		f.adaptConfig(call)
	case len(call.Args) > 0:
	case plain && f.contexts[x.Name]:
		f.adaptContext(call, x.Name, sel.Sel.Name)
	case f.pulumi != "" && sel.Sel.Name == "Stack":
		f.find(call, false, "this may ask for the name of the Pulumi stack, which is "+f.move.Definition+".<environment> now",
			"if so, write "+"estate.EnvironmentOf(ctx).Name with Pulumi's context as ctx")
	}
}

// adaptContext keeps the names that the program knows.
func (f *file) adaptContext(call *ast.CallExpr, ctx, method string) {
	switch method {
	case "Stack":
		f.replace(call, f.estate()+".EnvironmentOf("+ctx+").Name")
	case "Project":
		if f.move.Project != f.move.Estate {
			f.replace(call, strconv.Quote(f.move.Project))
		}
	case "Organization":
		f.find(call, false, `the organization is "organization" in every estate`, "write its name here if something is named after it")
	}
}

// adaptConfig lets calls that name the project's configuration name the
// estate's.
func (f *file) adaptConfig(call *ast.CallExpr) {
	if f.move.Project == f.move.Estate || len(call.Args) < 2 {
		return
	}
	lit, ok := call.Args[1].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return
	}
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		return
	}
	if rest, own := strings.CutPrefix(text, f.move.Project+":"); own {
		f.replace(lit, strconv.Quote(f.move.Estate+":"+rest))
	}
	if text == f.move.Project && f.is(call.Fun, f.config, "New") {
		f.replace(lit, `""`)
	}
}

// estate is how the file calls the kit. It is imported when something asks.
func (f *file) estate() string {
	f.kit = true
	name := "estate"
	ast.Inspect(f.ast, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && id.Name == "estate" {
			name = "trunklineestate"
		}
		return true
	})
	return name
}

// addImport imports the kit if it is used.
func (f *file) addImport() {
	if !f.kit {
		return
	}
	spec := strconv.Quote(f.move.Home + "/estate")
	if name := f.estate(); name != "estate" {
		spec = name + " " + spec
	}
	for _, d := range f.ast.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok || gen.Tok != token.IMPORT {
			continue
		}
		if gen.Rparen.IsValid() {
			at := f.at(gen.Rparen)
			f.edits = append(f.edits, edit{at, at, "\n" + spec + "\n"})
		} else {
			at := f.at(gen.End())
			f.edits = append(f.edits, edit{at, at, "\n\nimport " + spec})
		}
		return
	}
}

// text is the file as the edits make it.
func (f *file) text() ([]byte, error) {
	f.addImport()
	slices.SortStableFunc(f.edits, func(a, b edit) int { return cmp.Compare(a.from, b.from) })
	var out []byte
	last := 0
	for _, e := range f.edits {
		if e.from < last {
			return nil, fmt.Errorf("%s: two changes of one place", f.name)
		}
		out = append(append(out, f.src[last:e.from]...), e.text...)
		last = e.to
	}
	out = append(out, f.src[last:]...)
	if len(f.edits) == 0 {
		return out, nil
	}
	return format.Source(out)
}
