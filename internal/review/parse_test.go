package review_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func encoded(t failer, d review.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := review.Encode(&b, review.JSON(d)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decoded(t failer, text []byte) any {
	t.Helper()
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// comeBack reads back what a document is as JSON, and fails when any form of it
// is another one then.
func comeBack(t failer, d review.Document) {
	t.Helper()
	d.Stacks = slices.Clone(d.Stacks)
	for i := range d.Stacks {
		d.Stacks[i].Changes = d.Stacks[i].Changes.Canonical() // as the driver makes them
	}
	want := encoded(t, d)
	back, err := review.Parse(want)
	if err != nil {
		t.Fatalf("%v\n%s", err, want)
	}
	if diff := cmp.Diff(decoded(t, want), decoded(t, encoded(t, back))); diff != "" {
		t.Fatalf("the JSON changes:\n%s", diff)
	}
	now := forms(t, back)
	for form, want := range forms(t, d) {
		if strings.HasPrefix(form, "JSON") {
			continue
		}
		if diff := cmp.Diff(want, now[form]); diff != "" {
			t.Fatalf("the %s changes:\n%s", form, diff)
		}
	}
}

func TestADocumentComesBackFromItsJSON(t *testing.T) {
	t.Parallel()
	comeBack(t, pullRequest())
	comeBack(t, planted("x"))
	comeBack(t, plantedRecord("`|\n@team"))
	comeBack(t, large(3, 20, 4))
	rapid.Check(t, func(t *rapid.T) {
		d := document().Draw(t, "document")
		if utf8.ValidString(fmt.Sprint(d)) { // JSON has no other texts
			comeBack(t, d)
		}
	})
}

func TestWhatIsNoReviewIsRefused(t *testing.T) {
	t.Parallel()
	stack := `{"stack":"a","environment":"dev","result":"succeeded","changes":[]}`
	for text, want := range map[string]string{
		``:                                  "it is not the JSON of a review",
		`null`:                              `its schema is ""`,
		`[]`:                                "it is not the JSON of a review",
		`{"schema":"x"`:                     "it is not the JSON of a review",
		`{"schema":"x"}`:                    `its schema is "x"`,
		`{"schema":7}`:                      "it is not the JSON of a review",
		"\xff\xfe":                          "it is not the JSON of a review",
		`{"schema":"trunkline.preview/v2"}`: `its schema is "trunkline.preview/v2"`,
		`{"schema":"trunkline.error/v1","error":[]}`:                                                             `its schema is "trunkline.error/v1"`,
		`{"schema":"trunkline.preview/v1"} {}`:                                                                   "something after the document",
		`{"schema":"trunkline.preview/v1","stage":"later"}`:                                                      `there is no stage "later"`,
		`{"schema":"trunkline.preview/v1","stacks":[{"stack":"a"}]}`:                                             "no environment",
		`{"schema":"trunkline.preview/v1","stacks":[` + stack + `,` + stack + `]}`:                               "dev/a is in it twice",
		`{"schema":"trunkline.preview/v1","stacks":[{"stack":"a","environment":"dev","result":"fine"}]}`:         `dev/a: there is no result "fine"`,
		`{"schema":"trunkline.preview/v1","unaffected":["network"]}`:                                             "environment/name",
		`{"schema":"trunkline.preview/v1","deployment":[{"environment":"dev","state":"x"}]}`:                     `there is no result "x" of a deployment`,
		strings.Replace(`{"schema":"trunkline.preview/v1","stacks":[`+stack+`]}`, `[]`, `[{"op":"explode"}]`, 1): `there is no operation "explode"`,
	} {
		_, err := review.Parse([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%.80s: got %v, want %q", text, err, want)
		}
	}
}

func TestFieldsOfALaterVersionAreLeftOut(t *testing.T) {
	t.Parallel()
	var whole map[string]any
	if err := json.Unmarshal(encoded(t, pullRequest()), &whole); err != nil {
		t.Fatal(err)
	}
	whole["mood"] = map[string]any{"good": true}
	whole["stacks"].([]any)[0].(map[string]any)["cost"] = 12.5
	text, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	back, err := review.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	o := review.MarkdownOptions{}
	if diff := cmp.Diff(review.Markdown(pullRequest(), o), review.Markdown(back, o)); diff != "" {
		t.Error(diff)
	}
}

// byEnvironment cuts a document into one for each environment, as jobs of a
// matrix make them.
func byEnvironment(d review.Document) []review.Document {
	var out []review.Document
	for _, env := range d.Environments {
		part := d
		part.Stacks, part.Took, part.Total = nil, d.Took/2, 0
		for _, r := range d.Stacks {
			if r.Stack.Environment == env {
				part.Stacks = append(part.Stacks, r)
				part.Total++
			}
		}
		out = append(out, part)
	}
	out[0].Took = d.Took
	out[0].Total += d.Total - len(d.Stacks) // the rest of the estate
	return out
}

func TestTheDocumentsOfAMatrixAreOneDocument(t *testing.T) {
	t.Parallel()
	d := planted("x")
	d.Violations, d.Outputs = nil, nil // each job has those of its stacks
	parts := byEnvironment(d)
	parts[0].Violations, parts[1].Outputs = planted("x").Violations, planted("x").Outputs
	got, err := review.Combine(parts...)
	if err != nil {
		t.Fatal(err)
	}
	d.Violations, d.Outputs = planted("x").Violations, planted("x").Outputs
	d.Digest = "" // each part has its own
	if diff := cmp.Diff(review.Markdown(d, review.MarkdownOptions{}), review.Markdown(got, review.MarkdownOptions{})); diff != "" {
		t.Error(diff)
	}
}

func TestDocumentsThatDoNotBelongTogetherAreRefused(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*review.Document){
		"dev/network is in two of them":         func(*review.Document) {},
		"one is about 4f2c9d1, another about 0": func(d *review.Document) { d.Head.SHA = strings.Repeat("0", 40) },
		"one is compared with 9f8e7d6":          func(d *review.Document) { d.Base.SHA = strings.Repeat("1", 40) },
		"one is a preview, another a drift":     func(d *review.Document) { d.Verb = review.Drift },
		"one is about #0, another about #7":     func(d *review.Document) { d.PullRequest.Number = 7 },
		"asked a cloud":                         func(d *review.Document) { d.ProgramDiff = true },
	} {
		other := pullRequest()
		change(&other)
		_, err := review.Combine(pullRequest(), other)
		if err == nil || !strings.Contains(err.Error(), want) || gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := review.Combine(); gitops.KindOf(err) != gitops.Invalid {
		t.Errorf("nothing at all: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	for _, d := range []review.Document{pullRequest(), planted("x"), plantedRecord("y")} {
		f.Add(encoded(f, d))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		d, err := review.Parse(text)
		if err != nil {
			if gitops.KindOf(err) != gitops.Invalid {
				t.Fatalf("%v is not of kind Invalid", err)
			}
			return
		}
		again, err := review.Parse(encoded(t, d))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if !bytes.Equal(encoded(t, d), encoded(t, again)) {
			t.Fatal("it changes each time it is read")
		}
		if got := review.Markdown(d, review.MarkdownOptions{}); len(got) > 58000 {
			t.Fatalf("%d bytes", len(got))
		}
		review.Text(d, review.TextOptions{Width: 80})
	})
}

func TestADocumentThatFailedExcusesNoOtherOne(t *testing.T) {
	t.Parallel()
	doc := func(base string) review.Document {
		return review.Document{Verb: review.Preview, Head: head, Base: gitops.Revision{SHA: base}}
	}
	failed := doc("")
	failed.Failure = errors.New("does not compile")
	for _, docs := range [][]review.Document{{failed, doc("x"), doc("y")}, {doc("x"), failed, doc("y")}, {doc("x"), doc("y"), failed}} {
		if _, err := review.Combine(docs...); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("two bases went together: %v", err)
		}
	}
	if _, err := review.Combine(failed, doc("x"), doc("x")); err != nil {
		t.Error(err)
	}
}

func TestWhatOneJobReadGoesBeforeWhatAnotherCouldNotAsk(t *testing.T) {
	t.Parallel()
	unasked := review.Document{Verb: review.Up, Head: head, Left: []review.LeftBehind{{Environment: "staging", Unread: "no state is asked"}}}
	read := review.Document{Verb: review.Up, Head: head, Left: []review.LeftBehind{{Environment: "staging", Resources: 9}}}
	for _, docs := range [][]review.Document{{unasked, read}, {read, unasked}} {
		got, err := review.Combine(docs...)
		if err != nil || len(got.Left) != 1 || got.Left[0].Unread != "" || got.Left[0].Resources != 9 {
			t.Errorf("got %+v, %v", got.Left, err)
		}
	}
}
