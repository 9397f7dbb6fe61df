package review

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// MarkdownOptions says what a comment needs besides the document.
type MarkdownOptions struct {
	// Limit is the longest comment in bytes; 0 means 60000, which every forge
	// that has folded sections takes.
	Limit int
	// ID tells the comments of several installations on one pull request apart.
	ID string
	// Next are the commands that a reader may want now.
	Next []string
	// Link is the address of the full result; "" when there is none.
	Link string
}

// Marker is how a comment with this ID starts. It is invisible; whoever edits
// the comment finds it by it.
func Marker(id string) string {
	return "<!-- trunkline:pr v1 id=" + markerUnsafe.ReplaceAllString(id, "_") + " "
}

var markerUnsafe = regexp.MustCompile(`[^A-Za-z0-9._/]`)

// tier is how much of a document is shown.
type tier struct {
	detail detail
	// folds says which stacks get a folded section.
	folds foldRule
	// rows and dangers limit the table and the list of what is destroyed.
	rows, dangers int
	note          string
}

type foldRule int

const (
	foldNone  foldRule = iota
	foldRisky          // that failed or destroy something
	foldAll            // that change
)

// tiers are tried in this order until the comment fits. What is destroyed, what
// failed and the counts are the last to go.
var tiers = []tier{
	{changeProperties, foldAll, 60, 40, ""},
	{riskyProperties, foldAll, 60, 40, "Too long for a comment: the properties of updates are left out."},
	{noProperties, foldAll, 60, 40, "Too long for a comment: properties are left out."},
	{riskyProperties, foldRisky, 60, 40, "Too long for a comment: only stacks that fail or lose something are listed."},
	{noProperties, foldRisky, 60, 40, "Too long for a comment: only stacks that fail or lose something are listed, without properties."},
	{noProperties, foldNone, 60, 20, "Too long for a comment: the changes are left out."},
	{noProperties, foldNone, 15, 10, "Too long for a comment: most of it is left out."},
	{noProperties, foldNone, 0, 3, "Too long for a comment: most of it is left out."},
	{noProperties, foldNone, 0, 0, ""},
}

// Markdown writes the comment of a pull request: what is lost first, a table of
// stacks and environments, then each stack folded. It never exceeds the limit
// and never cuts inside a block.
func Markdown(d Document, o MarkdownOptions) string {
	if o.Limit <= 0 {
		o.Limit = 60000
	}
	for _, t := range tiers {
		if text := comment(d, o, t); len(text) <= o.Limit {
			return text
		}
	}
	for _, last := range []string{
		Marker(o.ID) + "-->\n### trunkline: too long for a comment\n",
		"trunkline: too long for a comment\n",
	} {
		if len(last) <= o.Limit {
			return last
		}
	}
	return ""
}

// comment writes the parts in order; empty ones are left out.
func comment(d Document, o MarkdownOptions, t tier) string {
	parts := []string{marker(d, o) + headline(d)}
	if d.Summary().Changed() > 0 || len(problems(d)) > 0 {
		parts = append(parts, warnings(d, t), matrix(d, t), skips(d, t), hints(d, t), folds(d, t))
	}
	if t.note != "" {
		parts = append(parts, t.note+" "+full(o))
	}
	parts = append(parts, next(o), footer(d, o, t))
	var b strings.Builder
	for _, p := range parts {
		if p = strings.TrimRight(p, "\n"); p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(p + "\n")
	}
	return b.String()
}

func marker(d Document, o MarkdownOptions) string {
	return Marker(o.ID) + "sha=" + markerUnsafe.ReplaceAllString(d.Head.Short(), "_") + " -->\n"
}

// headline is the verdict: what happens in how many stacks, of which commit.
func headline(d Document) string {
	var b strings.Builder
	b.WriteString("### trunkline: ")
	for _, s := range d.counts(d.Summary()) {
		if s.Style == Replaced || s.Style == Deleted {
			b.WriteString("**" + s.Text + "**")
		} else {
			b.WriteString(s.Text)
		}
	}
	changed := 0
	for _, r := range d.Stacks {
		if r.Changes.Summary().Changed() > 0 {
			changed++
		}
	}
	total := max(d.Total, len(d.Stacks))
	if changed == 0 {
		fmt.Fprintf(&b, " in %s", plural(total, "stack", "stacks"))
	} else {
		fmt.Fprintf(&b, " in %d of %s", changed, plural(total, "stack", "stacks"))
	}
	if n := d.count(gitops.RunFailed); n > 0 {
		fmt.Fprintf(&b, ", **%d failed**", n)
	}
	if d.Head.SHA != "" {
		b.WriteString(" · " + codeSpan(d.Head.Short()))
	}
	return b.String() + "\n"
}

// problems are the runs that did not succeed.
func problems(d Document) []gitops.RunResult {
	var out []gitops.RunResult
	for _, r := range d.sorted() {
		if r.State != gitops.RunSucceeded {
			out = append(out, r)
		}
	}
	return out
}

// warnings are the alert above everything else: what is lost, what failed.
func warnings(d Document, t tier) string {
	var lines []string
	list := dangers(d)
	for i, x := range list {
		if i == t.dangers {
			lines = append(lines, "- and "+plural(len(list)-i, "more resource", "more resources")+" deleted or replaced")
			break
		}
		lines = append(lines, "- "+dangerLine(x, d.planned()))
	}
	out := ""
	if len(lines) > 0 {
		out = "> [!CAUTION]\n> " + strings.Join(lines, "\n> ") + "\n"
	}
	var failed []string
	for _, r := range problems(d) {
		if r.State == gitops.RunFailed && len(failed) <= t.dangers {
			failed = append(failed, "**"+prose(r.Stack.String())+"** failed"+firstError(r))
		}
	}
	if len(failed) > 0 {
		if out != "" {
			out += "\n"
		}
		out += "> [!WARNING]\n> " + strings.Join(failed, "\\\n> ") + "\n"
	}
	return out
}

func firstError(r gitops.RunResult) string {
	if r.Err == nil {
		return ""
	}
	text, _, _ := strings.Cut(r.Err.Error(), "\n")
	return ": " + codeSpan(shorten(text, 300))
}

// dangerLine says what is lost, why, and what that means.
func dangerLine(x danger, planned bool) string {
	verb := map[gitops.Op]string{gitops.OpDelete: "deletes", gitops.OpReplace: "replaces"}[x.Op]
	if !planned {
		verb = map[gitops.Op]string{gitops.OpDelete: "deleted", gitops.OpReplace: "replaced"}[x.Op]
	}
	out := "**" + prose(x.stack.String()) + "** " + verb + " " + codeSpan(shorten(x.Type+" "+x.Name, 200))
	var marks []string
	if HoldsData(x.Type) {
		marks = append(marks, "holds data")
	}
	if x.Protected {
		marks = append(marks, "protected")
	}
	if len(marks) > 0 {
		out += " (" + strings.Join(marks, ", ") + ")"
	}
	for i, leaf := range cause(x.Change) {
		if i == 3 {
			out += ", …"
			break
		}
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		text := leaf.Path
		if leaf.Old != nil || leaf.New != nil {
			text = leafText(leaf, 60)
		}
		out += sep + codeSpan(shorten(text, 200))
	}
	if x.Source != "" {
		out += " · " + codeSpan(x.Source)
	}
	return out
}

func leafText(leaf Leaf, limit int) string {
	leaf.Forces = false
	return leaf.Line(limit).String()
}

func shorten(text string, limit int) string {
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return text
}
