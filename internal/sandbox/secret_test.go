package sandbox_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func secret(s string) resource.PropertyValue { return resource.MakeSecret(resource.NewProperty(s)) }

func TestSecretInputsStaySecretInEveryOutput(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	d := e.create("aws:sqs/queue:Queue", "jobs", props{"name": secret("project-x"), "tags": props{"Owner": secret("somebody")}})
	for _, when := range []string{"after creation", "after a refresh", "after an update"} {
		out := values(t, d.outputs)
		for _, k := range []string{"name", "arn", "url", "tags", "tagsAll"} {
			if out[k] != "secret" {
				t.Errorf("%s, %s is %v", when, k, out[k])
			}
		}
		if out["delaySeconds"] == "secret" {
			t.Errorf("%s, everything is secret", when)
		}
		if when == "after creation" && !e.refresh(d) {
			t.Fatal("gone")
		}
		if in := values(t, d.inputs); in["name"] != "secret" {
			t.Errorf("%s, the input name is %v", when, in["name"])
		}
		if when == "after a refresh" {
			if err := e.update(d, props{"name": secret("project-x"), "delaySeconds": 1, "tags": props{"Owner": secret("somebody")}}); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestSecretInputsStaySecretInAPreview(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	got := e.preview("aws:ssm/parameter:Parameter", "p", props{"type": "SecureString", "value": secret("hunter2"), "description": "for hunter2"})
	if got["value"] != "secret" || got["description"] != "secret" || got["type"] == "secret" {
		t.Errorf("outputs are %v", got)
	}
}

func TestAttributesThatTheProviderCallsSensitiveAreSecret(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	d := e.create("aws:ssm/parameter:Parameter", "p", props{"type": "String", "value": "plain"})
	if got := e.out(d, "value"); got != "secret" {
		t.Errorf("value is %v", got)
	}
}
