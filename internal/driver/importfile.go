package driver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Imports is what an import file asks for.
type Imports struct {
	// NameTable gives names to resources that are in the state already, by URN.
	NameTable map[string]string           `json:"nameTable"`
	Resources []*optimport.ImportResource `json:"resources"`
}

// importFiles says how an import file looks.
const importFiles = `write lines such as "jobs: aws:sqs/queue:Queue https://…", or the file that pulumi import reads`

// ParseImports reads an import file, in JSON or YAML: Pulumi's own, or the short
// form that has a line "NAME: TYPE ID" for each resource. file is its name, for
// errors.
func ParseImports(file string, text []byte) (Imports, error) {
	var out Imports
	fail := func(err error) (Imports, error) {
		return Imports{}, &gitops.Error{Kind: gitops.Invalid, Where: file, What: "this is no import file", Err: err, Next: importFiles}
	}
	var top yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(text, &top, yaml.UseOrderedMap()); err != nil {
		return fail(err)
	}
	if short, err := shortImports(top); short != nil || err != nil {
		if err != nil {
			return fail(err)
		}
		out.Resources = short
		return out, out.check(file)
	}
	plain, err := yaml.YAMLToJSON(text)
	if err != nil {
		return fail(err)
	}
	dec := json.NewDecoder(bytes.NewReader(plain))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&out); err != nil {
		return fail(err)
	}
	return out, out.check(file)
}

// shortImports reads the short form; nil when the file has another.
func shortImports(top yaml.MapSlice) ([]*optimport.ImportResource, error) {
	var out []*optimport.ImportResource
	for _, item := range top {
		name := fmt.Sprint(item.Key)
		if name == "resources" || name == "nameTable" {
			return nil, nil
		}
		text, _ := item.Value.(string)
		typ, id, ok := strings.Cut(strings.TrimSpace(text), " ")
		if !ok {
			return nil, fmt.Errorf(`%s: want "TYPE ID"`, name)
		}
		out = append(out, &optimport.ImportResource{Name: name, Type: typ, ID: strings.TrimSpace(id)})
	}
	return out, nil
}

// check completes the names and refuses what the engine could not tell apart.
func (im Imports) check(file string) error {
	var wrong []string
	names := map[string]bool{}
	for i, r := range im.Resources {
		if r == nil {
			wrong = append(wrong, fmt.Sprintf("resource %d is empty", i+1))
			continue
		}
		if r.Name == "" {
			r.Name = r.LogicalName
		}
		switch {
		case r.Type == "" || r.Name == "":
			wrong = append(wrong, fmt.Sprintf("resource %d %s%s needs a type and a name", i+1, r.Type, r.Name))
		case names[r.Name]:
			wrong = append(wrong, fmt.Sprintf("two resources have the name %q: give each its own, and the name in the program as logicalName", r.Name))
		case r.ID == "" && !r.Component && !isProvider(r.Type):
			wrong = append(wrong, fmt.Sprintf("%s %q has no ID", r.Type, r.Name))
		}
		names[r.Name] = true
	}
	if len(im.Resources) == 0 {
		wrong = append(wrong, "it names no resource")
	}
	if len(wrong) == 0 {
		return nil
	}
	return &gitops.Error{Kind: gitops.Invalid, Where: file, What: strings.Join(wrong, "; "), Next: importFiles}
}

func isProvider(typ string) bool { return strings.HasPrefix(typ, "pulumi:providers:") }

// logicalName is the resource's name in the program.
func logicalName(r *optimport.ImportResource) string {
	if r.LogicalName != "" {
		return r.LogicalName
	}
	return r.Name
}
