package componentstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Subject is a component under test.
type Subject struct {
	// Token is the component's type, written out: it is part of the identity of
	// everything that is deployed, and must never change.
	Token string
	// New makes the component with the smallest arguments that are allowed.
	New func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error)
	// NewTagged makes it with the tag "owner" = "payments".
	NewTagged func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error)
}

// Exercise checks the promises that hold for every component.
func Exercise(t *testing.T, s Subject) {
	t.Helper()
	small := func(ctx *pulumi.Context) error {
		_, err := s.New(ctx, "main")
		return err
	}
	done, err := Record(small)
	if err != nil {
		t.Fatalf("the smallest arguments do not deploy: %v", err)
	}
	t.Run("its type and inputs are recorded", func(t *testing.T) { checkSelf(t, s, done) })
	t.Run("every child has it as parent and its name in front", func(t *testing.T) { checkChildren(t, s, done) })
	t.Run("no physical name is fixed", func(t *testing.T) { checkNames(t, done) })
	t.Run("its outputs are registered and set", func(t *testing.T) { checkOutputs(t, s) })
	t.Run("tags reach every child that can have them", func(t *testing.T) { checkTags(t, s) })
	t.Run("a preview with unknown values registers the same", func(t *testing.T) { checkPreview(t, small, done) })
	t.Run("two of them live in one stack, options reach the children", func(t *testing.T) { checkTwo(t, s, done) })
}

func checkSelf(t *testing.T, s Subject, rec *Recording) {
	self, ok := rec.Get(s.Token, "main")
	switch {
	case !ok:
		t.Fatalf("no resource of type %s; the type of a component never changes", s.Token)
	case self.Custom:
		t.Errorf("%s is a resource of a provider, not a component", s.Token)
	case len(self.Inputs) == 0:
		t.Errorf("%s has no inputs: use RegisterComponentResourceV2", s.Token)
	case rec.Completed != 1:
		t.Errorf("outputs were registered %d times, want once", rec.Completed)
	}
}

func checkChildren(t *testing.T, s Subject, rec *Recording) {
	for _, r := range rec.Resources {
		if r.Type == s.Token {
			continue
		}
		if r.Parent != s.Token+" main" {
			t.Errorf("%s has the parent %q", r.Key(), r.Parent)
		}
		if r.Name != "main" && !strings.HasPrefix(r.Name, "main-") {
			t.Errorf("%s is not named after its component", r.Key())
		}
	}
}

// checkNames refuses names that would make a second instance, or a replacement
// that is created before the old one is deleted, impossible.
func checkNames(t *testing.T, rec *Recording) {
	for _, r := range rec.Resources {
		if !r.Custom {
			continue
		}
		for _, key := range []string{"name", "namePrefix", "bucketPrefix"} {
			if v, ok := r.Inputs[key]; ok {
				t.Errorf("%s fixes %s = %v", r.Key(), key, v)
			}
		}
		if v, ok := r.Inputs["bucket"]; ok && r.Type == "aws:s3/bucketV2:BucketV2" {
			t.Errorf("%s fixes bucket = %v", r.Key(), v)
		}
	}
}

// checkOutputs resolves every field that has a `pulumi` tag.
func checkOutputs(t *testing.T, s Subject) {
	var (
		mu     sync.Mutex
		got    = map[string]any{}
		fields []string
	)
	_, err := Record(func(ctx *pulumi.Context) error {
		self, err := s.New(ctx, "main")
		if err != nil {
			return err
		}
		v := reflect.ValueOf(self).Elem()
		for i := range v.NumField() {
			tag := v.Type().Field(i).Tag.Get("pulumi")
			if tag == "" {
				continue
			}
			fields = append(fields, tag)
			out, ok := v.Field(i).Interface().(pulumi.Output)
			if !ok {
				return fmt.Errorf("field %s is not an output", v.Type().Field(i).Name)
			}
			ctx.Export(tag, out.ApplyT(func(v any) any {
				mu.Lock()
				defer mu.Unlock()
				got[tag] = v
				return v
			}))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(fields) == 0 {
		t.Error("it has no outputs")
	}
	for _, tag := range fields {
		if v, ok := got[tag]; !ok || reflect.ValueOf(v).IsZero() {
			t.Errorf("output %s is empty", tag)
		}
	}
}

// untagged are the types of AWS that have no tags.
var untagged = []string{
	"aws:s3/bucketPolicy:BucketPolicy",
	"aws:s3/bucketVersioningV2:BucketVersioningV2",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
	"aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
	"aws:iam/rolePolicy:RolePolicy",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment",
	"aws:ec2/route:Route",
	"aws:ec2/routeTableAssociation:RouteTableAssociation",
}

func checkTags(t *testing.T, s Subject) {
	rec, err := Record(func(ctx *pulumi.Context) error {
		_, err := s.NewTagged(ctx, "main")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rec.Resources {
		tags, _ := r.Inputs["tags"].(map[string]any)
		if r.Custom && tags["owner"] != "payments" && !slices.Contains(untagged, r.Type) {
			t.Errorf("%s has the tags %v", r.Key(), r.Inputs["tags"])
		}
	}
}

func checkPreview(t *testing.T, program pulumi.RunFunc, done *Recording) {
	preview, err := Preview(program)
	if err != nil {
		t.Fatalf("the first preview fails: %v", err)
	}
	if got, want := keys(preview), keys(done); !slices.Equal(got, want) {
		t.Errorf("previewed\n  %s\nupdated\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func checkTwo(t *testing.T, s Subject, one *Recording) {
	rec, err := Record(func(ctx *pulumi.Context) error {
		if _, err := s.New(ctx, "main"); err != nil {
			return err
		}
		_, err := s.New(ctx, "other", pulumi.Protect(true))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(rec.Resources), 2*len(one.Resources); got != want {
		t.Errorf("two of them are %d resources, want %d", got, want)
	}
	for _, r := range rec.Resources {
		if other := r.Name == "other" || strings.HasPrefix(r.Name, "other-"); r.Protected != other {
			t.Errorf("%s: protected is %t, want %t", r.Key(), r.Protected, other)
		}
	}
}

func keys(rec *Recording) []string {
	out := make([]string, len(rec.Resources))
	for i, r := range rec.Resources {
		out[i] = r.Key()
	}
	return out
}
