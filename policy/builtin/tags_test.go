package builtin_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/builtin"
	"github.com/trunkline-dev/trunkline/policy/policytest"
)

func TestRequiredTagsAreThereAndNotEmpty(t *testing.T) {
	t.Parallel()
	const queue, scaling = "aws:sqs/queue:Queue", "aws:autoscaling/group:Group"
	tags := func(kv ...any) map[string]any {
		out := map[string]any{}
		for i := 0; i < len(kv); i += 2 {
			out[kv[i].(string)] = kv[i+1]
		}
		return out
	}
	listed := func(key string, value any) []any { return []any{map[string]any{"key": key, "value": value}} }
	judge(t, builtin.RequiredTags(policy.Advisory, []string{"Owner", "Stack"}), []row{
		{"all there", some(queue, inputs{"tags": tags("Owner", "ann", "Stack", "a")}), ""},
		{"one by default", some(queue, inputs{"tags": tags("Owner", "ann")}), ""},
		{"one missing", some(queue, inputs{"tags": tags("owner", "ann")}), "it has no tag Owner"},
		{"none", some(queue, nil), "it has no tag Owner"},
		{"empty", some(queue, inputs{"tags": tags("Owner", "", "Stack", "")}), "it has no tag Owner, Stack"},
		{"not known", some(queue, inputs{"tags": tags("Owner", policy.Unknown)}), ""},
		{"all not known", some(queue, inputs{"tags": policy.Unknown}), "cannot tell whether it has the tags Owner, Stack: tags is known only after the update"},
		{"what the provider makes of them", some(queue, inputs{"tags": tags(), "tagsAll": tags("Owner", "ann", "Stack", "a")}), ""},
		{"a group's list", some(scaling, inputs{"tags": append(listed("Owner", "ann"), listed("Stack", "a")...)}), ""},
		{"a group has none by default", some(scaling, inputs{"tags": listed("Owner", "ann")}), "it has no tag Stack"},
		{"a group without a list", some(scaling, nil), "it has no tag Owner, Stack"},
		{"a group's keys not known", some(scaling, inputs{"tags": listed(policy.Unknown, "ann")}), "cannot tell whether it has the tags Owner, Stack: tags is not of the type that was expected"},
		{"a type without tags", some("aws:s3/bucketPolicy:BucketPolicy", nil), ""},
		{"no type of AWS", some("random:index/randomId:RandomId", nil), ""},
		{"a component", some("trunkline:queue:Queue", nil), ""},
	}, policytest.DefaultTags(map[string]string{"Stack": "a"}))
}

// TestTheListOfTypesWithTagsIsComplete: it is made from the catalog of the
// sandbox, which is made from the provider.
func TestTheListOfTypesWithTagsIsComplete(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("taggable.txt")
	if err != nil {
		t.Fatal(err)
	}
	var catalog types.Catalog
	tokens, err := catalog.Tokens()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, token := range tokens {
		typ, err := catalog.Find(token)
		if err != nil {
			t.Fatal(err)
		}
		if typ.Properties["tags"] != nil && typ.Properties["tagsAll"] != nil {
			want = append(want, token)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, strings.Fields(string(text))); diff != "" {
		t.Error(diff)
	}
}
