package declare

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s (-want +got):\n%s", file, d)
	}
}

const queueArn = "arn:aws:sqs:eu-west-1:123456789012:jobs"
const queueURL = "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs"

// shop is what a person might import: two things that refer to others, before
// those, a secret, a nested argument and a name that is also that of a package.
func shop() []Resource {
	return []Resource{
		{Key: "policy", Name: "jobs-policy", Type: "aws:sqs/queuePolicy:QueuePolicy", ID: queueURL, Protect: true, Inputs: map[string]any{
			"queueUrl": queueURL, "policy": `{"Statement":[{"Action":"sqs:SendMessage","Effect":"Allow","Resource":"` + queueArn + `"}]}`,
		}},
		{Key: "subscription", Name: "sqs", Type: "aws:sns/topicSubscription:TopicSubscription", ID: "arn:aws:sns:eu-west-1:123456789012:news:1", Inputs: map[string]any{
			"endpoint": queueArn, "protocol": "sqs", "topic": "arn:aws:sns:eu-west-1:123456789012:news", "rawMessageDelivery": true,
		}},
		{Key: "jobs", Name: "jobs", Type: "aws:sqs/queue:Queue", ID: queueURL, Protect: true,
			Outputs: map[string]any{"arn": queueArn}, Inputs: map[string]any{
				"__defaults": []any{"name"}, "name": "jobs", "messageRetentionSeconds": 345600.0, "fifoQueue": false,
				"kmsMasterKeyId": nil, "tags": map[string]any{"Team": "jobs", "Queue": queueURL}, "tagsAll": map[string]any{"Team": "jobs"},
			}},
		{Key: "files", Name: "files", Type: "aws:s3/bucketV2:BucketV2", ID: "acme-files", Inputs: map[string]any{"bucket": "acme-files"}},
		{Key: "lifecycle", Name: "files", Type: "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", ID: "acme-files", Parent: "shop",
			Inputs: map[string]any{"bucket": "acme-files", "rules": []any{map[string]any{
				"id": "old", "status": "Enabled", "noncurrentVersionExpiration": map[string]any{"noncurrentDays": 30.0},
			}}}},
		{Key: "token", Name: "token", Type: "aws:ssm/parameter:Parameter", ID: "/shop/token", Provider: "west", Inputs: map[string]any{
			"name": "/shop/token", "type": "SecureString", "value": map[string]any{sigKey: sigSecret, "ciphertext": "v1:abc"},
		}},
	}
}

func TestImportedResourcesAreDeclaredAsAPersonWould(t *testing.T) {
	t.Parallel()
	sdk := realSDK(t)
	got, err := Go(Program{Package: "jobs", Resources: shop(), SDKs: map[string]*gosdk.SDK{"aws": sdk}})
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "shop.go.golden", got.Text)
	want := []Param{
		{"shop", "pulumi.Resource", "the parent shop, which is declared elsewhere"},
		{"tokenValue", "pulumi.StringPtrInput", "secret: the input value of token"},
		{"west", "pulumi.ProviderResource", "the provider west, which is declared elsewhere"},
	}
	if d := cmp.Diff(want, got.Params); d != "" {
		t.Errorf("parameters (-want +got):\n%s", d)
	}
	if len(got.Notes) > 0 {
		t.Errorf("notes: %q", got.Notes)
	}
	if err := newChecker(t).check(got.Text); err != nil {
		t.Error(err)
	}
	if strings.Contains(string(got.Text), "v1:abc") {
		t.Error("the ciphertext of a secret stands in the source")
	}
}

func TestCheckerOfTheseTestsRefusesWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	c := newChecker(t)
	for name, body := range map[string]string{
		"wrong type":       `_, err := sqs.NewQueue(ctx, "a", &sqs.QueueArgs{Name: pulumi.Int(1)}); return err`,
		"unknown field":    `_, err := sqs.NewQueue(ctx, "a", &sqs.QueueArgs{Nam: pulumi.String("a")}); return err`,
		"unused variable":  `q, err := sqs.NewQueue(ctx, "a", nil); return err`,
		"no such function": `_, err := sqs.NewQueu(ctx, "a", nil); return err`,
	} {
		text := "package p\nimport (\n\"" + awsPath + "/sqs\"\n\"" + pulumiPath + "\"\n)\nfunc f(ctx *pulumi.Context) error { " + body + " }\n"
		if c.check([]byte(text)) == nil {
			t.Errorf("%s: is accepted", name)
		}
	}
}

func TestValueThatDoesNotFitIsLeftOutAndNoted(t *testing.T) {
	t.Parallel()
	got, err := Go(Program{Package: "p", SDKs: map[string]*gosdk.SDK{"aws": realSDK(t)}, Resources: []Resource{{
		Key: "a", Name: "a", Type: "aws:sqs/queue:Queue", ID: "x",
		Inputs: map[string]any{"delaySeconds": "soon", "maxMessageSize": 1.5, "colour": "red", "tags": []any{"a"}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a: its input delaySeconds is left out: it is no pulumi.IntPtr",
		"a: its input maxMessageSize is left out: it is no pulumi.IntPtr",
		"a: its input tags is left out: it is no pulumi.StringMap",
		"a: its input colour is left out: the Go SDK has no such argument",
	}
	if d := cmp.Diff(want, got.Notes); d != "" {
		t.Errorf("notes (-want +got):\n%s", d)
	}
}

func TestCircleOfReferencesIsBrokenByAValue(t *testing.T) {
	t.Parallel()
	sdk := realSDK(t)
	group := func(name, id, other string) Resource {
		return Resource{Key: name, Name: name, Type: "aws:ec2/securityGroup:SecurityGroup", ID: id, Inputs: map[string]any{
			"ingress": []any{map[string]any{"fromPort": 1.0, "toPort": 1.0, "protocol": "tcp", "securityGroups": []any{other}}},
		}}
	}
	got, err := Go(Program{Package: "p", SDKs: map[string]*gosdk.SDK{"aws": sdk},
		Resources: []Resource{group("a", "sg-0000000a", "sg-0000000b"), group("b", "sg-0000000b", "sg-0000000a")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`pulumi.String("sg-0000000b")`, "a.ID()"} {
		if !strings.Contains(string(got.Text), want) {
			t.Errorf("want %s in\n%s", want, got.Text)
		}
	}
}
