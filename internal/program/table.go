package program

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// tableDigest identifies what the program's own package does to every stack.
//
// When the package is a plain table, one file whose func main only calls
// estate.Main with the stacks, then its list of stacks and their imports do not
// count: a stack that comes or goes changes no other. Anything else counts in
// full, by the digest of the package. sources maps file names to content.
func tableDigest(sources map[string][]byte, module string, full string) string {
	if len(sources) != 1 {
		return full
	}
	for name, content := range sources {
		file, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || !isTable(file) || hasDirective(file) {
			return full
		}
		var rest []string
		for _, spec := range file.Imports {
			target, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return full
			}
			named := spec.Name != nil && (spec.Name.Name == "_" || spec.Name.Name == ".")
			if named || !strings.HasPrefix(target, module+"/") {
				rest = append(rest, target)
			}
		}
		slices.Sort(rest)
		return digest([]byte("table\n" + strings.Join(rest, "\n")))
	}
	return full
}

// isTable tells whether a file has imports and
//
//	func main() { estate.Main(a.Stack, b.Stack) }
//
// and nothing else.
func isTable(file *ast.File) bool {
	var body *ast.BlockStmt
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.GenDecl:
			if d.Tok != token.IMPORT {
				return false
			}
		case *ast.FuncDecl:
			if d.Name.Name != "main" || d.Recv != nil || body != nil || d.Body == nil {
				return false
			}
			body = d.Body
		}
	}
	if body == nil || len(body.List) != 1 {
		return false
	}
	statement, ok := body.List[0].(*ast.ExprStmt)
	if !ok {
		return false
	}
	call, ok := statement.X.(*ast.CallExpr)
	if !ok || !isSelector(call.Fun, "Main") {
		return false
	}
	for _, arg := range call.Args {
		if !isSelector(arg, "") {
			return false
		}
	}
	return true
}

// isSelector tells whether e is "package.Name", of that name if one is given.
func isSelector(e ast.Expr, name string) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || name != "" && s.Sel.Name != name {
		return false
	}
	_, ok = s.X.(*ast.Ident)
	return ok
}

// hasDirective tells whether a comment speaks to the compiler.
func hasDirective(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, c := range group.List {
			if directive.MatchString(c.Text) {
				return true
			}
		}
	}
	return false
}
