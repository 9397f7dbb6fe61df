package declare

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

// pulumiPath is the import path of Pulumi's own package.
const pulumiPath = "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

// printer prints one program. It goes over the resources twice: after the first
// time it knows the references, and so the order and the names.
type printer struct {
	prog Program
	list []known
	// refs are the resources that each refers to.
	refs []map[int]bool
	// placed are those that the text has already; nil in the first round, when
	// every reference is possible.
	placed map[int]bool

	imports    map[string]string // path → name in the file
	taken      map[string]bool   // identifiers
	function   string
	variables  []string
	used       map[int]bool // variables that something refers to
	params     []Param
	paramOf    map[string]string // what it stands for → name
	notes      []string
	statements []statement
}

// known is a resource with what the SDK says about its type; that is nil of a
// component, which only the program knows.
type known struct {
	Resource
	sdk *gosdk.SDK
	typ *gosdk.Resource
}

// statement is the call that declares a resource, "" for a component.
type statement struct {
	resource int
	call     string
}

// open finds the types.
func (p *printer) open() error {
	for _, r := range p.prog.Resources {
		k := known{Resource: r}
		if r.ID != "" {
			name, _, _ := strings.Cut(r.Type, ":")
			if k.sdk = p.prog.SDKs[name]; k.sdk == nil {
				return fmt.Errorf("no Go SDK of the Pulumi package %q", name)
			}
			var err error
			if k.typ, err = k.sdk.Resource(r.Type); err != nil {
				return err
			}
		}
		p.list = append(p.list, k)
		p.refs = append(p.refs, map[int]bool{})
	}
	for _, word := range []string{"ctx", "err"} {
		p.taken[word] = true
	}
	p.imports[pulumiPath] = "pulumi"
	p.taken["pulumi"] = true
	p.function = "adopt"
	if len(p.list) > 0 {
		p.function = "adopt" + upper(identifier(p.list[0].Name))
	}
	p.taken[p.function] = true
	p.variables = make([]string, len(p.list))
	p.begin()
	p.placed = nil
	return nil
}

// begin forgets what a round has found.
func (p *printer) begin() {
	p.placed, p.used, p.params, p.paramOf, p.notes = map[int]bool{}, map[int]bool{}, nil, map[string]string{}, nil
}

// nameVariables gives every resource its own variable, none of which hides a
// package.
func (p *printer) nameVariables() {
	for i, r := range p.list {
		p.variables[i] = p.free(identifier(r.Name))
	}
}

// declare returns the call that declares a resource.
func (p *printer) declare(i int) string {
	r := p.list[i]
	if r.typ == nil {
		return ""
	}
	at := site{resource: i, sdk: r.sdk, dir: r.typ.Dir}
	pkg := p.importOf(path.Join(r.sdk.Path, r.typ.Dir), r.sdk, r.typ.Dir)
	fields := p.fields(at, r.typ.Args, r.Inputs)
	for _, key := range sortedKeys(r.Inputs) {
		if !has(r.typ.Args, key) && !has(r.typ.Outputs, key) && !strings.HasPrefix(key, "__") {
			p.note("%s: its input %s is left out: the Go SDK has no such argument", r.Name, key)
		}
	}
	args := "nil"
	if len(fields) > 0 {
		args = block("&"+pkg+"."+r.typ.Type+"Args", fields)
	}
	call := fmt.Sprintf("%s.New%s(ctx, %s, %s", pkg, r.typ.Type, quoted(r.Name), args)
	if r.Parent != "" {
		call += ", pulumi.Parent(" + p.resourceOf(i, r.Parent, "parent", "pulumi.Resource") + ")"
	}
	if r.Provider != "" {
		call += ", pulumi.Provider(" + p.resourceOf(i, r.Provider, "provider", "pulumi.ProviderResource") + ")"
	}
	if r.Protect {
		call += ", pulumi.Protect(true)"
	}
	return call + ")"
}

func has(fields []gosdk.Field, name string) bool {
	return slices.ContainsFunc(fields, func(f gosdk.Field) bool { return f.Name == name })
}

// resourceOf is the resource of a key: a variable, or a parameter when the key
// is of something that this program does not declare.
func (p *printer) resourceOf(from int, key, what, typ string) string {
	for i, r := range p.list {
		if r.Key == key && r.typ != nil && i != from {
			p.refs[from][i] = true
			if p.placed == nil || p.placed[i] {
				p.used[i] = true
				return p.variables[i]
			}
		}
	}
	return p.param(what+" "+key, identifier(key), typ, "the "+what+" "+key+", which is declared elsewhere")
}

// param returns the parameter that stands for something.
func (p *printer) param(of, name, typ, why string) string {
	if p.paramOf[of] == "" {
		if p.placed != nil {
			name = p.free(name)
		}
		p.paramOf[of] = name
		p.params = append(p.params, Param{name, typ, why})
	}
	return p.paramOf[of]
}

func (p *printer) note(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(p.notes, text) {
		p.notes = append(p.notes, text)
	}
}
