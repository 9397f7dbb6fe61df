package review_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// nasty are texts that try to break out of where they are put.
var nasty = []string{
	"main", "orders-intake", "", " ", "a|b", "``` x", "`````", "</details>", "<!-- x", "-->", "<img src=x onerror=alert(1)>",
	"@acme/dba", "see #12 and !7", "https://evil.example/x", "www.evil.example", "*bold* _it_ ~no~", "[text](http://x)",
	"line\nbreak", "\x1b[31mred\x1b[0m", "\x00\u202egnp.exe", "数据库", "👩‍👩‍👧‍👦 família", "\xff\xfe", "> quote", "# head", `back\slash`,
	strings.Repeat("long ", 400), strings.Repeat("x", 3000),
}

func text() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom(nasty), rapid.StringN(0, 40, 200))
}

func value() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Map(text(), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e6, 1e6), func(f float64) any { return f }),
		rapid.Just[any](true), rapid.Just[any](nil), rapid.Just[any](gitops.Masked), rapid.Just[any](gitops.Unknown),
	)
	list := rapid.Map(rapid.SliceOfN(scalar, 0, 6), func(l []any) any { return l })
	object := rapid.Map(rapid.MapOfN(text(), rapid.OneOf(scalar, list), 0, 6), func(m map[string]any) any { return m })
	asText := rapid.Map(object, func(v any) any {
		b, err := json.Marshal(v)
		if err != nil {
			return "{}"
		}
		return string(b)
	})
	return rapid.OneOf(scalar, list, object, asText)
}

func change(stack gitops.StackID) *rapid.Generator[gitops.Change] {
	return rapid.Custom(func(t *rapid.T) gitops.Change {
		typ := rapid.SampledFrom([]string{"aws:rds/instance:Instance", "aws:ec2/vpc:Vpc", "acme:net:Network"}).Draw(t, "type")
		name := text().Draw(t, "name")
		ch := gitops.Change{URN: urn(stack, typ, name), Type: typ, Name: name, Source: text().Draw(t, "source")}
		ch.Op = rapid.SampledFrom([]gitops.Op{
			gitops.OpCreate, gitops.OpUpdate, gitops.OpReplace, gitops.OpDelete,
			gitops.OpRead, gitops.OpImport, gitops.OpForget, gitops.OpSame,
		}).Draw(t, "op")
		ch.Parent = rapid.SampledFrom([]string{"", urn(stack, "acme:net:Network", "main"), urn(stack, typ, name), "junk"}).Draw(t, "parent")
		ch.Protected = rapid.Bool().Draw(t, "protected")
		for range rapid.IntRange(0, 3).Draw(t, "properties") {
			ch.Diff = append(ch.Diff, gitops.PropertyChange{
				Path: text().Draw(t, "path"),
				Kind: rapid.SampledFrom([]string{"add", "delete", "update", "update-replace", "add-replace"}).Draw(t, "kind"),
				Old:  value().Draw(t, "old"), New: value().Draw(t, "new"),
			})
		}
		ch.ReplaceKeys = rapid.SliceOfN(text(), 0, 2).Draw(t, "replace keys")
		return ch
	})
}

func document() *rapid.Generator[review.Document] {
	return rapid.Custom(func(t *rapid.T) review.Document {
		d := review.Document{
			Verb: rapid.SampledFrom([]review.Verb{review.Preview, review.Up, review.Drift, review.Destroy}).Draw(t, "verb"),
			Head: head, Environments: []string{"dev", "production"}, Took: time.Second,
			Notes: rapid.SliceOfN(text(), 0, 2).Draw(t, "notes"),
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "stacks") {
			stack := id(rapid.SampledFrom([]string{"dev", "production", "其他"}).Draw(t, "environment"), fmt.Sprintf("s%d%s", i, text().Draw(t, "stack")))
			r := gitops.RunResult{
				Stack: stack, StateVersion: int64(i),
				State: rapid.SampledFrom([]gitops.RunState{
					gitops.RunSucceeded, gitops.RunSucceeded, gitops.RunFailed, gitops.RunSkipped, gitops.RunCancelled,
				}).Draw(t, "state"),
				Changes: gitops.ChangeSet{Stack: stack, Same: i, Changes: rapid.SliceOfN(change(stack), 0, 6).Draw(t, "changes")},
				Outputs: map[string]any{text().Draw(t, "output"): value().Draw(t, "value")},
			}
			switch r.State {
			case gitops.RunFailed:
				r.Err = &gitops.Error{Kind: gitops.Deployment, What: "failed", Where: text().Draw(t, "where"), Next: text().Draw(t, "next"), Err: errors.New(text().Draw(t, "error"))}
			case gitops.RunSkipped:
				r.Skipped = text().Draw(t, "skipped")
			}
			r.Diagnostics = []gitops.Diagnostic{{Severity: "warning", Message: text().Draw(t, "message"), URN: text().Draw(t, "urn")}}
			r.Reasons = []gitops.Reason{{Kind: "config", Detail: text().Draw(t, "detail")}}
			d.Stacks = append(d.Stacks, r)
		}
		return d
	})
}

