package review_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	gmtext "github.com/yuin/goldmark/text"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

var gfm = goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote, extension.DefinitionList)).Parser()

// failer is a test of any kind.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// shape is what a forge makes of a comment: the kinds of its parts in their
// order, every tag and every link. Texts and the insides of code do not count,
// but what a forge would make a mention or a reference of is a part.
func shape(t failer, markdown string) []string {
	t.Helper()
	src := []byte(markdown)
	var out []string
	err := ast.Walk(gfm.Parse(gmtext.NewReader(src)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			out = append(out, "/"+n.Kind().String())
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			raw := string(n.Segment.Value(src))
			if bad := reference.FindString(html.UnescapeString(raw)); bad != "" || strings.Contains(raw, "$") {
				out = append(out, "a reference: "+bad)
			}
			return ast.WalkSkipChildren, nil
		case *ast.String:
			return ast.WalkSkipChildren, nil
		case *ast.CodeSpan, *ast.FencedCodeBlock:
			out = append(out, n.Kind().String())
			return ast.WalkSkipChildren, nil
		case *ast.HTMLBlock:
			for i := range n.Lines().Len() {
				at := n.Lines().At(i)
				out = append(out, tags(string(at.Value(src)))...)
			}
			return ast.WalkSkipChildren, nil
		case *ast.RawHTML:
			for i := range n.Segments.Len() {
				at := n.Segments.At(i)
				out = append(out, tags(string(at.Value(src)))...)
			}
			return ast.WalkSkipChildren, nil
		case *ast.Link:
			out = append(out, "link "+string(n.Destination))
		default:
			out = append(out, n.Kind().String())
		}
		return ast.WalkContinue, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return joinTexts(out)
}

// joinTexts drops the ends of texts, of which there may be several in a row.
func joinTexts(list []string) []string {
	var out []string
	for _, s := range list {
		if s != "/Text" && s != "/String" && s != "/CodeSpan" && s != "/FencedCodeBlock" && s != "/HTMLBlock" && s != "/RawHTML" {
			out = append(out, s)
		}
	}
	return out
}

var (
	anyTag    = regexp.MustCompile(`<[/!a-zA-Z][^>]*>`)
	reference = regexp.MustCompile(`(?i)[@#!%^][a-z0-9]|~[a-z]|\bGH-[0-9]|://|www\.|:[a-z0-9_+-]+:|\b[0-9a-f]{7,40}\b`)
)

var plainMarker = regexp.MustCompile(`^<!-- trunkline:pr v1 id=[\w./]* sha=[0-9a-f]{7} -->$`)

func tags(html string) []string {
	var out []string
	for _, t := range anyTag.FindAllString(html, -1) {
		if strings.HasPrefix(t, "<!--") {
			t = "<!--"
		}
		out = append(out, t)
	}
	return out
}

// hostile texts try to break out of the place where they stand.
var hostile = append([]string{
	"A:deadbeefdeadbeef",
	"```", "~~~~", "`", "``x`", "</details>", "</summary><h1>", "<!--", "-->", "<!-- trunkline:end -->", "<script>alert(1)</script>",
	"<a href=javascript:alert(1)>", "[x](javascript:alert(1))", "![x](https://evil.example/i.png)", "[^1]", "[x]: http://a", "<https://evil.example>",
	"@team", "@acme/dba", "#1", "acme/infra#1", "!7", "&5", "%3", "$9", "~bug", "^alert#1", "GH-12", ":boom:", "$x$", "$`x`$",
	"https://evil.example/?a=1&b=2", "www.evil.example", "mail@evil.example", "ftp://evil.example", "deadbeefdeadbeef", "a|b|c", `a\|b`, `\`, `\\`,
	"*x*", "**", "__x__", "~~x~~", "&lt;b&gt;", "&#64;team", "\n\n# heading", "\n- item", "\r\n> quote", "\n```\n</details>", "---", "===", "1. x", "+ x",
	"\x1b[31mred\x1b]8;;http://evil\x07", "\x00", "\u202e\u2066abc", "a\u200bb\ufeff", "\u2028\u2029\u0085", "\xff\xfe", "\t\ttabs", strings.Repeat("x", 10000), strings.Repeat("`", 500),
	strings.Repeat("(", 300), strings.Repeat("[", 300), strings.Repeat("> ", 100), strings.Repeat("<b>", 100), " ", "\u00a0", "",
}, nasty...)

// planted is a document with a text in every place that takes one from outside.
// Each place gets a name of its own in front, so that the document stays the same
// but for the texts.
func planted(s string) review.Document {
	d := pullRequest()
	n := 0
	put := func(p *string) { n++; *p = fmt.Sprintf("k%d%s", n, s) }
	put(&d.PullRequest.Title)
	put(&d.PullRequest.Author)
	put(&d.PullRequest.Head.Ref)
	put(&d.PullRequest.Base.Ref)
	put(&d.Notes[0])
	put(&d.Reproduce)
	put(&d.Program)
	put(&d.Digest)
	d.Toolchain = []review.Tool{{Name: "go" + s, Version: "1" + s}}
	env := "e" + s
	d.Environments = append(d.Environments, env)
	for i := range d.Stacks {
		r := &d.Stacks[i]
		r.Reasons = []gitops.Reason{{Kind: "package"}}
		put(&r.Reasons[0].Kind)
		put(&r.Reasons[0].Detail)
		r.Diagnostics = []gitops.Diagnostic{{Severity: "warning"}}
		put(&r.Diagnostics[0].Message)
		if r.State == gitops.RunSkipped {
			put(&r.Skipped)
		}
		if r.Err != nil {
			e := &gitops.Error{Kind: gitops.Deployment}
			put(&e.What)
			put(&e.Where)
			put(&e.Next)
			r.Err = e
		}
		for j := range r.Changes.Changes {
			ch := &r.Changes.Changes[j]
			put(&ch.Name)
			put(&ch.Source)
			ch.Type = fmt.Sprintf("%s%s", ch.Type, s)
			ch.ReplaceKeys = []string{"key" + s}
			ch.Before = map[string]any{"finalSnapshotIdentifier": "snap" + s}
			for k := range ch.Diff {
				put(&ch.Diff[k].Path)
				// two texts of several lines would be compared line by line
				ch.Diff[k].Old, ch.Diff[k].New, ch.Diff[k].From = "o"+strings.ReplaceAll(s, "\n", ""), "n"+s, []string{"from" + s}
			}
		}
	}
	d.Stacks = append(d.Stacks, gitops.RunResult{Stack: id(env, "za"+s), State: gitops.RunSucceeded, Changes: networkChanges(id(env, "za"+s))})
	odd := id("dev", "odd"+s)
	x := gitops.Violation{Policy: "p" + s, Mandatory: true, Stack: odd, URN: "u", Type: "t" + s, Name: "n" + s, Message: "m" + s, Source: "f" + s}
	advice, exempt := x, x
	advice.Mandatory = false
	exempt.Exempt = &gitops.Exemption{Owner: "o" + s, Reason: "r" + s, Where: "w" + s}
	notable := advice
	notable.Notable = true
	d.Violations = []gitops.Violation{x, advice, exempt, notable}
	d.Unaffected = []gitops.StackID{odd}
	d.Same = []review.SameStack{{Stack: id("dev", "zb"+s), Reasons: []gitops.Reason{{Kind: "k" + s, Detail: "d" + s}}}}
	d.Outputs = []review.OutputChange{{Stack: id("dev", "data"), Name: "o" + s, Old: "a" + s, New: "b" + s, ReadBy: []gitops.StackID{odd}}}
	d.Merge = []review.MergeStep{{Environment: env, Stacks: []gitops.StackID{odd}, Also: []gitops.StackID{odd}, Approval: "a" + s, From: []string{"f" + s}, Count: 2}}
	commit := gitops.Revision{SHA: head.SHA, Subject: "s" + s, Author: "a" + s}
	d.Ships = []review.Shipment{{Environment: env, Deployed: commit, Commits: []gitops.Revision{commit}, More: 1}}
	d.Left = []review.LeftBehind{{Environment: env, Stacks: []gitops.StackID{odd}, Resources: 3, Next: "n" + s}, {Environment: "h" + s, Unread: "u" + s, Next: "n"}}
	return d
}

// deployment is the record after the merge of a planted document.
func plantedRecord(s string) review.Document {
	d := planted(s)
	d.Deployment = []review.DeployedStep{
		{Environment: "e" + s, State: gitops.RunSucceeded, Revision: head, By: "b" + s, URL: "https://ci.example/" + s},
		{Environment: "f" + s, State: gitops.RunFailed, Detail: "d" + s, Next: "n" + s, Where: "w" + s, WhereURL: "u" + s, Failed: []gitops.StackID{id("e"+s, "za"+s)}},
		{Environment: "g" + s, State: gitops.RunQueued, Waiting: "w" + s},
	}
	return d
}

// compareShapes fails when a text changes what a forge makes of a comment.
func compareShapes(t failer, s string) {
	t.Helper()
	for _, forge := range []string{"github", "plain"} { // with and without HTML
		for name, build := range map[string]func(string) review.Document{"review": planted, "record": plantedRecord} {
			o := review.MarkdownOptions{
				Forge: forge, Limit: 500000,
				Source: func(file string, line int) string { return fmt.Sprintf("https://forge.example/%s#L%d", file, line) },
			}
			o.ID, o.Next = "i", []string{"trunkline preview x"}
			want := shape(t, review.Markdown(build("x"), o))
			o.ID, o.Next = "i"+s, []string{"trunkline preview " + s}
			got := review.Markdown(build(s), o)
			if marker, _, _ := strings.Cut(got, "\n"); !plainMarker.MatchString(marker) {
				t.Fatalf("the marker is %q", marker)
			}
			if diff := cmp.Diff(want, shape(t, got)); diff != "" {
				t.Fatalf("%.60q changes the %s on %s:\n%s\n%.6000s", s, name, forge, diff, got)
			}
		}
	}
}

func TestHostileTextLeavesTheStructureOfACommentAsItIs(t *testing.T) {
	t.Parallel()
	for _, s := range hostile {
		compareShapes(t, s)
	}
}

func TestHostileTextsTogetherLeaveTheStructureAsItIs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		compareShapes(t, strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(hostile), rapid.String()), 1, 4).Draw(t, "texts"), ""))
	})
}

func FuzzNoTextChangesTheStructureOfAComment(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { compareShapes(t, s) })
}
