package componentstest

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// topic is a component that breaks one promise at a time.
type topic struct {
	pulumi.ResourceState
	URL pulumi.StringOutput `pulumi:"url"`
}

type breaks struct {
	token, parent, childName, physicalName, output, tags, preview, complete, inputs, options bool
}

func (b breaks) new(ctx *pulumi.Context, name string, tags pulumi.StringMap, opts ...pulumi.ResourceOption) (*topic, error) {
	self := &topic{}
	token, inputs := "test:topic:Topic", pulumi.Map{"size": pulumi.Int(1)}
	if b.token {
		token = "test:subject:Subject"
	}
	if b.inputs {
		inputs = nil
	}
	if b.options {
		opts = nil
	}
	if err := ctx.RegisterComponentResourceV2(token, name, inputs, self, opts...); err != nil {
		return nil, err
	}
	args, child, parent := &sqs.QueueArgs{}, name+"-queue", []pulumi.ResourceOption{pulumi.Parent(self)}
	if b.parent {
		parent = nil
	}
	if b.childName {
		child = "queue-of-" + name
	}
	if b.physicalName {
		args.Name = pulumi.String("jobs")
	}
	if !b.tags {
		args.Tags = tags
	}
	if b.preview && ctx.DryRun() {
		return self, nil
	}
	queue, err := sqs.NewQueue(ctx, child, args, parent...)
	if err != nil {
		return nil, err
	}
	self.URL = queue.Url
	if b.output {
		self.URL = pulumi.StringOutput{}
	}
	if b.complete {
		return self, nil
	}
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"url": queue.Url})
}

// broken returns the promises that the component breaks.
func broken(t *testing.T, b breaks) []string {
	t.Helper()
	s := Subject{
		Token: "test:topic:Topic",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return b.new(ctx, name, nil, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return b.new(ctx, name, pulumi.StringMap{"owner": pulumi.String("payments")})
		},
	}
	var out []string
	for _, c := range checks {
		problems, err := c.check(s)
		if err != nil {
			t.Fatalf("%s: %v", c.promise, err)
		}
		if len(problems) > 0 {
			out = append(out, c.promise)
		}
	}
	return out
}

func TestAComponentThatKeepsEveryPromisePasses(t *testing.T) {
	t.Parallel()
	if got := broken(t, breaks{}); len(got) > 0 {
		t.Errorf("it is said to break: %s", strings.Join(got, "; "))
	}
}

func TestEachBrokenPromiseIsFound(t *testing.T) {
	t.Parallel()
	tests := map[string]breaks{
		"its type and inputs are recorded":                   {inputs: true},
		"every child has it as parent and its name in front": {childName: true},
		"no physical name is fixed":                          {physicalName: true},
		"its outputs are registered once and set":            {output: true},
		"tags reach every child that can have them":          {tags: true},
		"a preview with unknown values registers the same":   {preview: true},
		"protecting it protects its children":                {options: true},
	}
	for promise, b := range tests {
		t.Run(promise, func(t *testing.T) {
			t.Parallel()
			if got := broken(t, b); len(got) != 1 || got[0] != promise {
				t.Errorf("found %q", got)
			}
		})
	}
}

func TestMistakesThatBreakSeveralPromisesAreFound(t *testing.T) {
	t.Parallel()
	for promise, b := range map[string]breaks{
		"its type and inputs are recorded":                   {token: true},
		"every child has it as parent and its name in front": {parent: true},
		"its outputs are registered once and set":            {complete: true},
	} {
		if got := strings.Join(broken(t, b), "; "); !strings.Contains(got, promise) {
			t.Errorf("%s: found %q", promise, got)
		}
	}
}

func TestAnUnknownFunctionSaysWhereToAddIt(t *testing.T) {
	t.Parallel()
	_, err := Record(func(ctx *pulumi.Context) error {
		return ctx.Invoke("aws:sqs/getQueue:getQueue", nil, &struct{}{})
	})
	if err == nil || !strings.Contains(err.Error(), "no answer for aws:sqs/getQueue:getQueue: add one to answers") {
		t.Errorf("error: %v", err)
	}
}
