package declare

import (
	"encoding/json"
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

// The signatures by which Pulumi's JSON tells special values from objects:
// pulumi/sdk/v3/go/common/resource/sig.
const (
	sigKey     = "4dabf18193072939515e22adb298388d"
	sigSecret  = "1b47061264138c4ac30d75fd1eb44270"
	sigAsset   = "c44067f5952c0a294b673a41bacd8c17"
	sigArchive = "0def7320c3a5731c473e5ecbe6d01bc7"
)

// site is where a value stands.
type site struct {
	resource int
	sdk      *gosdk.SDK
	// dir is the package in whose words the type is written.
	dir string
	// path leads from the resource's inputs to the value; key is the name of the
	// property, "" in a map whose keys a person has chosen.
	path []string
	key  string
}

// in is the site of a property, item that of an element.
func (s site) in(name string) site {
	s.path, s.key = append(slices.Clone(s.path), name), name
	return s
}

func (s site) item(name string) site {
	s.path = append(slices.Clone(s.path), name)
	return s
}

func (s site) entry(name string) site {
	s = s.item(name)
	s.key = ""
	return s
}

// fields writes the fields of a struct that have a value.
func (p *printer) fields(at site, fields []gosdk.Field, values map[string]any) []string {
	var out []string
	for _, f := range fields {
		if v, ok := values[f.Name]; ok && f.Name != "" && v != nil {
			if text, ok := p.value(at.in(f.Name), f.Type, v); ok {
				out = append(out, f.GoName+": "+text)
			}
		}
	}
	return out
}

// value writes a value as the type wants it. What does not fit is left out, and
// noted.
func (p *printer) value(at site, typ string, v any) (string, bool) {
	if m, ok := v.(map[string]any); ok && m[sigKey] == sigSecret {
		return p.secret(at, typ), true
	}
	alias, name, qualified := strings.Cut(typ, ".")
	if !qualified {
		return p.named(at, typ, v)
	}
	pkg, err := at.sdk.Package(at.dir)
	if err != nil {
		return p.unfit(at, typ)
	}
	to := pkg.Imports[alias]
	if dir, ok := at.sdk.Dir(to); ok {
		at.dir = dir
		return p.named(at, name, v)
	}
	if to != pulumiPath {
		return p.unfit(at, typ)
	}
	base, ok := strings.CutSuffix(name, "Input")
	if !ok {
		return p.unfit(at, typ)
	}
	return p.builtin(at, base, v)
}

// secret is a parameter: no secret stands in source.
func (p *printer) secret(at site, typ string) string {
	r := p.list[at.resource]
	if alias, name, ok := strings.Cut(typ, "."); !ok {
		typ = p.importOf(path.Join(at.sdk.Path, at.dir), at.sdk, at.dir) + "." + typ
	} else if pkg, err := at.sdk.Package(at.dir); err == nil {
		if dir, ok := at.sdk.Dir(pkg.Imports[alias]); ok {
			typ = p.importOf(pkg.Imports[alias], at.sdk, dir) + "." + name
		}
	}
	where := strings.Join(at.path, ".")
	return p.param("secret "+r.Key+" "+where, identifier(r.Name+" "+strings.Join(at.path, " ")), typ,
		"secret: the input "+where+" of "+r.Name)
}

// unfit notes a value that cannot be written.
func (p *printer) unfit(at site, want string) (string, bool) {
	p.note("%s: its input %s is left out: it is no %s", p.list[at.resource].Name, strings.Join(at.path, "."), want)
	return "", false
}

// named writes a value of one of the SDK's own types.
func (p *printer) named(at site, typ string, v any) (string, bool) {
	pkg, err := at.sdk.Package(at.dir)
	base, ok := strings.CutSuffix(typ, "Input")
	if err != nil || !ok {
		return p.unfit(at, typ)
	}
	if pkg.Named[base] == "" && pkg.Structs[base+"Args"] == nil {
		base = strings.TrimSuffix(base, "Ptr")
	}
	head := p.importOf(path.Join(at.sdk.Path, at.dir), at.sdk, at.dir) + "." + base
	under := pkg.Named[base]
	if elem, ok := strings.CutPrefix(under, "[]"); ok {
		return p.listOf(at, head, v, func(at site, v any) (string, bool) { return p.value(at, elem, v) })
	}
	if elem, ok := strings.CutPrefix(under, "map[string]"); ok {
		return p.mapOf(at, head, v, func(at site, v any) (string, bool) { return p.value(at, elem, v) })
	}
	if fields := pkg.Structs[base+"Args"]; fields != nil {
		return p.structOf(at, head+"Args", fields, v)
	}
	if under == "string" || under == "int" || under == "float64" || under == "bool" {
		if text, ok := scalar(under, v); ok {
			return head + "(" + text + ")", true
		}
	}
	return p.unfit(at, typ)
}

func (p *printer) structOf(at site, head string, fields []gosdk.Field, v any) (string, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return p.unfit(at, head)
	}
	for _, key := range sortedKeys(m) {
		if !has(fields, key) && !strings.HasPrefix(key, "__") && m[key] != nil {
			p.note("%s: its input %s is left out: the Go SDK has no such argument",
				p.list[at.resource].Name, strings.Join(at.in(key).path, "."))
		}
	}
	out := p.fields(at, fields, m)
	if len(out) == 0 {
		return "&" + head + "{}", true
	}
	return block("&"+head, out), true
}

