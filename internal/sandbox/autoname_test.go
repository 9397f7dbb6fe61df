package sandbox_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestResourcesWithoutANameGetOneInPulumisForm(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	long := strings.Repeat("Long", 30)
	for _, c := range []struct {
		token, name, property string
		in                    props
		want                  string
		max                   int
	}{
		{"aws:sqs/queue:Queue", "jobs", "name", props{}, `^jobs-[0-9a-f]{7}$`, 80},
		{"aws:sqs/queue:Queue", "jobs", "name", props{"fifoQueue": true}, `^jobs-[0-9a-f]{7}\.fifo$`, 80},
		{"aws:sqs/queue:Queue", long, "name", props{"fifoQueue": true}, `^Long.*[0-9a-f]{7}\.fifo$`, 80},
		{"aws:sqs/queue:Queue", "jobs", "name", props{"namePrefix": "pre-"}, `^pre-[0-9a-f]{7}$`, 80},
		{"aws:s3/bucketV2:BucketV2", "Assets", "bucket", props{}, `^assets-[0-9a-f]{7}$`, 63},
		{"aws:s3/bucketV2:BucketV2", long, "bucket", props{}, `^long.*[0-9a-f]{7}$`, 63},
		{"aws:iam/role:Role", long, "name", props{"assumeRolePolicy": trust("x")}, `^Long.*[0-9a-f]{7}$`, 64},
		{"aws:kms/alias:Alias", "main", "name", props{"targetKeyId": "k"}, `^alias/main-[0-9a-f]{7}$`, 256},
		{"aws:sqs/queue:Queue", "jobs", "name", props{"name": "mine"}, `^mine$`, 80},
	} {
		in, failures := e.check(urn(c.token, c.name), nil, c.in)
		got := values(t, in)[c.property].(string)
		if !regexp.MustCompile(c.want).MatchString(got) || len(got) > c.max || len(failures) > 0 {
			t.Errorf("%s %s: got %q (%d bytes) %v, want %s", c.token, c.name, got, len(got), failures, c.want)
		}
	}
}

func TestAutomaticNameStaysUntilReplacement(t *testing.T) {
	t.Parallel()
	e := newEngine(t, cloud(t))
	u := urn("aws:sqs/queue:Queue", "jobs")
	check := func(olds *deployed, seed string, a *pulumirpc.CheckRequest_AutonamingOptions) *deployed {
		req := &pulumirpc.CheckRequest{Urn: u, News: wire(t, props{}), RandomSeed: []byte(seed), Autonaming: a}
		if olds != nil {
			req.Olds = olds.inputs
		}
		r, err := e.server.Check(context.Background(), req)
		if err != nil {
			t.Fatal(err)
		}
		return &deployed{inputs: r.GetInputs()}
	}
	name := func(d *deployed) any { return values(t, d.inputs)["name"] }
	first := check(nil, "one", nil)
	if name(check(nil, "one", nil)) != name(first) {
		t.Error("the same seed gives two names")
	}
	if name(check(first, "two", nil)) != name(first) {
		t.Error("the name changes from one update to the next")
	}
	if name(check(nil, "two", nil)) == name(first) {
		t.Error("a replacement has the name of what it replaces")
	}
	if got := name(check(nil, "one", &pulumirpc.CheckRequest_AutonamingOptions{ProposedName: "theirs"})); got != "theirs" {
		t.Errorf("the engine's proposal is not taken: %v", got)
	}
	if got := name(check(nil, "one", &pulumirpc.CheckRequest_AutonamingOptions{Mode: pulumirpc.CheckRequest_AutonamingOptions_DISABLE})); got != nil {
		t.Errorf("autonaming is off, and the name is %v", got)
	}
}