func TestNoLineOfTextIsWiderThanTheTerminalOrCarriesControls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := review.TextOptions{
			Width: rapid.SampledFrom([]int{20, 40, 80, 120}).Draw(t, "width"),
			ASCII: rapid.Bool().Draw(t, "ascii"), Diff: rapid.Bool().Draw(t, "diff"), ShowSame: rapid.Bool().Draw(t, "same"),
		}
		for _, l := range review.Text(document().Draw(t, "document"), o) {
			if l.Width() > o.Width {
				t.Fatalf("%d columns in %d: %q", l.Width(), o.Width, l.String())
			}
			for _, r := range l.String() {
				if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e || o.ASCII && r > 126 {
					t.Fatalf("%q carries %U", l.String(), r)
				}
			}
		}
	})
}

func TestEveryChangedResourceIsInTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := document().Draw(t, "document")
		got := review.Join(review.Text(d, review.TextOptions{}))
		for _, r := range d.Stacks {
			for _, ch := range r.Changes.Changes {
				if want := ch.Type + "  " + review.Clean(ch.Name); ch.Op != gitops.OpSame && !strings.Contains(got, want) {
					t.Fatalf("%s %s is missing in\n%s", ch.Op, want, got)
				}
			}
		}
	})
}

func TestACommentKeepsItsLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.OneOf(rapid.IntRange(1, 4000), rapid.Just(0)).Draw(t, "limit")
		got := review.Markdown(document().Draw(t, "document"), review.MarkdownOptions{Limit: limit, ID: text().Draw(t, "id")})
		if limit == 0 {
			limit = 60000
		}
		if len(got) > limit {
			t.Fatalf("%d bytes in %d", len(got), limit)
		}
		if strings.Contains(got, "</summary>") && strings.Count(got, "\n<details>") != strings.Count(got, "\n</details>") {
			t.Fatalf("folds are not balanced:\n%s", got)
		}
	})
}

func TestJSONIsStableAndReadable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := document().Draw(t, "document")
		var a, b bytes.Buffer
		if err := review.Encode(&a, review.JSON(d)); err != nil {
			t.Fatal(err)
		}
		if err := review.Encode(&b, review.JSON(d)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Fatal("two encodings of one document differ")
		}
		var doc struct {
			Schema string
			Stacks []struct{ Stack, Environment, Digest string }
		}
		if err := json.Unmarshal(a.Bytes(), &doc); err != nil {
			t.Fatal(err)
		}
		if len(doc.Stacks) != len(d.Stacks) || doc.Schema != "trunkline."+string(d.Verb)+"/v1" {
			t.Fatalf("%d stacks of %d, schema %s", len(doc.Stacks), len(d.Stacks), doc.Schema)
		}
	})
}

func TestTheDifferencesOfAPropertyAreNeverLostAndNeverEqual(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		old, now := value().Draw(t, "old"), value().Draw(t, "new")
		leaves := review.Leaves(gitops.PropertyChange{Path: "p", Kind: "update", Old: old, New: now})
		if len(leaves) == 0 {
			t.Fatal("an update without a difference")
		}
		if review.Value(old, 0) == review.Value(now, 0) {
			return
		}
		for _, l := range leaves {
			if l.Op == gitops.OpUpdate && len(leaves) > 1 && review.Value(l.Old, 0) == review.Value(l.New, 0) {
				t.Fatalf("%s is %s on both sides", l.Path, review.Value(l.Old, 0))
			}
		}
	})
}

func FuzzForeignTextStaysOnItsLine(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := review.Clean(s); strings.ContainsAny(got, "\n\r\x1b\x00") {
			t.Errorf("Clean(%q) = %q", s, got)
		}
		d := pullRequest()
		d.Stacks[0].Changes.Changes[0].Name = s
		d.Stacks[0].Changes.Changes[0].URN = s
		for _, l := range review.Text(d, review.TextOptions{Width: 40}) {
			if l.Width() > 40 || strings.ContainsAny(l.String(), "\n\r\x1b") {
				t.Errorf("%q breaks the text: %q", s, l.String())
			}
		}
	})
}

// TestASimpleWidthIsTheWidth: the short way to count columns counts the same ones.
func TestASimpleWidthIsTheWidth(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "~", " ", "│", "├─ ", "└", "…", "→", "·", "界", "e\u0301", "\u0301", "👩‍👩‍👧", "\t", "\x1b[31m"}), 0, 12).Draw(t, "parts")
		var line review.Line
		for _, p := range parts {
			line = append(line, review.Span{Text: p})
		}
		if got, want := line.Width(), ansi.StringWidth(strings.Join(parts, "")); got != want {
			t.Fatalf("%q is %d columns wide, not %d", parts, want, got)
		}
	})
}
