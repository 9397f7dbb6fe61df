package frompulumi

import (
	"go/ast"
	"path"
	"slices"
	"strings"
)

// Program is the Go of a project.
type Program struct {
	// Main is the directory of package main, "." for the top.
	Main string
	// Files are all files of the project by path, with slashes.
	Files map[string][]byte
}

// Rewrite returns the files of the estate that the project's files become, by
// path. Files that are not Go, and packages other than main, stay where they
// are; go.mod and go.sum are left out. There are no files when a finding blocks.
func (p Program) Rewrite(m Move) (map[string][]byte, []Finding) {
	out := map[string][]byte{}
	names, findings := p.names()
	started := false
	for _, name := range sortedKeys(p.Files) {
		to, text := path.Join(m.Prefix, name), p.Files[name]
		if p.ofMain(name) {
			to = path.Join("stacks", m.Definition, p.below(name))
		}
		if !strings.HasSuffix(name, ".go") {
			if name != "go.mod" && name != "go.sum" {
				out[to] = text
			}
			continue
		}
		f, bad := parse(name, text, m)
		if bad != nil {
			findings = append(findings, *bad)
			continue
		}
		if p.ofMain(name) {
			started = f.adaptMain(names.Program) || started
		}
		f.adapt()
		changed, err := f.text()
		if err != nil {
			f.findings = append(f.findings, Finding{File: name, Blocks: true, What: "cannot be rewritten: " + err.Error()})
		}
		out[to] = changed
		findings = append(findings, f.findings...)
	}
	if !started && !slices.ContainsFunc(findings, blocks) {
		findings = append(findings, Finding{File: p.Main, Blocks: true, What: "no function main that calls pulumi.Run",
			Next: "only Go projects with one package main are carried over"})
	}
	Sort(findings)
	if slices.ContainsFunc(findings, blocks) {
		return nil, findings
	}
	return out, findings
}

func blocks(f Finding) bool { return f.Blocks }

// below is the path of a file in the directory of package main.
func (p Program) below(name string) string {
	if p.Main == "." {
		return name
	}
	return strings.TrimPrefix(name, p.Main+"/")
}

// ofMain tells whether a file goes where package main goes: its Go files, and
// what they embed.
func (p Program) ofMain(name string) bool {
	if path.Dir(name) == p.Main && strings.HasSuffix(name, ".go") {
		return true
	}
	if p.Main != "." && !strings.HasPrefix(name, p.Main+"/") {
		return false
	}
	return slices.ContainsFunc(p.embeds(), func(pattern string) bool { return embedded(pattern, p.below(name)) })
}

// embeds lists the patterns of package main's go:embed lines.
func (p Program) embeds() []string {
	var out []string
	for name, text := range p.Files {
		if path.Dir(name) != p.Main || !strings.HasSuffix(name, ".go") {
			continue
		}
		for line := range strings.Lines(string(text)) {
			if rest, ok := strings.CutPrefix(line, "//go:embed "); ok {
				out = append(out, strings.Fields(rest)...)
			}
		}
	}
	return out
}

// embedded tells whether a pattern matches a file or a directory above it.
func embedded(pattern, name string) bool {
	pattern = strings.TrimPrefix(strings.Trim(pattern, "\"`"), "all:")
	for at := name; at != "." && at != "/"; at = path.Dir(at) {
		if ok, err := path.Match(pattern, at); err == nil && ok {
			return true
		}
	}
	return false
}

// adaptMain makes a file of package main one of the stack's package, in which
// the function main is called program. It tells whether main was in it.
func (f *file) adaptMain(program string) (started bool) {
	name := PackageName(f.move.Definition)
	if strings.HasSuffix(f.ast.Name.Name, "_test") {
		name += "_test"
	}
	f.replace(f.ast.Name, name)
	for _, d := range f.ast.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "main" && fn.Body != nil {
			f.adaptStart(fn, program)
			started = true
		}
	}
	return started
}

// adaptStart turns func main() { pulumi.Run(…) } into func program(ctx) error.
func (f *file) adaptStart(fn *ast.FuncDecl, program string) {
	run, last := f.runCall(fn.Body)
	if run == nil {
		f.find(fn, true, "the last thing that main does is not pulumi.Run(program)", "end main with it, and do everything else inside the program")
		return
	}
	if len(run.Args) != 1 {
		f.find(run, true, "pulumi.Run has options", "leave them out")
		return
	}
	head := func(ctx string) edit {
		return edit{f.at(fn.Type.Pos()), f.at(fn.Body.Lbrace), "func " + program + "(" + ctx + " *" + f.pulumi + ".Context) error "}
	}
	if lit, inline := run.Args[0].(*ast.FuncLit); inline && len(fn.Body.List) == 1 {
		f.edits = append(f.edits, head(parameter(lit)))
		f.unwrap(last, lit)
		return
	}
	ctx := "ctx"
	if len(fn.Body.List) > 1 { // which may have a ctx of their own
		ctx = "pulumiContext"
	}
	f.edits = append(f.edits, head(ctx),
		edit{f.at(last.Pos()), f.at(run.Args[0].Pos()), "return "},
		edit{f.at(run.Args[0].End()), f.at(last.End()), "(" + ctx + ")"})
}

// parameter is what a function calls its one parameter.
func parameter(lit *ast.FuncLit) string {
	if names := lit.Type.Params.List[0].Names; len(names) == 1 {
		return names[0].Name
	}
	return "_"
}

// unwrap puts the body of the program in the place of the statement that runs
// it. What is blank around the body goes, unless that would draw something into a
// comment.
func (f *file) unwrap(stmt ast.Stmt, lit *ast.FuncLit) {
	from, to, end := f.at(lit.Body.Lbrace)+1, f.at(lit.Body.Rbrace), f.at(stmt.End())
	body := string(f.src[from:to])
	first := from + len(body) - len(strings.TrimLeft(body, " \t\n"))
	last := from + len(strings.TrimRight(body, " \t\n"))
	if first > last || end < len(f.src) && f.src[end] != '\n' {
		first, last = from, to
	}
	f.edits = append(f.edits, edit{f.at(stmt.Pos()), first, ""}, edit{last, end, ""})
}

// runCall finds the call of pulumi.Run at the end of main.
func (f *file) runCall(body *ast.BlockStmt) (*ast.CallExpr, ast.Stmt) {
	if len(body.List) == 0 {
		return nil, nil
	}
	last := body.List[len(body.List)-1]
	stmt, ok := last.(*ast.ExprStmt)
	if !ok {
		return nil, nil
	}
	call, ok := stmt.X.(*ast.CallExpr)
	if !ok || !f.is(call.Fun, f.pulumi, "Run") || len(call.Args) == 0 {
		return nil, nil
	}
	if lit, inline := call.Args[0].(*ast.FuncLit); inline && (lit.Type.Params == nil || len(lit.Type.Params.List) != 1) {
		return nil, nil
	}
	return call, last
}
