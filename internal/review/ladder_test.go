package review_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// large has many stacks with many changes each, some of which destroy something.
// No two stacks change in the same way.
func large(stacks, changes, destroyed int) review.Document {
	d := review.Document{Verb: review.Preview, Head: head, Base: base(), Environments: []string{"dev", "staging", "production"}}
	types := []string{"aws:ec2/subnet:Subnet", "aws:iam/role:Role", "aws:sqs/queue:Queue", "aws:lambda/function:Function", "aws:s3/bucket:Bucket"}
	for i := range stacks {
		s := id(d.Environments[i%3], fmt.Sprintf("service-%03d", i/3))
		set := gitops.ChangeSet{Stack: s, Same: 10}
		parent := urn(s, "trunkline:service:Service", "main")
		for j := range changes {
			typ, name := types[j%len(types)], fmt.Sprintf("part-%03d-%d", j, i)
			ch := gitops.Change{
				URN: urn(s, "trunkline:service:Service$"+typ, name), Type: typ, Name: name, Parent: parent, Op: gitops.OpUpdate,
				Source: fmt.Sprintf("stacks/service/service.go:%d", j),
				Diff: []gitops.PropertyChange{
					{Path: "description", Kind: "update", Old: fmt.Sprintf("part %d before", j), New: fmt.Sprintf("part %d after, in %d", j, i)},
					{Path: "tags", Kind: "update", Old: map[string]any{"Owner": "a"}, New: map[string]any{"Owner": "b"}},
				},
			}
			switch {
			case j < destroyed && j%2 == 0:
				ch.Op, ch.ReplaceKeys = gitops.OpReplace, []string{"description"}
				ch.Diff[0].Kind = "update-replace"
			case j < destroyed:
				ch.Op, ch.Diff = gitops.OpDelete, nil
			case j%3 == 0:
				ch.Op, ch.Diff = gitops.OpCreate, ch.Diff[:1]
				ch.Diff[0].Kind, ch.Diff[0].Old = "add", nil
			}
			set.Changes = append(set.Changes, ch)
		}
		set = set.Canonical()
		d.Stacks = append(d.Stacks, gitops.RunResult{
			Stack: s, Operation: gitops.Preview, State: gitops.RunSucceeded, Changes: set, StateVersion: 3,
			Reasons: []gitops.Reason{{Kind: "package", Detail: "components/service"}},
		})
	}
	return d
}

// missing lists what is destroyed and not named in the comment.
func missing(d review.Document, comment string) []string {
	var out []string
	for _, r := range d.Stacks {
		for _, ch := range r.Changes.Changes {
			if ch.Op.IsDestructive() && !strings.Contains(comment, ch.Name) {
				out = append(out, r.Stack.String()+" "+ch.Name)
			}
		}
	}
	return out
}

func TestSixtyThousandChangesFitOneCommentWithEverythingThatIsLost(t *testing.T) {
	t.Parallel()
	for _, destroyed := range []int{1, 8} {
		d := large(200, 300, destroyed)
		got := review.Markdown(d, review.MarkdownOptions{Forge: "github"})
		if len(got) > 58000 {
			t.Errorf("%d bytes", len(got))
		}
		if lost := missing(d, got); len(lost) > 0 {
			t.Errorf("%d of %d destroyed resources are missing, such as %s", len(lost), 200*destroyed, lost[0])
		}
		if !strings.Contains(got, "Left out, too long for a comment") {
			t.Errorf("it does not say that something is left out:\n%.3000s", got)
		}
		shape(t, got)
	}
}

func TestACommentUsesTheRoomThatItHas(t *testing.T) {
	t.Parallel()
	for _, d := range []review.Document{large(200, 300, 1), large(60, 20, 1), thousand()} {
		if got := review.Markdown(d, review.MarkdownOptions{}); len(got) < 50000 {
			t.Errorf("%d bytes of 58000", len(got))
		}
	}
}

func TestWhatIsLeftOutMattersLess(t *testing.T) {
	t.Parallel()
	d := large(30, 40, 0)
	d.Stacks[17] = gitops.RunResult{Stack: d.Stacks[17].Stack, State: gitops.RunSucceeded, Changes: dataChanges(d.Stacks[17].Stack)}
	got := review.Markdown(d, review.MarkdownOptions{})
	first := strings.Index(got, "<details>")
	if !strings.Contains(got[first:min(len(got), first+200)], d.Stacks[17].Stack.String()) {
		t.Errorf("the stack that loses data is not the first:\n%s", got[first:first+500])
	}
	if !strings.Contains(got, `engineVersion: "15.4" => "16.3"  forces replacement`) {
		t.Error("the properties of a replacement are left out before those of updates")
	}
	if !strings.Contains(got, "the properties of updates in") {
		t.Errorf("it does not say that properties of updates are left out:\n%s", got[len(got)-2000:])
	}
}

func TestTheOrderOfTheInputDoesNotShow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := planted(rapid.SampledFrom([]string{"x", "y"}).Draw(t, "text"))
		if rapid.Bool().Draw(t, "large") {
			d.Stacks = append(d.Stacks, large(rapid.IntRange(1, 6).Draw(t, "stacks"), 10, 3).Stacks...)
		}
		o := review.MarkdownOptions{Limit: rapid.IntRange(2000, 30000).Draw(t, "limit")}
		want := review.Markdown(d, o)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		d.Stacks = slices.Clone(d.Stacks)
		r.Shuffle(len(d.Stacks), func(i, j int) { d.Stacks[i], d.Stacks[j] = d.Stacks[j], d.Stacks[i] })
		for i := range d.Stacks {
			list := slices.Clone(d.Stacks[i].Changes.Changes)
			r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
			d.Stacks[i].Changes.Changes = list
		}
		d.Violations = slices.Clone(d.Violations)
		slices.Reverse(d.Violations)
		if got := review.Markdown(d, o); got != want {
			t.Fatalf("another order gives another comment:\n%s\n----\n%s", want, got)
		}
	})
}

func TestEveryLimitIsKeptWithASoundStructure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := document().Draw(t, "document")
		if rapid.Bool().Draw(t, "large") {
			d = large(rapid.IntRange(1, 12).Draw(t, "stacks"), rapid.IntRange(1, 20).Draw(t, "changes"), rapid.IntRange(0, 5).Draw(t, "destroyed"))
		}
		o := review.MarkdownOptions{Forge: rapid.SampledFrom(review.Forges()).Draw(t, "forge"), Limit: rapid.IntRange(1, 20000).Draw(t, "limit")}
		got := review.Markdown(d, o)
		if len(got) > o.Limit {
			t.Fatalf("%d bytes in %d", len(got), o.Limit)
		}
		parts := shape(t, got)
		open := 0
		for _, p := range parts {
			switch p {
			case "<details>":
				open++
			case "</details>":
				if open--; open < 0 {
					t.Fatalf("a fold ends that never began:\n%s", got)
				}
			}
		}
		if open != 0 {
			t.Fatalf("%d folds do not end:\n%s", open, got)
		}
	})
}
