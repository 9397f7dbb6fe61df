package main

import (
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

var (
	marshal   = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true}
	unmarshal = plugin.MarshalOptions{KeepUnknowns: true, SkipNulls: true}
)

// known puts stand-ins where a preview does not know what AWS will choose.
func known(m resource.PropertyMap, properties map[string]*Property) resource.PropertyMap {
	out := resource.PropertyMap{}
	for k, v := range m {
		if w, ok := knownValue(string(k), v, properties[string(k)]); ok {
			out[k] = w
		}
	}
	return out
}

func knownValue(name string, v resource.PropertyValue, p *Property) (resource.PropertyValue, bool) {
	switch {
	case v.IsComputed(), v.IsOutput():
		return standIn(name, p)
	case v.IsObject() && p != nil && p.Fields != nil:
		return resource.NewProperty(known(v.ObjectValue(), p.Fields)), true
	case v.IsArray() && p != nil && p.Of != nil:
		out := []resource.PropertyValue{}
		for _, e := range v.ArrayValue() {
			if w, ok := knownValue(name, e, p.Of); ok {
				out = append(out, w)
			}
		}
		return resource.NewProperty(out), true
	}
	return v, true
}

func standIn(name string, p *Property) (resource.PropertyValue, bool) {
	if p == nil {
		return resource.PropertyValue{}, false
	}
	switch p.Kind {
	case "string", "json":
		if strings.HasSuffix(strings.ToLower(name), "arn") {
			return resource.NewProperty("arn:aws:iam::123456789012:role/stand-in"), true
		}
		return resource.NewProperty("stand-in"), true
	case "bool":
		return resource.NewProperty(false), true
	case "int", "number":
		return resource.NewProperty(1.0), true
	case "list", "set":
		return resource.NewProperty([]resource.PropertyValue{}), true
	case "map":
		return resource.NewProperty(resource.PropertyMap{}), true
	}
	return resource.PropertyValue{}, false
}

// refused is the error of inputs that the provider does not accept.
func refused(which string, failures []Failure, err error) error {
	if err != nil {
		return err
	}
	var reasons []string
	for _, f := range failures {
		reasons = append(reasons, f.Property+": "+f.Reason)
	}
	return errors.New("the inputs " + which + " are refused: " + strings.Join(reasons, "; "))
}
