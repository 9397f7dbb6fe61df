package estate

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/describe"
)

var outputType = reflect.TypeFor[pulumi.Output]()

// outputsOf lists the outputs that a struct type declares.
func outputsOf(t reflect.Type) ([]describe.Output, error) {
	out := []describe.Output{}
	if t.Kind() != reflect.Struct {
		return out, fmt.Errorf("outputs must be a struct, not %s", t)
	}
	var problems []error
	seen := map[string]string{}
	for _, f := range outputFields(t) {
		name := f.Tag.Get("pulumi")
		where := t.String() + "." + f.Name
		switch {
		case name == "" || strings.ContainsAny(name, ", "):
			problems = append(problems, fmt.Errorf("%s needs a tag pulumi:\"name\"", where))
		case seen[name] != "":
			problems = append(problems, fmt.Errorf("%s: output %q is also %s", where, name, seen[name]))
		case !f.Type.Implements(outputType):
			problems = append(problems, fmt.Errorf("%s is a %s, not an output such as pulumi.StringOutput", where, f.Type))
		default:
			out = append(out, describe.Output{Name: name, Type: elementType(f.Type).String(), Doc: f.Tag.Get("doc")})
		}
		seen[name] = where
	}
	return out, errors.Join(problems...)
}

// outputFields lists the exported fields of a struct.
func outputFields(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() && f.Tag.Get("pulumi") != "-" {
			out = append(out, f)
		}
	}
	return out
}

// elementType returns the type of the settled value of an output type.
func elementType(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Interface {
		return reflect.TypeFor[any]()
	}
	return reflect.Zero(t).Interface().(pulumi.Output).ElementType()
}

// export hands the fields of a built outputs struct to Pulumi.
func export(ctx *pulumi.Context, d *definition, out reflect.Value) error {
	if out.IsNil() {
		if len(d.outputs) == 0 {
			return nil
		}
		return fmt.Errorf("stack %q (%s) returned neither outputs nor an error", d.name, d.source())
	}
	out = out.Elem()
	var unset []string
	for _, f := range outputFields(out.Type()) {
		v := out.FieldByIndex(f.Index)
		if v.IsZero() {
			unset = append(unset, out.Type().String()+"."+f.Name)
			continue
		}
		ctx.Export(f.Tag.Get("pulumi"), v.Interface().(pulumi.Output))
	}
	if len(unset) > 0 {
		return fmt.Errorf("stack %q (%s) did not set %s", d.name, d.source(), strings.Join(unset, ", "))
	}
	return nil
}
