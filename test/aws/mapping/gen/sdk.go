package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
)

// properties are the fields of a plain struct of the SDK: name → Go type.
type properties map[string]string

// sdk is what the Go source of pulumi-aws says.
type sdk struct {
	// structs is by directory and Go type.
	structs map[string]map[string]properties
	// resources and functions are by token.
	resources, functions map[string]declared
}

// declared is a resource or a function. args are the inputs, all are inputs and
// outputs together.
type declared struct {
	pkg       string
	args, all properties
}

// call is where the SDK names a token: in a constructor, or in a function.
type call struct{ token, args, result, pkg string }

// root is the directory of the package that holds the provider.
const root = "."

func readSDK(dir string) (*sdk, error) {
	s := &sdk{structs: map[string]map[string]properties{}, resources: map[string]declared{}, functions: map[string]declared{}}
	var registered, invoked []call
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg, err := filepath.Rel(dir, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				s.addStructs(pkg, decl)
			case *ast.FuncDecl:
				r, i := calls(pkg, decl)
				registered, invoked = append(registered, r...), append(invoked, i...)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.declare(registered, invoked)
	return s, nil
}

func (s *sdk) addStructs(pkg string, decl *ast.GenDecl) {
	for _, spec := range decl.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		st, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		found := properties{}
		for _, field := range st.Fields.List {
			if name := tag(field); name != "" {
				found[name] = types.ExprString(field.Type)
			}
		}
		if s.structs[pkg] == nil {
			s.structs[pkg] = map[string]properties{}
		}
		s.structs[pkg][t.Name.Name] = found
	}
}

// tag returns the Pulumi name of a field.
func tag(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	text, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return ""
	}
	return reflect.StructTag(text).Get("pulumi")
}

// calls returns the tokens that a function of the SDK registers or invokes.
func calls(pkg string, f *ast.FuncDecl) (registered, invoked []call) {
	if f.Body == nil {
		return nil, nil
	}
	var result string // the type of the variable that the answer goes to
	ast.Inspect(f.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if len(n.Names) == 1 && (n.Names[0].Name == "resource" || n.Names[0].Name == "rv") {
				result = types.ExprString(n.Type)
			}
		case *ast.CallExpr:
			method, tok := onContext(n)
			switch {
			case method == "RegisterResource" && !strings.HasPrefix(tok, "pulumi:"):
				registered = append(registered, call{token: tok, result: result, pkg: pkg})
			case method == "Invoke":
				invoked = append(invoked, call{token: tok, args: argsType(f), result: result, pkg: pkg})
			}
		}
		return true
	})
	return registered, invoked
}

// onContext returns the method of ctx that is called and its first argument,
// where that is text.
func onContext(c *ast.CallExpr) (method, tok string) {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) == 0 {
		return "", ""
	}
	if receiver, ok := sel.X.(*ast.Ident); !ok || receiver.Name != "ctx" {
		return "", ""
	}
	lit, ok := c.Args[0].(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", ""
	}
	tok, err := strconv.Unquote(lit.Value)
	if err != nil {
		return "", ""
	}
	return sel.Sel.Name, tok
}

func argsType(f *ast.FuncDecl) string {
	for _, param := range f.Type.Params.List {
		for _, name := range param.Names {
			if name.Name == "args" {
				return strings.TrimPrefix(types.ExprString(param.Type), "*")
			}
		}
	}
	return ""
}

func (s *sdk) declare(registered, invoked []call) {
	for _, c := range registered {
		args := s.plain(c.pkg, c.result+"Args")
		s.resources[c.token] = declared{c.pkg, args, union(s.plain(c.pkg, c.result+"State"), args)}
	}
	for _, c := range invoked {
		args := s.structs[c.pkg][c.args]
		s.functions[c.token] = declared{c.pkg, args, union(s.structs[c.pkg][c.result], args)}
	}
}

// plain returns the struct whose fields are plain values; the SDK writes its
// name with small letters in front: "queueArgs", "s3locationArgs".
func (s *sdk) plain(pkg, name string) properties {
	for candidate, p := range s.structs[pkg] {
		if strings.EqualFold(candidate, name) && candidate[0] >= 'a' && candidate[0] <= 'z' {
			return p
		}
	}
	return nil
}

// nested returns the struct of a field's Go type, and the package it is in.
func (s *sdk) nested(pkg, goType string) (properties, string, bool) {
	goType = strings.TrimLeft(goType, "*")
	if p, t, ok := strings.Cut(goType, "."); ok {
		pkg, goType = p, t
		if p == "aws" {
			pkg = root
		}
	}
	found, ok := s.structs[pkg][goType]
	return found, pkg, ok
}

func union(all ...properties) properties {
	out := properties{}
	for _, p := range all {
		for name, goType := range p {
			out[name] = goType
		}
	}
	return out
}
