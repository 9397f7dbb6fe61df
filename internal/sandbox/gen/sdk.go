package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	gotypes "go/types"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// sdk reads packages of pulumi-aws as they are asked for.
type sdk struct {
	root     string
	packages map[string]*sdkPackage
}

// sdkPackage is what the generator needs of one Go package.
type sdkPackage struct {
	structs map[string]map[string]sdkField // Go type → Pulumi name → field
	types   map[string]string              // Pulumi token → Go type
	secrets map[string][]string            // Go type → Pulumi names
	// required holds what the constructor refuses to do without: Go type →
	// Pulumi names.
	required map[string][]string
}

// sdkField is a field of a plain SDK struct.
type sdkField struct {
	goType string
	// forcesNew tells that the comment says that a change replaces.
	forcesNew bool
}

var forcesNew = regexp.MustCompile(`(?i)forces (a |the creation of a )?new|forces re-?creation|changing this.*(new|recreat)`)

func (s *sdk) load(pkg string) (*sdkPackage, error) {
	if p := s.packages[pkg]; p != nil {
		return p, nil
	}
	dir := filepath.Join(s.root, pkg)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	p := &sdkPackage{structs: map[string]map[string]sdkField{}, types: map[string]string{}, secrets: map[string][]string{}, required: map[string][]string{}}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				p.addStructs(d)
			case *ast.FuncDecl:
				p.addConstructor(d)
			}
		}
	}
	if s.packages == nil {
		s.packages = map[string]*sdkPackage{}
	}
	s.packages[pkg] = p
	return p, nil
}

func (p *sdkPackage) addStructs(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		ts, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		st, ok := ts.Type.(*ast.StructType)
		if !ok {
			continue
		}
		fields := map[string]sdkField{}
		for _, f := range st.Fields.List {
			if f.Tag == nil {
				continue
			}
			tag, _ := strconv.Unquote(f.Tag.Value)
			if name := reflect.StructTag(tag).Get("pulumi"); name != "" {
				fields[name] = sdkField{gotypes.ExprString(f.Type), forcesNew.MatchString(f.Doc.Text())}
			}
		}
		p.structs[ts.Name.Name] = fields
	}
}

// addConstructor notes the token that a New function registers.
func (p *sdkPackage) addConstructor(d *ast.FuncDecl) {
	if d.Recv != nil || d.Body == nil || !strings.HasPrefix(d.Name.Name, "New") {
		return
	}
	goType := strings.TrimPrefix(d.Name.Name, "New")
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if name, ok := refusesNil(n); ok {
			p.required[goType] = append(p.required[goType], name)
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		fun, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		switch fun.Sel.Name {
		case "RegisterResource":
			if lit, ok := call.Args[0].(*ast.BasicLit); ok {
				name, _ := strconv.Unquote(lit.Value)
				p.types[name] = goType
			}
		case "AdditionalSecretOutputs":
			p.secrets[goType] = append(p.secrets[goType], stringLiterals(call.Args[0])...)
		}
		return true
	})
}

// refusesNil returns "vpcId" of "if args.VpcId == nil { return … }". An if that
// sets a default instead does not count.
func refusesNil(n ast.Node) (string, bool) {
	cond, ok := n.(*ast.IfStmt)
	if !ok || len(cond.Body.List) == 0 {
		return "", false
	}
	if _, returns := cond.Body.List[0].(*ast.ReturnStmt); !returns {
		return "", false
	}
	b, ok := cond.Cond.(*ast.BinaryExpr)
	if !ok || b.Op != token.EQL || gotypes.ExprString(b.Y) != "nil" {
		return "", false
	}
	name, ok := strings.CutPrefix(gotypes.ExprString(b.X), "args.")
	if !ok {
		return "", false
	}
	return strings.ToLower(name[:1]) + name[1:], true
}

func stringLiterals(e ast.Expr) []string {
	var out []string
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			s, _ := strconv.Unquote(lit.Value)
			out = append(out, s)
		}
		return true
	})
	return out
}

// resource is one resource type of the SDK.
type resource struct {
	pkg                  string
	args, state, outputs map[string]sdkField
	secrets, required    []string
}

func (s *sdk) resource(tok string) (*resource, error) {
	pkg := packageOf(tok)
	p, err := s.load(pkg)
	if err != nil {
		return nil, err
	}
	goType, ok := p.types[tok]
	if !ok {
		return nil, fmt.Errorf("the SDK registers no such type; look at %s", filepath.Join(s.root, pkg))
	}
	return &resource{pkg, p.plain(goType + "Args"), p.plain(goType + "State"), p.structs[goType], p.secrets[goType], p.required[goType]}, nil
}

// plain returns the struct of plain values that goes with an exported one: its
// name has small letters at the beginning, how many depends.
func (p *sdkPackage) plain(goType string) map[string]sdkField {
	for name, fields := range p.structs {
		if name != goType && strings.EqualFold(name, goType) && unicode.IsLower(rune(name[0])) {
			return fields
		}
	}
	return nil
}

// fields returns the fields of a plain struct type as seen from a package.
func (s *sdk) fields(pkg, goType string) (map[string]sdkField, string, error) {
	if other, name, ok := strings.Cut(goType, "."); ok {
		if other == "aws" {
			other = "."
		}
		pkg, goType = other, name
	}
	p, err := s.load(pkg)
	if err != nil {
		return nil, "", err
	}
	return p.structs[goType], pkg, nil
}
