package automation

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// importFlags are the flags of `import` that other operations do not have.
type importFlags struct {
	file, out        string
	parent, provider string
	properties       []string
	protect, code    bool
}

func (f *importFlags) define(fs *pflag.FlagSet) {
	fs.StringVarP(&f.file, "file", "f", "", "JSON file with the resources to import")
	fs.StringVarP(&f.out, "out", "o", "", "file for the generated code")
	fs.StringVar(&f.parent, "parent", "", "name=URN of the parent")
	fs.StringVar(&f.provider, "provider", "", "name=URN of the provider")
	fs.StringSliceVar(&f.properties, "properties", nil, "names of the properties to import")
	fs.BoolVar(&f.protect, "protect", true, "mark what is imported as protected")
	fs.BoolVar(&f.code, "generate-code", true, "generate the code that declares what is imported")
}

// read returns the import file: the one of --file, or one with the resource of
// the arguments.
func (f *importFlags) read(s *session, args []string) ([]byte, error) {
	inline := len(args) > 0 || f.parent != "" || f.provider != "" || len(f.properties) > 0
	switch {
	case f.file != "" && inline:
		return nil, usage("an inline resource may not be specified in conjunction with an import file")
	case f.file != "":
		raw, err := os.ReadFile(s.abs(f.file))
		if err != nil {
			return nil, gitops.Errorf(gitops.Invalid, "could not read import file: %w", err)
		}
		return raw, nil
	case len(args) < 3:
		missing := []string{"type", "name", "id"}[len(args):]
		return nil, usage("an inline resource must be specified if no converter or import file is used, missing %s", strings.Join(missing, ", "))
	}
	return f.inline(args[0], args[1], args[2])
}

// inline is the import file of one resource.
func (f *importFlags) inline(typ, name, id string) ([]byte, error) {
	table := map[string]string{}
	refer := func(what, spec string) (string, error) {
		if spec == "" {
			return "", nil
		}
		n, urn, ok := strings.Cut(spec, "=")
		if !ok || !resource.URN(urn).IsValid() {
			n, urn = what, spec
		}
		if n == "" || !resource.URN(urn).IsValid() {
			return "", usage("invalid %s URN: '%s'", what, spec)
		}
		if _, has := table[n]; has {
			return "", usage("provider and parent must have distinct names, both were '%s'", n)
		}
		table[n] = urn
		return n, nil
	}
	parent, err := refer("parent", f.parent)
	if err != nil {
		return nil, err
	}
	provider, err := refer("provider", f.provider)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"nameTable": table, "resources": []any{map[string]any{
		"type": typ, "name": name, "id": id, "parent": parent, "provider": provider, "properties": f.properties,
	}}})
}

// finish writes the file for the generated code, which package auto reads in
// every case. Code is made by language plugins, which are not used here.
func (f *importFlags) finish(s *session, req engine.Request) error {
	if !f.code {
		if f.out != "" {
			fmt.Fprintln(s.err, "Output file will not be used as --generate-code is false.")
		}
		return nil
	}
	const note = "no code was generated for the imported resources: no language plugin is used in this process"
	fmt.Fprintln(s.err, "warning: "+note)
	if f.out == "" {
		return nil
	}
	if err := os.WriteFile(s.abs(f.out), []byte("// "+note+"\n"), 0o644); err != nil {
		return gitops.Errorf(gitops.Failed, "the resources of %s are imported; could not open output file: %w", req.Ref.Stack, err)
	}
	return nil
}
