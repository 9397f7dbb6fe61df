package provider

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

func TestObjectsBecomeText(t *testing.T) {
	t.Parallel()
	document := resource.NewObjectProperty(resource.PropertyMap{
		"Version": resource.NewStringProperty("2012-10-17"),
		"Statement": resource.NewArrayProperty([]resource.PropertyValue{resource.NewObjectProperty(resource.PropertyMap{
			"Resource": resource.MakeSecret(resource.NewStringProperty("arn:x")),
		})}),
	})
	const text = `{"Statement":[{"Resource":"arn:x"}],"Version":"2012-10-17"}`
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	for name, c := range map[string]struct{ given, want resource.PropertyValue }{
		"object":         {document, resource.NewStringProperty(text)},
		"secret object":  {resource.MakeSecret(document), resource.MakeSecret(resource.NewStringProperty(text))},
		"text":           {resource.NewStringProperty("{}"), resource.NewStringProperty("{}")},
		"not yet known":  {unknown, unknown},
		"unknown inside": {resource.NewObjectProperty(resource.PropertyMap{"Resource": unknown}), unknown},
	} {
		check := texts(&mapping.Entity{Fields: map[string]*mapping.Field{"assume_role_policy": {JSON: true}}})
		got, err := check(context.Background(), resource.PropertyMap{"assumeRolePolicy": c.given, "name": resource.NewStringProperty("x")}, nil)
		if err != nil || !got["assumeRolePolicy"].DeepEquals(c.want) || got["name"].StringValue() != "x" {
			t.Errorf("%s: %v (%v), want %v", name, got, err, c.want)
		}
	}
	if texts(&mapping.Entity{}) != nil {
		t.Error("there is a check where there is nothing to write as text")
	}
}
