package provider

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// texts writes the objects as JSON where the provider takes only text: programs
// may give a policy as an object. nil: there are none.
func texts(e *mapping.Entity) info.PreCheckCallback {
	var keys []resource.PropertyKey
	for attribute, f := range e.Fields {
		if f.JSON {
			keys = append(keys, resource.PropertyKey(e.Property(attribute)))
		}
	}
	if keys == nil {
		return nil
	}
	return func(_ context.Context, inputs, _ resource.PropertyMap) (resource.PropertyMap, error) {
		for _, key := range keys {
			v, ok := inputs[key]
			if !ok {
				continue
			}
			text, err := asText(v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			inputs[key] = text
		}
		return inputs, nil
	}
}

func asText(v resource.PropertyValue) (resource.PropertyValue, error) {
	switch {
	case v.ContainsUnknowns():
		return resource.MakeComputed(resource.NewStringProperty("")), nil
	case v.IsSecret():
		text, err := asText(v.SecretValue().Element)
		return resource.MakeSecret(text), err
	case v.IsObject() || v.IsArray():
		text, err := json.Marshal(plain(v))
		return resource.NewStringProperty(string(text)), err
	}
	return v, nil
}

// plain returns the value without the wrappers of secrets and outputs inside.
func plain(v resource.PropertyValue) any {
	return v.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsSecret():
			return plain(v.SecretValue().Element), true
		case v.IsOutput():
			return plain(v.OutputValue().Element), true
		}
		return nil, false
	})
}
