package provider

import (
	"context"
	"regexp"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/info"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

func TestNamesAreMadeAsEachTypeWantsThem(t *testing.T) {
	t.Parallel()
	m, err := mapping.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		typ, attribute, want string
		properties           resource.PropertyMap
	}{
		{typ: "aws_sqs_queue", attribute: "name", want: `^Jobs-[0-9a-f]{7}$`},
		{typ: "aws_sqs_queue", attribute: "name", want: `^Jobs-[0-9a-f]{7}\.fifo$`, properties: resource.PropertyMap{"fifoQueue": resource.NewBoolProperty(true)}},
		{typ: "aws_s3_bucket", attribute: "bucket", want: `^jobs-[0-9a-f]{7}$`},
		{typ: "aws_kms_alias", attribute: "name", want: `^alias/Jobs-[0-9a-f]{7}$`},
		{typ: "aws_lambda_function", attribute: "function_name", want: `^Jobs-[0-9a-f]{7}$`},
		{typ: "aws_cloudwatch_metric_alarm", attribute: "alarm_name", want: `^Jobs-[0-9a-f]{7}$`},
		{typ: "aws_ecs_cluster", attribute: "name", want: `^Jobs-[0-9a-f]{7}$`},
	} {
		n := namingOf(c.typ, m.Resources[c.typ])
		if n.attribute != c.attribute {
			t.Errorf("%s is named in %q, want %q", c.typ, n.attribute, c.attribute)
		}
		got, err := n.byDefault("namePrefix").ComputeDefault(context.Background(), info.ComputeDefaultOptions{
			URN:        resource.NewURN("dev", "shop", "", "aws:x/y:Y", "Jobs"),
			Properties: c.properties, Seed: []byte("a seed"),
		})
		if name, _ := got.(string); err != nil || !regexp.MustCompile(c.want).MatchString(name) {
			t.Errorf("%s is called %v (%v), want %s", c.typ, got, err, c.want)
		}
	}
}

func TestAPrefixOfTheProgramIsLeftAlone(t *testing.T) {
	t.Parallel()
	got, err := naming{attribute: "name", max: anyName}.byDefault("namePrefix").ComputeDefault(context.Background(), info.ComputeDefaultOptions{
		URN:        resource.NewURN("dev", "shop", "", "aws:x/y:Y", "jobs"),
		Properties: resource.PropertyMap{"namePrefix": resource.NewStringProperty("team-")},
	})
	if got != nil || err != nil {
		t.Errorf("it is called %v (%v)", got, err)
	}
}
