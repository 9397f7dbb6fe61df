package gosdk

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"io/fs"
	"path"
	"reflect"
	"strconv"
	"strings"
	"unicode"
)

// Package is one Go package of an SDK.
type Package struct {
	// Name is that of the package clause.
	Name string
	// Imports are the import paths by the name that the files use.
	Imports map[string]string
	// Structs are the fields of the struct types.
	Structs map[string][]Field
	// Named are the other named types, as they are written: "string",
	// "[]BucketGrantInput".
	Named map[string]string
}

// Field is a field of a struct.
type Field struct {
	// GoName is the name of the field; Name Pulumi's, "" without a tag.
	GoName, Name string
	// Type is the type as it is written in the package.
	Type string
	// Doc is the comment.
	Doc string
}

func readPackage(files fs.FS, dir string) (*Package, error) {
	entries, err := fs.ReadDir(files, dir)
	if err != nil {
		return nil, err
	}
	p := &Package{Imports: map[string]string{}, Structs: map[string][]Field{}, Named: map[string]string{}}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		text, err := fs.ReadFile(files, path.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.add(f)
	}
	if p.Name == "" {
		return nil, errors.New("no Go files in it")
	}
	return p, nil
}

func (p *Package) add(f *ast.File) {
	p.Name = f.Name.Name
	for _, imp := range f.Imports {
		to, err := strconv.Unquote(imp.Path.Value)
		if err != nil {
			continue
		}
		name := path.Base(to)
		if imp.Name != nil {
			name = imp.Name.Name
		}
		p.Imports[name] = to
	}
	for _, d := range f.Decls {
		gen, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range gen.Specs {
			if ts, ok := spec.(*ast.TypeSpec); ok {
				p.addType(ts)
			}
		}
	}
}

func (p *Package) addType(ts *ast.TypeSpec) {
	st, ok := ts.Type.(*ast.StructType)
	if !ok {
		if _, method := ts.Type.(*ast.InterfaceType); !method {
			p.Named[ts.Name.Name] = gotypes.ExprString(ts.Type)
		}
		return
	}
	fields := []Field{}
	for _, f := range st.Fields.List {
		name := ""
		if f.Tag != nil {
			tag, _ := strconv.Unquote(f.Tag.Value) // the parser has read it
			name = reflect.StructTag(tag).Get("pulumi")
		}
		for _, n := range f.Names {
			fields = append(fields, Field{GoName: n.Name, Name: name, Type: gotypes.ExprString(f.Type), Doc: f.Doc.Text()})
		}
	}
	p.Structs[ts.Name.Name] = fields
}

// plain returns the struct of plain values that goes with an exported one: its
// name has small letters at the beginning, how many depends.
func (p *Package) plain(goType string) []Field {
	for name, fields := range p.Structs {
		if name != goType && strings.EqualFold(name, goType) && unicode.IsLower(rune(name[0])) {
			return fields
		}
	}
	return nil
}