// builtin writes a value of one of Pulumi's types: String, StringArrayMap.
func (p *printer) builtin(at site, base string, v any) (string, bool) {
	switch base {
	case "", "Any":
		return p.anything(at, v)
	case "Asset", "Archive", "AssetOrArchive":
		return p.asset(at, v)
	}
	for _, kind := range []struct {
		suffix string
		write  func(site, string, any, func(site, any) (string, bool)) (string, bool)
	}{{"Array", p.listOf}, {"Map", p.mapOf}} {
		if elem, ok := strings.CutSuffix(base, kind.suffix); ok {
			return kind.write(at, "pulumi."+base, v, func(at site, v any) (string, bool) {
				if v, ok := v.(map[string]any); ok && v[sigKey] == sigSecret {
					return p.secret(at, "pulumi."+elem+"Input"), true
				}
				return p.builtin(at, elem, v)
			})
		}
	}
	kind := map[string]string{"String": "string", "Int": "int", "Float64": "float64", "Bool": "bool", "ID": "string", "URN": "string"}[strings.TrimSuffix(base, "Ptr")]
	text, ok := scalar(kind, v)
	if !ok {
		return p.unfit(at, "pulumi."+base)
	}
	if s, isText := v.(string); isText && kind == "string" {
		if ref, ok := p.reference(at.resource, at.key, s); ok {
			return ref, true
		}
	}
	return "pulumi." + strings.TrimSuffix(base, "Ptr") + "(" + text + ")", true
}

// listOf and mapOf write composite literals.
func (p *printer) listOf(at site, head string, v any, elem func(site, any) (string, bool)) (string, bool) {
	list, ok := v.([]any)
	if !ok {
		return p.unfit(at, head)
	}
	var out []string
	for i, v := range list {
		if text, ok := elem(at.item(strconv.Itoa(i)), v); ok {
			out = append(out, text)
		}
	}
	return row(head, out), true
}

func (p *printer) mapOf(at site, head string, v any, elem func(site, any) (string, bool)) (string, bool) {
	m, ok := v.(map[string]any)
	if !ok {
		return p.unfit(at, head)
	}
	var out []string
	for _, key := range sortedKeys(m) {
		if strings.HasPrefix(key, "__") {
			continue
		}
		if text, ok := elem(at.entry(key), m[key]); ok {
			out = append(out, quoted(key)+": "+text)
		}
	}
	if len(out) == 0 {
		return head + "{}", true
	}
	return block(head, out), true
}

// anything writes a value whose type the SDK leaves open.
func (p *printer) anything(at site, v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return p.builtin(at, "String", v)
	case bool:
		return p.builtin(at, "Bool", v)
	case []any:
		return p.listOf(at, "pulumi.Array", v, p.nested)
	case map[string]any:
		if v[sigKey] != nil {
			return p.asset(at, v)
		}
		return p.mapOf(at, "pulumi.Map", v, p.nested)
	}
	if _, ok := scalar("int", v); ok {
		return p.builtin(at, "Int", v)
	}
	return p.builtin(at, "Float64", v)
}

// nested is anything in anything.
func (p *printer) nested(at site, v any) (string, bool) {
	if m, ok := v.(map[string]any); ok && m[sigKey] == sigSecret {
		return p.secret(at, "pulumi.Input"), true
	}
	return p.anything(at, v)
}

// asset writes a file or an archive. What the deployment knows only by its hash
// cannot be written.
func (p *printer) asset(at site, v any) (string, bool) {
	m, _ := v.(map[string]any)
	kind := map[any]string{sigAsset: "Asset", sigArchive: "Archive"}[m[sigKey]]
	for _, from := range []struct{ key, maker string }{{"path", "File"}, {"uri", "Remote"}, {"text", "String"}} {
		if s, _ := m[from.key].(string); s != "" && kind != "" && (from.key != "text" || kind == "Asset") {
			return fmt.Sprintf("pulumi.New%s%s(%s)", from.maker, kind, quoted(s)), true
		}
	}
	return p.unfit(at, "file that can be named")
}

// scalar writes a plain value as a Go literal of the kind.
func scalar(kind string, v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return quoted(v), kind == "string"
	case bool:
		return strconv.FormatBool(v), kind == "bool"
	case json.Number:
		return number(kind, v.String())
	case float64:
		return number(kind, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return "", false
}

// number writes a JSON number. An int may be written as 3.0 or 3e2.
func number(kind, text string) (string, bool) {
	if kind != "int" && kind != "float64" {
		return "", false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return strconv.FormatInt(n, 10), true
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return "", false
	}
	if kind == "int" {
		if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
			return "", false
		}
		return strconv.FormatInt(int64(f), 10), true
	}
	return strconv.FormatFloat(f, 'g', -1, 64), true
}
