package record

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// CallSites finds where Go files call a function of a provider, such as
// "aws:ec2/getVpc:getVpc", as "file:line" in the order of files and lines. A
// program does not tell from where it calls, so its source has to. dirs are
// directories in fsys; files that cannot be read or parsed call nothing.
func CallSites(fsys fs.FS, dirs []string, function string) []string {
	suffix, names := inGo(function)
	var out []string
	for _, dir := range slices.Compact(slices.Sorted(slices.Values(dirs))) {
		files, _ := fs.Glob(fsys, path.Join(dir, "*.go"))
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := fs.ReadFile(fsys, file)
			if err != nil || !strings.Contains(string(text), names[0]) && !strings.Contains(string(text), names[2]) {
				continue
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, file, text, parser.SkipObjectResolution)
			if err != nil {
				continue
			}
			for _, pos := range calls(parsed, suffix, names) {
				out = append(out, file+":"+strconv.Itoa(set.Position(pos).Line))
			}
		}
	}
	return out
}

// inGo says how Pulumi's SDKs name a function: the end of the import path, and
// the names that it may have there.
func inGo(function string) (suffix string, names []string) {
	parts := strings.Split(function, ":")
	pkg, module, name := parts[0], "", parts[len(parts)-1]
	if len(parts) == 3 {
		module, _, _ = strings.Cut(parts[1], "/")
	}
	suffix = "/" + pkg + "/" + module
	if module == "index" || module == "" {
		suffix = "/" + pkg
	}
	for _, prefix := range []string{"Get", "Lookup"} {
		what := prefix + strings.TrimPrefix(name, "get")
		names = append(names, what, what+"Output")
	}
	return suffix, names
}

// calls lists the calls in a file of functions with one of the names in a package
// whose import path ends so.
func calls(file *ast.File, suffix string, names []string) []token.Pos {
	imported := map[string]bool{}
	for _, i := range file.Imports {
		where, err := strconv.Unquote(i.Path.Value)
		if err != nil || !strings.HasSuffix(where, suffix) {
			continue
		}
		name := path.Base(where)
		if i.Name != nil {
			name = i.Name.Name
		}
		imported[name] = true
	}
	var out []token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if pkg, ok := sel.X.(*ast.Ident); ok && imported[pkg.Name] && slices.Contains(names, sel.Sel.Name) {
			out = append(out, sel.Pos())
		}
		return true
	})
	return out
}
