package review_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// update one property of one resource, and show it.
func shown(p gitops.PropertyChange) string {
	s := id("dev", "data")
	set := gitops.ChangeSet{Stack: s, Changes: []gitops.Change{{
		URN: urn(s, "aws:sqs/queue:Queue", "q"), Type: "aws:sqs/queue:Queue", Name: "q", Op: gitops.OpUpdate,
		Diff: []gitops.PropertyChange{p},
	}}}
	d := review.Document{Verb: review.Preview, Stacks: []gitops.RunResult{{Stack: s, State: gitops.RunSucceeded, Changes: set}}}
	var out []string
	for _, l := range strings.Split(review.Join(review.Text(d, review.TextOptions{})), "\n")[2:] {
		if l == "" {
			break
		}
		out = append(out, strings.TrimSpace(l))
	}
	return strings.Join(out, "\n")
}

func TestADifferenceIsShownAsSmallAsItIs(t *testing.T) {
	t.Parallel()
	rules := func(ports ...int) any {
		var out []any
		for _, p := range ports {
			out = append(out, map[string]any{"fromPort": float64(p), "toPort": float64(p), "protocol": "tcp", "description": "traffic from the load balancer"})
		}
		return out
	}
	for name, c := range map[string]struct {
		p    gitops.PropertyChange
		want string
	}{
		"a number": {gitops.PropertyChange{Path: "delay", Kind: "update", Old: 30.0, New: 5.5}, "~ delay: 30 => 5.5"},
		"a large number": {
			gitops.PropertyChange{Path: "retention", Kind: "update", Old: 345600.0, New: 1209600.0}, "~ retention: 345600 => 1209600"},
		"a secret": {
			gitops.PropertyChange{Path: "password", Kind: "update", Old: gitops.Masked, New: gitops.Masked}, "~ password: [secret] => [secret]"},
		"an unknown": {
			gitops.PropertyChange{Path: "arn", Kind: "update-replace", Old: "a", New: gitops.Unknown}, `~ arn: "a" => (known after update)  forces replacement`},
		"added": {gitops.PropertyChange{Path: "tags.Team", Kind: "add", New: "core"}, `+ tags.Team: "core"`},
		"a small map": {
			gitops.PropertyChange{Path: "tags", Kind: "add", New: map[string]any{"b": true, "a": nil}}, "+ tags: {a: null, b: true}"},
		"a key of a map": {
			gitops.PropertyChange{Path: "tags", Kind: "update", Old: map[string]any{"a": "1", "b": "2"}, New: map[string]any{"a": "1", "b": "3"}},
			`~ tags.b: "2" => "3"`},
		"a key with a slash": {
			gitops.PropertyChange{Path: "tags", Kind: "update", Old: map[string]any{"a/b": "1"}, New: map[string]any{"a/b": "2"}},
			`~ tags["a/b"]: "1" => "2"`},
		"an element in front": {
			gitops.PropertyChange{Path: "zones", Kind: "update", Old: []any{"b", "c"}, New: []any{"a", "b", "c"}}, `+ zones[0]: "a"`},
		"a field in a list": {
			gitops.PropertyChange{Path: "ingress", Kind: "update", Old: rules(22, 80, 443), New: rules(80, 8443)},
			"- ingress[0].description: \"traffic from the load balancer\"\n- ingress[0].fromPort: 22\n- ingress[0].protocol: \"tcp\"\n- ingress[0].toPort: 22\n" +
				"~ ingress[1].fromPort: 443 => 8443\n~ ingress[1].toPort: 443 => 8443"},
		"inside a policy": {
			gitops.PropertyChange{Path: "policy", Kind: "update", Old: `{"S":[{"A":"get"}]}`, New: `{"S":[{"A":"put"}]}`}, `~ policy.S[0].A: "get" => "put"`},
		"only the layout of a policy": {
			gitops.PropertyChange{Path: "policy", Kind: "update", Old: `{"a":1}`, New: `{ "a": 1 }`}, `~ policy: "{\"a\":1}" => "{ \"a\": 1 }"`},
		"a line of a script": {
			gitops.PropertyChange{Path: "userData", Kind: "update", Old: "#!/bin/sh\necho a\nexit\n", New: "#!/bin/sh\necho b\nexit\n"},
			"- userData line 2: \"echo a\"\n+ userData line 2: \"echo b\""},
		"another type": {
			gitops.PropertyChange{Path: "v", Kind: "update", Old: "1", New: []any{1.0}}, `~ v: "1" => [1]`},
		"a long text": {
			gitops.PropertyChange{Path: "key", Kind: "add", New: strings.Repeat("abcdefghij", 40)},
			`+ key: "abcdefghijabcdefghijabcdefghijabcdefghij…ijabcdefghij" (400 characters)`},
	} {
		if diff := cmp.Diff(c.want, shown(c.p)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestASecretIsMaskedInEveryForm(t *testing.T) {
	t.Parallel()
	d := pullRequest()
	text := review.Join(review.Text(d, review.TextOptions{Width: 40}))
	for form, got := range map[string]string{"text": text, "comment": review.Markdown(d, review.MarkdownOptions{})} {
		if !strings.Contains(got, "[secret] => [secret]") {
			t.Errorf("the %s does not show that a secret may change:\n%s", form, got)
		}
	}
}

func TestAnUpdateSaysWhatWasDoneAndShowsOutputs(t *testing.T) {
	t.Parallel()
	d := review.Document{Verb: review.Up, Took: 61 * time.Second, Stacks: []gitops.RunResult{{
		Stack: id("dev", "network"), State: gitops.RunSucceeded, Changes: networkChanges(id("dev", "network")),
		Outputs: map[string]any{"vpcId": "vpc-0123", "token": gitops.Masked},
	}}}
	golden(t, ".txt", review.Join(review.Text(d, review.TextOptions{Width: 80})))
}

func TestDriftSaysWhatSomebodyElseDid(t *testing.T) {
	t.Parallel()
	d := review.Document{Verb: review.Drift, Stacks: []gitops.RunResult{
		{Stack: id("dev", "data"), State: gitops.RunSucceeded, Changes: dataChanges(id("dev", "data"))},
		{Stack: id("dev", "app"), State: gitops.RunSucceeded},
	}}
	got := review.Summary(d).String()
	if want := "Drift  2 stacks  2 changed outside, 1 gone"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNobodySaysNoChangesOfWhatFailed(t *testing.T) {
	t.Parallel()
	failed := gitops.RunResult{Stack: id("dev", "data"), State: gitops.RunFailed}
	partly := gitops.RunResult{Stack: id("dev", "network"), State: gitops.RunFailed, Changes: networkChanges(id("dev", "network"))}
	skipped := gitops.RunResult{Stack: id("dev", "app"), State: gitops.RunSkipped}
	for want, stacks := range map[string][]gitops.RunResult{
		"Preview  1 stack  1 failed":                                       {failed},
		"Preview  2 stacks  1 failed, 1 skipped":                           {failed, skipped},
		"Preview  2 stacks  1 to create, 1 to update  1 failed, 1 skipped": {partly, skipped},
	} {
		if got := review.Summary(review.Document{Verb: review.Preview, Stacks: stacks}).String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestManyStacksWithoutChangesTakeOneLine(t *testing.T) {
	t.Parallel()
	d := review.Document{Verb: review.Preview}
	for i := range 6 {
		d.Stacks = append(d.Stacks, gitops.RunResult{Stack: id("dev", fmt.Sprint("s", i)), State: gitops.RunSucceeded})
	}
	want := "dev/s0, dev/s1, dev/s2, dev/s3, dev/s4, dev/s5  no changes\n\nPreview  6 stacks  no changes\n"
	if diff := cmp.Diff(want, review.Join(review.Text(d, review.TextOptions{}))); diff != "" {
		t.Error(diff)
	}
}

func TestALikelyRenameIsPointedOut(t *testing.T) {
	t.Parallel()
	s := id("dev", "data")
	d := review.Document{Verb: review.Preview, Stacks: []gitops.RunResult{{Stack: s, State: gitops.RunSucceeded, Changes: gitops.ChangeSet{
		Stack: s, Changes: []gitops.Change{
			{URN: urn(s, "aws:s3/bucket:Bucket", "logs"), Type: "aws:s3/bucket:Bucket", Name: "logs", Op: gitops.OpDelete},
			{URN: urn(s, "aws:s3/bucket:Bucket", "archive"), Type: "aws:s3/bucket:Bucket", Name: "archive", Op: gitops.OpCreate},
		},
	}}}}
	for form, got := range map[string]string{
		"text":    review.Join(review.Text(d, review.TextOptions{})),
		"comment": review.Markdown(d, review.MarkdownOptions{}),
	} {
		for _, want := range []string{"looks renamed to archive", `pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("logs")}})`} {
			if !strings.Contains(got, want) {
				t.Errorf("the %s lacks %q:\n%s", form, want, got)
			}
		}
	}
}

func TestACommentWithoutChangesIsOneLine(t *testing.T) {
	t.Parallel()
	d := review.Document{Verb: review.Preview, Head: head, Stacks: []gitops.RunResult{{Stack: id("dev", "app"), State: gitops.RunSucceeded}}}
	want := "<!-- trunkline:pr v1 id=x sha=4f2c9d1 -->\n### trunkline: no changes in 1 stack\n\n`4f2c9d1`\n"
	if diff := cmp.Diff(want, review.Markdown(d, review.MarkdownOptions{ID: "x"})); diff != "" {
		t.Error(diff)
	}
}

// thousand has a thousand stacks that update something, and one that loses a
// database.
func thousand() review.Document {
	d := review.Document{Verb: review.Preview, Head: head, Environments: []string{"dev", "production"}}
	for i := range 1000 {
		s := id([]string{"dev", "production"}[i%2], fmt.Sprintf("team-%03d", i/2))
		r := gitops.RunResult{Stack: s, State: gitops.RunSucceeded, Changes: networkChanges(s)}
		if i == 777 {
			r.Changes = dataChanges(s)
		}
		r.Changes.Changes[0].Name += fmt.Sprint(i)
		d.Stacks = append(d.Stacks, r)
	}
	return d
}

func TestACommentOnAThousandStacksStillShowsWhatIsLost(t *testing.T) {
	t.Parallel()
	for _, limit := range []int{60000, 20000, 5000, 1200} {
		got := review.Markdown(thousand(), review.MarkdownOptions{Limit: limit})
		if len(got) > limit {
			t.Errorf("%d bytes in %d", len(got), limit)
		}
		for _, want := range []string{"in 1000 of 1000 stacks", "**production/team-388** replaces", "deletes `aws:s3/bucket:Bucket attic`", "Left out, too long for a comment"} {
			if !strings.Contains(got, want) {
				t.Errorf("limit %d: %q is missing in\n%s", limit, want, got[:min(len(got), 3000)])
			}
		}
	}
}

func TestAffectedStacksAreListedWithTheirReasons(t *testing.T) {
	t.Parallel()
	stacks := []gitops.Affected{
		{StackID: id("dev", "data"), Reasons: []gitops.Reason{{Kind: "package", Detail: "components/database"}, {Kind: "config", Detail: "engineVersion"}}},
		{StackID: id("dev", "app"), Reasons: []gitops.Reason{{Kind: "upstream", Detail: "dev/data"}}},
	}
	want := "dev/data  package components/database\n" +
		"          config engineVersion\n" +
		"dev/app   upstream dev/data\n\n" +
		"Affected  2 of 3 stacks  9f8e7d6..4f2c9d1\n"
	doc := review.Affected{Base: base(), Head: head, Stacks: stacks, Unaffected: []gitops.StackID{id("dev", "network")}}
	if diff := cmp.Diff(want, review.Join(review.AffectedText(doc, nil))); diff != "" {
		t.Error(diff)
	}
	compared := map[gitops.StackID]review.Compared{id("dev", "app"): {Summary: "23 changed",
		Changes: slices.Repeat([]gitops.Change{{Type: "t", Name: "n\x1b[2J", Op: gitops.OpUpdate, Source: "stacks/app/app.go:7",
			Diff: []gitops.PropertyChange{{Path: "a"}, {Path: "b"}, {Path: "c"}, {Path: "d"}, {Path: "e"}, {Path: "f"}, {Path: "g"}, {Path: "h"}, {Path: "i"}}}}, 23),
		Outputs: []gitops.PropertyChange{{Path: "url"}}}}
	want = strings.Replace(want, "upstream dev/data\n", "upstream dev/data\n          23 changed\n"+
		strings.Repeat("            ~ t n\\u001b[2J: a, b, c, d, e, f, g, h, and 1 more  stacks/app/app.go:7\n", 20)+
		"            and 3 more; -o json lists them\n            outputs: url\n", 1)
	if diff := cmp.Diff(want, review.Join(review.AffectedText(doc, compared))); diff != "" {
		t.Error(diff)
	}
	var b strings.Builder
	if err := review.Encode(&b, review.AffectedJSON(review.Affected{Base: base(), Against: base(), Head: head}, nil)); err != nil {
		t.Fatal(err)
	}
	if want := "\"stacks\": [],\n  \"unaffected\": []"; !strings.Contains(b.String(), want) {
		t.Errorf("empty lists must be lists:\n%s", b.String())
	}
}

func TestDurationsAreAsShortAsIsUseful(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-time.Second: "0ms", 340 * time.Millisecond: "340ms", 2140 * time.Millisecond: "2.1s",
		64 * time.Second: "1m04s", 125 * time.Minute: "2h05m",
	} {
		if got := review.Duration(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
