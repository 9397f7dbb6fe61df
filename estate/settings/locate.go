package settings

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"strings"
)

// Locate fills in the Source of every field whose Go struct is declared in the
// package directory dir, as "dir/file.go:line". What it cannot find, such as a
// struct of another package, it leaves empty; files that do not parse it skips.
func Locate(s Schema, fsys fs.FS, dir string) Schema {
	types := structsOf(fsys, dir)
	_, name, _ := strings.Cut(s.Type, ".")
	s.Fields = types.locate(s.Fields, types.structs[name])
	return s
}

// structs are the struct types of one package.
type structs struct {
	dir     string
	files   *token.FileSet
	structs map[string]*ast.StructType
}

func structsOf(fsys fs.FS, dir string) structs {
	out := structs{dir: dir, files: token.NewFileSet(), structs: map[string]*ast.StructType{}}
	names, err := fs.Glob(fsys, path.Join(dir, "*.go"))
	if err != nil { // the pattern is ours; a strange dir finds nothing
		return out
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			continue
		}
		file, err := parser.ParseFile(out.files, path.Base(name), text, parser.SkipObjectResolution)
		if err != nil {
			continue
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if t, ok := n.(*ast.TypeSpec); ok {
				if st, ok := t.Type.(*ast.StructType); ok {
					out.structs[t.Name.Name] = st
				}
			}
			return true
		})
	}
	return out
}

// locate returns copies of the fields with the places of the struct's fields.
func (t structs) locate(fields []Field, in *ast.StructType) []Field {
	out := make([]Field, len(fields))
	for i, f := range fields {
		out[i] = t.locateField(f, in)
	}
	return out
}

func (t structs) locateField(f Field, in *ast.StructType) Field {
	goName := f.GoField[strings.LastIndexByte(f.GoField, '.')+1:]
	decl, name := t.find(in, goName)
	if decl == nil {
		return f
	}
	at := t.files.Position(name.Pos())
	return t.at(f, fmt.Sprintf("%s:%d", path.Join(t.dir, at.Filename), at.Line), t.structOf(decl.Type))
}

// at gives the field and the entries inside it a place.
func (t structs) at(f Field, source string, inner *ast.StructType) Field {
	f.Source = source
	if len(f.Fields) > 0 {
		f.Fields = t.locate(f.Fields, inner)
	}
	if f.Elem != nil {
		elem := t.at(*f.Elem, source, inner)
		f.Elem = &elem
	}
	return f
}

// find returns the declaration of a field, those of embedded structs included.
func (t structs) find(in *ast.StructType, goName string) (*ast.Field, *ast.Ident) {
	if in == nil {
		return nil, nil
	}
	for _, decl := range in.Fields.List {
		for _, name := range decl.Names {
			if name.Name == goName {
				return decl, name
			}
		}
	}
	for _, decl := range in.Fields.List {
		if len(decl.Names) == 0 {
			if found, name := t.find(t.structOf(decl.Type), goName); found != nil {
				return found, name
			}
		}
	}
	return nil, nil
}

// structOf returns the struct of the package inside a type expression: T, *T,
// []T, map[string]T, or a struct written in place.
func (t structs) structOf(e ast.Expr) *ast.StructType {
	switch e := e.(type) {
	case *ast.Ident:
		return t.structs[e.Name]
	case *ast.StarExpr:
		return t.structOf(e.X)
	case *ast.ArrayType:
		return t.structOf(e.Elt)
	case *ast.MapType:
		return t.structOf(e.Value)
	case *ast.StructType:
		return e
	}
	return nil
}
