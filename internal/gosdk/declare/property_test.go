package declare

import (
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

// catalogue are types of the kinds that there are: small and large, nested, with
// lists of maps, with types of another package, with open types and files.
var catalogue = []string{
	"aws:sqs/queue:Queue", "aws:sqs/queuePolicy:QueuePolicy", "aws:sns/topic:Topic", "aws:sns/topicSubscription:TopicSubscription",
	"aws:s3/bucketV2:BucketV2", "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "aws:s3/bucketObject:BucketObject",
	"aws:dynamodb/table:Table", "aws:lambda/function:Function", "aws:iam/role:Role", "aws:iam/policy:Policy",
	"aws:cloudwatch/metricAlarm:MetricAlarm", "aws:ecs/service:Service", "aws:ecs/taskDefinition:TaskDefinition",
	"aws:rds/instance:Instance", "aws:elasticache/replicationGroup:ReplicationGroup", "aws:secretsmanager/secret:Secret",
	"aws:scheduler/schedule:Schedule", "aws:cloudfront/distribution:Distribution", "aws:route53/record:Record",
}

// drawer draws values of the SDK's types.
type drawer struct {
	t   *rapid.T
	sdk *gosdk.SDK
	ids []string
}

func (d drawer) text() string {
	return rapid.OneOf(rapid.SampledFrom(d.ids), rapid.String(), rapid.SampledFrom([]string{
		"", "a`b", `{"Version":"2012-10-17"}`, "two\nlines", "\ufeff", "\x00", "$HOME", "%d",
	})).Draw(d.t, "text")
}

// inputs draws some of the fields.
func (d drawer) inputs(dir string, fields []gosdk.Field, depth int) map[string]any {
	out := map[string]any{"__defaults": []any{}}
	for _, f := range fields {
		if f.Name != "" && rapid.IntRange(0, 2).Draw(d.t, f.Name) == 0 {
			if v := d.value(dir, f.Type, depth); v != nil {
				out[f.Name] = v
			}
		}
	}
	return out
}

// value draws a value of a type, and now and then one of another.
func (d drawer) value(dir, typ string, depth int) any {
	switch rapid.IntRange(0, 19).Draw(d.t, "kind") {
	case 0:
		return map[string]any{sigKey: sigSecret, "ciphertext": "v1:x"}
	case 1:
		return rapid.SampledFrom([]any{nil, true, 1.5, "x", []any{"x"}, map[string]any{"x": []any{nil, 1.0}}}).Draw(d.t, "odd")
	}
	pkg, err := d.sdk.Package(dir)
	if err != nil {
		d.t.Fatal(err)
	}
	alias, name, qualified := strings.Cut(typ, ".")
	if !qualified {
		name = alias
	} else if to, ok := d.sdk.Dir(pkg.Imports[alias]); ok {
		dir = to
		if pkg, err = d.sdk.Package(dir); err != nil {
			d.t.Fatal(err)
		}
	} else {
		return d.builtin(strings.TrimSuffix(name, "Input"), depth)
	}
	base := strings.TrimSuffix(name, "Input")
	if elem, ok := strings.CutPrefix(pkg.Named[base], "[]"); ok {
		return d.list(func() any { return d.value(dir, elem, depth+1) })
	}
	if fields := pkg.Structs[strings.TrimSuffix(base, "Ptr")+"Args"]; fields != nil && depth < 4 {
		return d.inputs(dir, fields, depth+1)
	}
	return d.text()
}

func (d drawer) builtin(base string, depth int) any {
	base = strings.TrimSuffix(base, "Ptr")
	if elem, ok := strings.CutSuffix(base, "Array"); ok && depth < 6 {
		return d.list(func() any { return d.builtin(elem, depth+1) })
	}
	if elem, ok := strings.CutSuffix(base, "Map"); ok && depth < 6 {
		out := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(d.t, "entries") {
			out[d.text()] = d.builtin(elem, depth+1)
		}
		return out
	}
	switch base {
	case "Int":
		return float64(rapid.IntRange(-1<<40, 1<<40).Draw(d.t, "int"))
	case "Float64":
		return rapid.Float64Range(-1e30, 1e30).Draw(d.t, "float")
	case "Bool":
		return rapid.Bool().Draw(d.t, "bool")
	case "Archive", "AssetOrArchive":
		return map[string]any{sigKey: sigArchive, rapid.SampledFrom([]string{"path", "hash"}).Draw(d.t, "from"): "a.zip"}
	case "String":
		return d.text()
	}
	return rapid.SampledFrom([]any{"x", 1.0, 1.5, false, []any{"x", 2.0}, map[string]any{"x": map[string]any{"y": "z"}}}).Draw(d.t, "open")
}

func (d drawer) list(elem func() any) []any {
	out := []any{}
	for range rapid.IntRange(0, 3).Draw(d.t, "elements") {
		out = append(out, elem())
	}
	return out
}

func TestWhateverIsImportedTheGoCompiles(t *testing.T) {
	t.Parallel()
	sdk, c := realSDK(t), newChecker(t)
	rapid.Check(t, func(t *rapid.T) {
		d := drawer{t: t, sdk: sdk, ids: []string{"sg-0123456789", "arn:aws:iam::123456789012:role/a", "acme"}}
		var list []Resource
		for i := range rapid.IntRange(1, 4).Draw(t, "resources") {
			r := Resource{Key: strconv.Itoa(i), Type: rapid.SampledFrom(catalogue).Draw(t, "type"),
				Name: rapid.OneOf(rapid.SampledFrom([]string{"a", "func", "string", "ctx", "s3", "adoptA", "1st", "é", ""}), rapid.String()).Draw(t, "name"),
				ID:   rapid.SampledFrom(d.ids).Draw(t, "id"), Protect: rapid.Bool().Draw(t, "protect"),
				Parent: rapid.SampledFrom([]string{"", "0", "1", "elsewhere"}).Draw(t, "parent"), Provider: rapid.SampledFrom([]string{"", "", "west"}).Draw(t, "provider")}
			typ, err := sdk.Resource(r.Type)
			if err != nil {
				t.Fatal(err)
			}
			r.Inputs = d.inputs(typ.Dir, typ.Args, 0)
			r.Outputs = map[string]any{"arn": rapid.SampledFrom(d.ids).Draw(t, "arn")}
			list = append(list, r)
		}
		prog := Program{Package: "p", Resources: list, SDKs: map[string]*gosdk.SDK{"aws": sdk}}
		got, err := Go(prog)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.check(got.Text); err != nil {
			t.Fatal(err)
		}
		again, err := Go(prog)
		if err != nil || string(again.Text) != string(got.Text) {
			t.Fatalf("a second time it is another text: %v", err)
		}
	})
}
