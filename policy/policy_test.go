package policy_test

import (
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/policytest"
)

const bucket = "aws:s3/bucketV2:BucketV2"

var noPublicBuckets = policy.Resource("no-public-buckets", policy.Mandatory, func(c policy.Change, r policy.Reporter) {
	switch acl := c.New("acl"); acl.Is("public-read", "public-read-write") {
	case policy.Yes:
		r.Report("anybody can read the bucket")
	case policy.Unclear:
		r.Unclear(acl, "anybody can read the bucket")
	}
}, policy.Types("aws:s3/bucket*"), policy.Doc("Nothing is published by mistake."))

var maxReplacements = policy.Review("max-replacements", policy.Advisory, func(rev policy.ReviewInput, r policy.Reporter) {
	n := 0
	for c := range rev.Changes() {
		if c.Op == policy.Replace {
			n++
		}
	}
	if n > 1 {
		r.Report("%d resources are replaced at once, %s asks for it", n, rev.Actor)
	}
})

func TestAResourcePolicyLooksAtWhatChanges(t *testing.T) {
	t.Parallel()
	public := policytest.Inputs{"acl": "public-read"}
	rev := policytest.Review(
		policytest.Stack("site", "dev",
			policytest.Create(bucket, "new", public),
			policytest.Update(bucket, "changed", public, policytest.Inputs{"acl": "private"}),
			policytest.Same(bucket, "old", public),
			policytest.Delete(bucket, "gone", public),
			policytest.Create("aws:sqs/queue:Queue", "queue", public),
		),
		policytest.Stack("site", "production",
			policytest.Create(bucket, "later", policytest.Inputs{"acl": policy.Unknown}),
			policytest.Create(bucket, "secret", policytest.Inputs{"acl": policy.Masked}),
			policytest.Create(bucket, "plain", nil),
		))
	policytest.Want(t, rev, noPublicBuckets,
		"dev/site new: anybody can read the bucket",
		"production/site later: cannot tell whether anybody can read the bucket: acl is known only after the update",
		"production/site secret: cannot tell whether anybody can read the bucket: acl is secret",
	)
}

func TestUnchangedResourcesAreThereForThoseWhoAsk(t *testing.T) {
	t.Parallel()
	all := policy.Resource("all", policy.Advisory, func(c policy.Change, r policy.Reporter) {
		if c.New("acl").Is("private") == policy.Yes && c.Old("acl").Is("private") == policy.Yes {
			r.Report("%s in %s", c.Op, c.Stack.Name)
		}
	}, policy.Unchanged())
	rev := policytest.Review(policytest.Stack("site", "dev", policytest.Same(bucket, "old", policytest.Inputs{"acl": "private"})))
	policytest.Want(t, rev, all, "dev/site old: same in site")
}

func TestAReviewPolicyLooksAtEverythingAtOnce(t *testing.T) {
	t.Parallel()
	rev := policytest.Review(
		policytest.Stack("a", "dev", policytest.Replace(bucket, "x", nil, nil)),
		policytest.Stack("b", "production", policytest.Replace(bucket, "y", nil, nil), policytest.Same(bucket, "z", nil)))
	policytest.Want(t, rev, maxReplacements, "2 resources are replaced at once, ann asks for it")
}

func TestAPolicyHoldsWhereItIsMeantTo(t *testing.T) {
	t.Parallel()
	rev := policytest.Review(
		policytest.Stack("a", "dev", policytest.Create(bucket, "x", nil)),
		policytest.Stack("a", "dev-eu", policytest.Create(bucket, "x", nil)),
		policytest.Stack("a", "production", policytest.Create(bucket, "x", nil)))
	say := func(opts ...policy.Option) policy.Policy {
		return policy.Review("all", policy.Advisory, func(rev policy.ReviewInput, r policy.Reporter) {
			for c := range rev.Changes() {
				r.On(c).Report("seen")
			}
		}, opts...)
	}
	policytest.Want(t, rev, say(policy.In("prod*", "staging")), "production/a x: seen")
	policytest.Want(t, rev, say(policy.Except("dev*")), "production/a x: seen")
	policytest.Want(t, rev, say(policy.In("dev*"), policy.Except("dev")), "dev-eu/a x: seen")
}

func TestAPanicIsAViolationWithItsLine(t *testing.T) {
	t.Parallel()
	var nothing map[string]int
	broken := policy.Resource("broken", policy.Mandatory, func(policy.Change, policy.Reporter) { nothing["x"]++ })
	rev := policytest.Review(policytest.Stack("a", "dev", policytest.Create(bucket, "x", nil), policytest.Create(bucket, "y", nil)))
	v := policy.Check(rev, broken, noPublicBuckets)
	if len(v.Violations) != 1 || len(v.Policies) != 2 {
		t.Fatalf("%+v", v)
	}
	got := v.Violations[0]
	if !got.Panicked || got.Level != policy.Mandatory || got.Name != "x" || !strings.Contains(got.Message, "assignment to entry in nil map") ||
		!strings.Contains(got.Message, " at policy/policy_test.go:") {
		t.Errorf("%+v", got)
	}
}

func TestAPathThatIsNoneIsAFaultOfThePolicyThere(t *testing.T) {
	t.Parallel()
	wrong := policy.Resource("wrong", policy.Advisory, func(c policy.Change, _ policy.Reporter) { c.New("a..b") })
	v := policy.Check(policytest.Review(policytest.Stack("a", "dev", policytest.Create(bucket, "x", policytest.Inputs{"a": "b"}))), wrong)
	if len(v.Violations) != 1 || !strings.Contains(v.Violations[0].Message, `"a..b" is not a property path`) ||
		!strings.Contains(v.Violations[0].Message, "policy/policy_test.go:") {
		t.Errorf("%+v", v.Violations)
	}
}

func TestAFloodIsStopped(t *testing.T) {
	t.Parallel()
	flood := policy.Review("flood", policy.Advisory, func(_ policy.ReviewInput, r policy.Reporter) {
		for i := range 5000 {
			r.Report("%d %s", i, strings.Repeat("ü", 5000))
		}
	})
	v := policy.Check(policytest.Review(), flood)
	if n := len(v.Violations); n != 1001 || v.Violations[1000].Message != "there are more than 1000 violations" {
		t.Errorf("%d violations, the last one %.80q", n, v.Violations[n-1].Message)
	}
	if n := len(v.Violations[0].Message); n > 2010 {
		t.Errorf("a message of %d bytes", n)
	}
}

func TestMistakesInATableAreAllReported(t *testing.T) {
	t.Parallel()
	nothing := func(policy.ReviewInput, policy.Reporter) {}
	got := policy.Problems(
		policy.Resource("Bad Name", policy.Mandatory, nil),
		policy.Review("level", "perhaps", nothing, policy.Types("x"), policy.Unchanged()),
		noPublicBuckets, noPublicBuckets, policy.Policy{})
	want := []string{
		`policy "Bad Name": has no function`, `policy "Bad Name": its name is not lower-case`,
		`policy "level": its level "perhaps" is neither`, `policy "level": policy.Types is for policies over resources`,
		`policy "level": policy.Unchanged is for`, `policy "no-public-buckets" is already made at policy/policy_test.go:`,
		"policy 5 in the table of policy.Main is none",
	}
	if len(got) != len(want) {
		t.Fatalf("problems:\n%s", strings.Join(got, "\n"))
	}
	for i, w := range want {
		if !strings.Contains(got[i], w) {
			t.Errorf("problem %d is %q, want %q in it", i, got[i], w)
		}
	}
}
