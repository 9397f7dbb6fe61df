package sandbox_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types/typestest"
)

// inputs draws inputs for any type from its description. Values that AWS would
// reject are dropped; required ones come from known.
func inputs(rt *rapid.T, t *types.Type, known props) props {
	out := props{}
	for _, name := range slices.Sorted(maps.Keys(t.Properties)) {
		p := t.Properties[name]
		if !p.Input() || p.Kind == types.Asset || name == "timeouts" || name == "etag" { // AWS answers its own etag, whatever was given
			continue
		}
		if v, ok := known[name]; ok && (p.OneOf == nil || slices.Contains(p.OneOf, v)) {
			if p.Required() || rapid.Bool().Draw(rt, name+" given") {
				out[name] = v
			}
			continue
		}
		if !p.Required() && rapid.IntRange(0, 3).Draw(rt, name+" chance") > 0 {
			continue
		}
		out[name] = value(rt, p, name)
	}
	return out
}

// value draws one of the two values that fit the description, or one that may
// not.
func value(rt *rapid.T, p *types.Property, name string) any {
	n := rapid.IntRange(0, 2).Draw(rt, name)
	if n < 2 {
		if v, ok := typestest.Example(name, p, n); ok {
			return v
		}
	}
	switch p.Kind {
	case types.Bool:
		return rapid.Bool().Draw(rt, name)
	case types.Int, types.Number:
		return float64(rapid.SampledFrom([]int{0, 1, 7, 30, 60, 300, 3600}).Draw(rt, name))
	case types.List, types.Set:
		return []any{}
	case types.Map, types.Object:
		return props{}
	case types.JSON:
		return props{"Version": "2012-10-17", "Statement": []any{}}
	}
	return rapid.SampledFrom([]string{"", "a", "Enabled", "10.0.9.0/24"}).Draw(rt, name)
}

// acceptable drops what Check complains about and adds what it misses, and says
// whether that is enough.
func acceptable(e *engine, t *types.Type, urn string, p props) bool {
	for range 20 {
		_, failures := e.check(urn, nil, p)
		if len(failures) == 0 {
			return true
		}
		for _, f := range failures {
			top, _, _ := strings.Cut(f, ":")
			top = strings.FieldsFunc(top, func(r rune) bool { return r == '.' || r == '[' })[0]
			if _, ok := p[top]; ok {
				delete(p, top)
			} else if v, found := typestest.Example(top, t.Properties[top], 0); found { // one of a group must be given
				p[top] = v
			} else {
				return false
			}
		}
	}
	return false
}

func TestSameInputsNeverDifferTwice(t *testing.T) {
	t.Parallel()
	var catalog types.Catalog
	tokens, err := catalog.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	c := cloud(t)
	base := newEngine(t, c)
	all := network(base)
	known := props{
		"vpcId": all["vpc"].id, "subnetId": all["subnet"].id, "routeTableId": all["table"].id, "gatewayId": all["igw"].id, "allocationId": all["eip"].id,
		"securityGroupId": all["group"].id, "role": all["role"].id, "policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
		"bucket": "some-bucket", "ami": "ami-0c02fb55956c7d316",
		"instanceType": "t3.micro", "serviceName": "com.amazonaws.eu-west-1.s3", "cidrIpv4": "0.0.0.0/0", "destinationCidrBlock": "10.9.0.0/16",
	}
	base.create("aws:s3/bucketV2:BucketV2", "b", props{"bucket": "some-bucket"})
	known["queueUrl"] = base.create("aws:sqs/queue:Queue", "q", props{}).id
	known["targetKeyId"] = base.create("aws:kms/key:Key", "k", props{}).id
	runs, updated := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		token := rapid.SampledFrom(tokens).Draw(rt, "type")
		described, err := catalog.Find(token)
		if err != nil {
			rt.Fatal(err)
		}
		e := &engine{rt2tb{t, rt}, base.server}
		first := inputs(rt, described, known)
		if !acceptable(e, described, urn(token, "x"), first) {
			return
		}
		d, err := e.try(token, "x", first)
		if err != nil {
			return // AWS refuses; other tests say when
		}
		defer func() { _ = e.delete(d) }()
		settled(e, d, first)
		second := inputs(rt, described, known)
		if !acceptable(e, described, d.urn, second) {
			return
		}
		if diff, _ := e.diff(d, second); len(diff.GetReplaces()) > 0 || diff.GetChanges() == pulumirpc.DiffResponse_DIFF_NONE {
			return
		}
		if e.update(d, second) == nil {
			settled(e, d, second)
		}
		updated++
	})
	if updated*20 < runs { // about one run in five gets there
		t.Errorf("only %d of %d runs updated anything: the draws are too odd", updated, runs)
	}
}

// settled fails unless the inputs describe the resource as it is, before and
// after a refresh.
func settled(e *engine, d *deployed, p props) {
	e.Helper()
	for _, when := range []string{"after the update", "after a refresh"} {
		if diff, _ := e.diff(d, p); diff.GetChanges() != pulumirpc.DiffResponse_DIFF_NONE {
			e.Fatalf("%s, %s differs in %v\ninputs %v\nstate %v", when, d.urn, diff.GetDetailedDiff(), p, values(e, d.outputs))
		}
		if when == "after the update" && !e.refresh(d) {
			e.Fatalf("%s is gone", d.urn)
		}
	}
}

// rt2tb lets helpers for tests fail a property.
type rt2tb struct {
	testing.TB
	rt *rapid.T
}

func (r rt2tb) Fatal(args ...any)                 { r.rt.Fatal(args...) }
func (r rt2tb) Fatalf(format string, args ...any) { r.rt.Fatalf(format, args...) }
func (r rt2tb) Helper()                           { r.rt.Helper() }
