package frompulumi

import (
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Kind is the type of a setting, as it is written in the package of the stack.
type Kind string

// The kinds. AnyValue is for lists, maps, and what is a secret in some stacks
// only.
const (
	Text     Kind = "string"
	Whole    Kind = "int"
	Number   Kind = "float64"
	Truth    Kind = "bool"
	Secret   Kind = "estate.Secret"
	AnyValue Kind = "settings.Value"
)

// Field is a setting of a stack.
type Field struct {
	Key, GoName string
	Kind        Kind
	Required    bool
}

// Tag is the field's tag with its quotes.
func (f Field) Tag() string {
	tag := "estate:" + strconv.Quote(f.Key)
	if f.Required {
		tag += ` required:"true"`
	}
	return "`" + tag + "`"
}

// Use is how a program reads a key of its configuration.
type Use struct {
	Kind     Kind
	Required bool
}

var reader = regexp.MustCompile(`^(Get|Require|Try)(Secret)?(Int|Bool|Float64|Object)?$`)

// kinds are the kinds by the end of the reading method's name.
var kinds = map[string]Kind{"": Text, "Int": Whole, "Bool": Truth, "Float64": Number, "Object": AnyValue}

// Uses lists the keys of the project's own configuration that the program
// reads by a name that is written there.
func (p Program) Uses(project string) map[string]Use {
	out := map[string]Use{}
	for name, text := range p.Files {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, bad := parse(name, text, Move{Project: project})
		if bad != nil || f.config == "" {
			continue
		}
		own := f.ownConfigs()
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				f.use(call, own, out)
			}
			return true
		})
	}
	return out
}

// ownConfigs are the variables that hold the project's own configuration.
func (f *file) ownConfigs() map[string]bool {
	out := map[string]bool{}
	assign := func(to, value ast.Expr) {
		if id, ok := to.(*ast.Ident); ok && f.ownConfig(value) {
			out[id.Name] = true
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i := range min(len(n.Lhs), len(n.Rhs)) {
				assign(n.Lhs[i], n.Rhs[i])
			}
		case *ast.ValueSpec:
			for i := range min(len(n.Names), len(n.Values)) {
				assign(n.Names[i], n.Values[i])
			}
		}
		return true
	})
	return out
}

// ownConfig tells whether an expression is config.New of the project.
func (f *file) ownConfig(e ast.Expr) bool {
	call, ok := e.(*ast.CallExpr)
	if !ok || !f.is(call.Fun, f.config, "New") || len(call.Args) != 2 {
		return false
	}
	if inner, ok := call.Args[1].(*ast.CallExpr); ok {
		sel, ok := inner.Fun.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Project"
	}
	name, ok := literal(call.Args[1])
	return ok && (name == "" || name == f.move.Project)
}

// use notes what one call reads.
func (f *file) use(call *ast.CallExpr, own map[string]bool, out map[string]Use) {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) == 0 {
		return
	}
	m := reader.FindStringSubmatch(sel.Sel.Name)
	if m == nil {
		return
	}
	key, ok := literal(call.Args[0])
	x, plain := sel.X.(*ast.Ident)
	switch {
	case plain && x.Name == f.config && len(call.Args) > 1: // config.Get(ctx, "project:key")
		full, written := literal(call.Args[1])
		key, ok = strings.CutPrefix(full, f.move.Project+":")
		ok = ok && written
	case plain && own[x.Name], f.ownConfig(sel.X):
	default:
		return
	}
	if !ok {
		return
	}
	u := Use{Kind: kinds[m[3]], Required: m[1] == "Require"}
	if before, twice := out[key]; twice && before.Kind != u.Kind {
		u.Kind = Text
	}
	u.Required = u.Required || out[key].Required
	out[key] = u
}

func literal(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

// Fields gives the settings of a project a type each: what the program reads
// them as, if all stacks have such values. stacks are the values of each stack,
// texts where they are scalars. Keys that cannot be settings are left out.
func Fields(uses map[string]Use, stacks []map[string]settings.Value) []Field {
	keys := map[string]bool{}
	for key := range uses {
		keys[key] = true
	}
	for _, s := range stacks {
		for key := range s {
			keys[key] = true
		}
	}
	var out []Field
	taken := map[string]int{}
	for _, key := range sortedKeys(keys) {
		if !IsSetting(key) {
			continue
		}
		f := Field{Key: key, Kind: kindOf(uses[key].Kind, values(key, stacks))}
		f.Required = uses[key].Required && len(values(key, stacks)) == len(stacks) && f.Kind != AnyValue
		f.GoName = goName(key)
		if taken[f.GoName]++; taken[f.GoName] > 1 {
			f.GoName += strconv.Itoa(taken[f.GoName])
		}
		out = append(out, f)
	}
	return out
}

// IsSetting tells whether a key can be a setting of a stack. The others are for
// the config: of the environment.
func IsSetting(key string) bool {
	return settingKey.MatchString(key) && key != "environment" && key != "secure"
}

var settingKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

func values(key string, stacks []map[string]settings.Value) []settings.Value {
	var out []settings.Value
	for _, s := range stacks {
		if v, ok := s[key]; ok {
			out = append(out, v)
		}
	}
	return out
}

// kindOf is the kind that all values have, used as the program does.
func kindOf(used Kind, list []settings.Value) Kind {
	notSecret := func(v settings.Value) bool { return v.Kind != settings.SecretValue }
	notText := func(v settings.Value) bool { return v.Kind != settings.String }
	unfit := func(v settings.Value) bool { return !fits(used, v.Text) }
	switch {
	case len(list) > 0 && !slices.ContainsFunc(list, notSecret):
		return Secret
	case slices.ContainsFunc(list, notText), used == AnyValue:
		return AnyValue
	case used != "" && !slices.ContainsFunc(list, unfit):
		return used
	}
	return Text
}

var (
	whole  = regexp.MustCompile(`^(0|-?[1-9][0-9]{0,17})$`)
	number = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]+)?$`)
)

// fits tells whether a text is one of the kind in the one way that the
// environment's file hands back as it is written.
func fits(k Kind, text string) bool {
	switch k {
	case Whole:
		return whole.MatchString(text)
	case Number:
		return number.MatchString(text)
	case Truth:
		return text == "true" || text == "false"
	}
	return true
}

// goName is a field's name for a key: "db-size" is DbSize.
func goName(key string) string {
	var out strings.Builder
	upper := true
	for _, r := range key {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			upper = true
		case upper:
			out.WriteRune(unicode.ToUpper(r))
			upper = false
		default:
			out.WriteRune(r)
		}
	}
	name := out.String()
	if !token.IsIdentifier(name) || !token.IsExported(name) {
		name = fmt.Sprintf("Key%s", name)
	}
	return name
}
