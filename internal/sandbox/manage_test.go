package sandbox_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox"
)

func resources(t testing.TB, c *sandbox.Cloud) []sandbox.Resource {
	t.Helper()
	list, err := c.List(context.Background(), sandbox.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTouchedPropertyIsFoundByARefreshAndPutBack(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	in := props{"visibilityTimeoutSeconds": 45, "tags": props{"Owner": "me"}}
	d := e.create("aws:sqs/queue:Queue", "jobs", in)
	for path, value := range map[string]any{"visibilityTimeoutSeconds": "99", "tags.Owner": "you", "tags.Added": "x", "delaySeconds": 7} {
		if err := c.Touch(context.Background(), d.id, path, value); err != nil {
			t.Fatal(err)
		}
	}
	if !e.refresh(d) {
		t.Fatal("the queue is gone")
	}
	diff, _ := e.diff(d, in)
	got := map[string]string{}
	for path, p := range diff.GetDetailedDiff() {
		got[path] = p.GetKind().String()
	}
	want := map[string]string{"visibilityTimeoutSeconds": "UPDATE", "tags.Owner": "UPDATE", "tags.Added": "DELETE", "delaySeconds": "DELETE",
		"tagsAll.Owner": "UPDATE", "tagsAll.Added": "DELETE"}
	if x := cmp.Diff(want, got); x != "" {
		t.Error(x)
	}
	if err := e.update(d, in); err != nil {
		t.Fatal(err)
	}
	settled(e, d, in)
}

func TestRemovedResourceIsGoneForTheEngine(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	d := e.create("aws:sqs/queue:Queue", "jobs", props{})
	if err := c.Remove(context.Background(), d.id); err != nil {
		t.Fatal(err)
	}
	if e.refresh(d) {
		t.Error("a refresh still finds it")
	}
	if err := e.update(d, props{"delaySeconds": 1}); !strings.Contains(message(err), "NotFound") {
		t.Errorf("update: got %v", err)
	}
	if err := e.delete(d); err != nil {
		t.Errorf("delete of what is gone: %v", err)
	}
}

func TestTouchAndRemoveExplainMistakes(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	b := e.create("aws:s3/bucketV2:BucketV2", "b", props{"bucket": "some-bucket"})
	e.create("aws:s3/bucketVersioningV2:BucketVersioningV2", "b", props{"bucket": b.id, "versioningConfiguration": props{"status": "Enabled"}})
	for _, x := range []struct {
		id, path string
		value    any
		kind     gitops.Kind
		want     string
	}{
		{"vpc-1", "tags.a", "b", gitops.NotFound, "no resource vpc-1"},
		{"some-bucket", "tags.a", "b", gitops.Invalid, "several resources"},
		{"aws:s3/bucketV2:BucketV2::some-bucket", "tag.a", "b", gitops.Invalid, "did you mean tags?"},
		{"aws:s3/bucketV2:BucketV2::some-bucket", "forceDestroy", "maybe", gitops.Invalid, "want true or false"},
		{"aws:s3/bucketV2:BucketV2::some-bucket", "[", "b", gitops.Invalid, "not a property path"},
	} {
		err := c.Touch(context.Background(), x.id, x.path, x.value)
		if gitops.KindOf(err) != x.kind || !strings.Contains(err.Error(), x.want) {
			t.Errorf("touch %s %s: got %v (kind %d), want %q", x.id, x.path, err, gitops.KindOf(err), x.want)
		}
	}
	if err := c.Touch(context.Background(), "aws:s3/bucketVersioningV2:BucketVersioningV2::some-bucket", "versioningConfiguration.status", "Suspended"); err != nil {
		t.Error(err)
	}
}

func TestFailureHappensAsOftenAsAskedAndInEveryProcess(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	if err := c.Fail(context.Background(), sandbox.FailRule{Type: "Queue", Name: "job*", Operation: "create", Message: "ThrottlingException: slow down", Times: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := e.try("aws:sqs/queue:Queue", "other", props{}); err != nil {
		t.Errorf("another name fails: %v", err)
	}
	for i := range 3 {
		_, err := e.try("aws:sqs/queue:Queue", "jobs", props{})
		if got, want := strings.Contains(message(err), "ThrottlingException: slow down"), i < 2; got != want {
			t.Errorf("attempt %d: %v", i+1, err)
		}
	}
	if rest, err := c.Faults(context.Background()); err != nil || len(rest) != 0 {
		t.Errorf("a rule that is used up is left: %v %v", rest, err)
	}
}

func TestLostAnswerLeavesTheResourceAndBothShowAfterARetry(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	if err := c.Fail(context.Background(), sandbox.FailRule{Operation: "create", After: true, Times: 1}); err != nil {
		t.Fatal(err)
	}
	in := props{"cidrBlock": "10.0.0.0/16"}
	if _, err := e.try("aws:ec2/vpc:Vpc", "main", in); err == nil {
		t.Fatal("the answer was not lost")
	}
	e.create("aws:ec2/vpc:Vpc", "main", in)
	if list := resources(t, c); len(list) != 2 || list[0].ID == list[1].ID {
		t.Errorf("want two VPCs, got %v", list)
	}
	log, err := c.Log(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(log) != 2 || log[0].URN != log[1].URN || log[0].Operation != "create" {
		t.Errorf("the log is %+v", log)
	}
}

func TestDelayEndsWithItsContext(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	if err := c.Delay(context.Background(), sandbox.DelayRule{Type: "aws:sqs/*", Delay: time.Hour}); err != nil {
		t.Fatal(err)
	}
	in, _ := e.check(urn("aws:sqs/queue:Queue", "jobs"), nil, props{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.server.Create(ctx, &pulumirpc.CreateRequest{Urn: urn("aws:sqs/queue:Queue", "jobs"), Properties: in}); err == nil {
		t.Error("a cancelled creation succeeded")
	}
	if list := resources(t, c); len(list) != 0 {
		t.Errorf("a creation that was cancelled before it began made %v", list)
	}
	if err := c.Heal(context.Background()); err != nil {
		t.Fatal(err)
	}
	e.create("aws:sqs/queue:Queue", "jobs", props{})
}

func TestMistakenRulesAreRefused(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	if err := c.Fail(context.Background(), sandbox.FailRule{Operation: "destroy"}); gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("got %v", err)
	}
	if err := c.Delay(context.Background(), sandbox.DelayRule{}); gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestListFiltersAndShowsTags(t *testing.T) {
	t.Parallel()
	c := cloud(t)
	e := newEngine(t, c)
	e.create("aws:sqs/queue:Queue", "jobs", props{"name": "jobs", "tags": props{"Owner": "me"}})
	e.create("aws:ec2/vpc:Vpc", "main", props{"cidrBlock": "10.0.0.0/16", "tags": props{"Name": "main"}})
	got, err := c.List(context.Background(), sandbox.Filter{Type: "Queue", Name: "j*", Region: sandbox.DefaultRegion, Account: sandbox.DefaultAccount})
	if err != nil {
		t.Fatal(err)
	}
	want := []sandbox.Resource{{Type: "aws:sqs/queue:Queue", ID: "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs", Name: "jobs",
		Region: "eu-west-1", Account: "123456789012", Created: clock(), Tags: map[string]string{"Owner": "me"}}}
	if x := cmp.Diff(want, got); x != "" {
		t.Error(x)
	}
	if err := c.Reset(context.Background()); err != nil {
		t.Fatal(err)
	}
	if list := resources(t, c); len(list) != 0 {
		t.Errorf("after a reset there is %v", list)
	}
	log, err := c.Log(context.Background())
	if err != nil || len(log) != 3 || log[2].Operation != "reset" {
		b, _ := json.Marshal(log)
		t.Errorf("%v %s", err, b)
	}
}
