package review

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// TextOptions says how a document is laid out.
type TextOptions struct {
	// Width is the number of columns; 0 means any width.
	Width int
	// ASCII uses no other characters.
	ASCII bool
	// ShowSame also lists resources that do not change, as far as the document
	// has them.
	ShowSame bool
	// Diff also lists the properties of created and deleted resources.
	Diff bool
}

// Text lays the document out as lines: each stack with its changes, then what
// failed, then one line that sums up.
func Text(d Document, o TextOptions) []Line {
	d = redact(d)
	l := layout{o: o}
	var quiet []string
	for _, r := range d.sorted() {
		if isQuiet(r) && !o.ShowSame {
			quiet = append(quiet, r.Stack.String())
			continue
		}
		l.stack(d, r)
	}
	l.programs(d)
	l.quiet(d, quiet)
	l.unpreviewed(d)
	l.left(d)
	l.policies(d)
	l.merge(d)
	for _, note := range d.Notes {
		l.para(0, Line{{Clean(note), Faint}})
	}
	l.para(0, summaryLine(d))
	return l.lines
}

// unpreviewed names the stacks that were touched and register the same resources.
func (l *layout) unpreviewed(d Document) {
	for _, s := range d.Same {
		l.para(0, Line{{s.Stack.String(), Strong}, {"  same resources, not previewed: " + reasonsText(s.Reasons), Faint}})
	}
	if len(d.Same) > 0 {
		l.lines = append(l.lines, Line{})
	}
}

// merge says what happens after the merge, and what goes out with it.
func (l *layout) merge(d Document) {
	for i, m := range d.Merge {
		head := "after the merge  "
		if i > 0 {
			head = "then             "
		}
		line := Line{{head, Faint}, {m.Environment, Strong}, {"  " + stackNames(m.Stacks), Normal}}
		if len(m.Also) > 0 {
			line = append(line, Span{"  besides " + m.also(), Faint})
		}
		if m.Approval != "" {
			line = append(line, Span{"  waits for " + plural(max(m.Count, 1), "approval", "approvals") + ": " + m.Approval, Warning})
		}
		l.para(0, line)
	}
	for _, s := range d.Ships {
		if n := len(s.Commits) + s.More; n > 0 {
			l.para(0, Line{{"already merged, ships with this  ", Faint}, {plural(n, "commit", "commits") + " to " + s.Environment, Normal}})
		}
	}
	if len(d.Merge)+len(d.Ships) > 0 {
		l.lines = append(l.lines, Line{})
	}
}

// policies adds what policies found: what blocks, then advice, then exemptions.
func (l *layout) policies(d Document) {
	if len(d.Violations) == 0 {
		return
	}
	for _, v := range slices.SortedStableFunc(slices.Values(d.Violations), func(a, b gitops.Violation) int { return violationRank(a) - violationRank(b) }) {
		word := Span{"policy blocks: ", Failure}
		switch {
		case v.Exempt != nil:
			word = Span{"policy exempt: ", Faint}
		case !v.Mandatory:
			word = Span{"policy advises: ", Warning}
			if v.Notable {
				word.Text = "policy changes: "
			}
		}
		text := v.Policy
		for _, part := range []string{stackText(v.Stack), strings.TrimSpace(v.Type + " " + v.Name)} {
			if part != "" {
				text += "  " + part
			}
		}
		l.para(0, Line{word, {text + ": " + v.Message, Normal}})
		if v.Source != "" {
			l.para(0, placeLine(v.Source))
		}
		if x := v.Exempt; x != nil {
			l.para(2, Line{{"until " + x.Expires.Format("2006-01-02") + ", " + x.Owner + ": " + x.Reason, Faint}})
		}
	}
	l.lines = append(l.lines, Line{})
}

func violationRank(v gitops.Violation) int {
	switch {
	case v.Blocks():
		return 0
	case v.Exempt == nil:
		return 1
	}
	return 2
}

func stackText(id gitops.StackID) string {
	if id == (gitops.StackID{}) {
		return ""
	}
	return id.String()
}

// Summary returns the last line of Text alone.
func Summary(d Document) Line { return summaryLine(d) }

// isQuiet tells whether there is nothing to say about a run but that nothing
// changes.
func isQuiet(r gitops.RunResult) bool {
	return r.State == gitops.RunSucceeded && r.Changes.Summary().Changed() == 0 &&
		len(r.Changes.Changes) == 0 && len(r.Outputs) == 0 && len(diagnosticLines(r)) == 0
}

// quiet names the stacks that do not change: each on a line of its own, or all
// in one when there are many.
func (l *layout) quiet(d Document, names []string) {
	if len(names) == 0 {
		return
	}
	if len(names) > 4 {
		names = []string{strings.Join(names, ", ")}
	}
	words := d.counts(gitops.Summary{}).String()
	for _, n := range names {
		l.para(0, Line{{n, Strong}, {"  " + words, Faint}})
	}
	l.lines = append(l.lines, Line{})
}

// layout collects lines.
type layout struct {
	o     TextOptions
	lines []Line
}

// para adds a line, wrapped at spaces, indented.
func (l *layout) para(indent int, line Line) {
	if indent > 0 {
		line = append(Line{{strings.Repeat(" ", indent), Normal}}, line...)
	}
	l.lines = append(l.lines, l.safe(line).Wrap(l.o.Width, indent+2)...)
}

// safe makes the texts of a line fit to be shown, whatever is in them.
func (l *layout) safe(line Line) Line {
	out := make(Line, len(line))
	for i, s := range line {
		out[i] = Span{Clean(s.Text), s.Style}
		if l.o.ASCII {
			out[i].Text = toASCII(out[i].Text)
		}
	}
	return out
}

func toASCII(text string) string {
	text = strings.NewReplacer("…", "...", "→", "->", "─", "-", "·", "-").Replace(text)
	return strings.Map(func(r rune) rune {
		if r > 126 {
			return '?'
		}
		return r
	}, text)
}

// stack adds one stack.
func (l *layout) stack(d Document, r gitops.RunResult) {
	l.para(0, stackHeader(d, r))
	if len(r.Upstream) > 0 {
		l.para(2, Line{{"inputs from " + stackNames(r.Upstream) + " are previewed, not deployed", Faint}})
	}
	if len(r.Reasons) > 0 && (len(r.Changes.Changes) > 0 || r.State == gitops.RunFailed) {
		l.para(2, Line{{"why  " + reasonsText(r.Reasons), Faint}})
	}
	l.changes(r.Changes)
	for _, found := range renames(r.Changes) {
		l.para(2, Line{{"hint: ", Success}, {found.old.Type + " " + found.old.Name + " " + found.finding() + "; this option on the new one keeps the old:", Normal}})
		l.para(8, Line{{found.alias(), Normal}})
	}
	l.outputs(d, r)
	for _, line := range diagnosticLines(r) {
		l.para(2, line)
	}
	l.lines = append(l.lines, Line{})
}

// stackHeader is the line above a stack's changes.
func stackHeader(d Document, r gitops.RunResult) Line {
	line := Line{{r.Stack.String(), Strong}, {"  ", Normal}}
	switch r.State {
	case gitops.RunSkipped:
		return append(line, Span{"skipped: " + Clean(r.Skipped), Warning})
	case gitops.RunCancelled:
		line = append(line, Span{"cancelled", Warning})
		if r.Skipped != "" {
			return append(line, Span{": " + Clean(r.Skipped), Warning})
		}
	case gitops.RunFailed:
		line = append(line, Span{"failed", Failure})
	case gitops.RunQueued, gitops.RunRunning:
		return append(line, Span{string(r.State), Faint})
	default:
		line = append(line, d.counts(r.Changes.Summary())...)
		if r.Changes.Summary().Changed() == 0 && r.Changes.Same > 0 {
			return append(line, Span{fmt.Sprintf(", %d unchanged", r.Changes.Same), Faint})
		}
		return line
	}
	if r.Changes.Summary().Changed() > 0 {
		line = append(line, Span{" after ", Normal})
		line = append(line, d.counts(r.Changes.Summary())...)
	}
	return line
}

// changes adds the tree of a stack's changes. Sources stand at the right, in
// one column where the width allows.
func (l *layout) changes(set gitops.ChangeSet) {
	level := changeProperties
	if l.o.Diff {
		level = allProperties
	}
	rs := rows(set, treeOptions{ascii: l.o.ASCII, same: l.o.ShowSame, detail: level})
	left := make([]Line, len(rs))
	column := 0
	for i, r := range rs {
		left[i] = l.safe(rowLine(r))
		if w := l.o.Width; w > 0 && left[i].Width() > w && r.short != nil {
			r.text = r.short
			left[i] = l.safe(rowLine(r))
		}
		if r.right != "" && left[i].Width() <= 72 {
			column = max(column, left[i].Width())
		}
	}
	for i, r := range rs {
		if r.leaf != nil {
			l.lines = append(l.lines, l.leaf(r)...)
			continue
		}
		l.place(left[i], r.right, column)
	}
	if n := set.Same; n > 0 && len(set.Changes) > 0 {
		l.para(6, Line{{fmt.Sprintf("%d unchanged", n), Faint}})
	}
}

// place puts a source at the right of a line, or on the next one when there is
// no room.
func (l *layout) place(left Line, source string, column int) {
	width := l.o.Width
	if source == "" {
		l.lines = append(l.lines, left.Fit(width, l.o.ASCII))
		return
	}
	source = l.safe(Line{{source, Faint}}).String()
	n := columns(source)
	if width > 0 {
		column = min(column, width-n-2)
	}
	pad := max(column-left.Width(), 0) + 2
	if width <= 0 || left.Width()+pad+n <= width {
		l.lines = append(l.lines, append(slices.Clone(left), Span{strings.Repeat(" ", pad), Normal}, Span{source, Faint}))
		return
	}
	l.lines = append(l.lines, left.Fit(width, l.o.ASCII))
	below := Line{{strings.Repeat(" ", min(8, width/5)), Normal}, {source, Faint}}
	l.lines = append(l.lines, below.Fit(width, l.o.ASCII))
}

// rowLine is a row at its full width: two columns, the symbol in three, the
// guides, the text.
func rowLine(r row) Line {
	line := Line{{"  ", Normal}, {padRight(r.mark, 3) + " ", r.style}, {r.guide, Faint}}
	line = append(line, r.text...)
	if r.note != "" {
		line = append(line, Span{"  " + r.note, Warning})
	}
	return line
}

func padRight(s string, n int) string {
	return s + strings.Repeat(" ", max(n-columns(s), 0))
}

// outputs adds a stack's outputs after an update.
func (l *layout) outputs(d Document, r gitops.RunResult) {
	if d.planned() || d.Verb != Up || r.State != gitops.RunSucceeded || len(r.Outputs) == 0 {
		return
	}
	names := slices.Sorted(maps.Keys(r.Outputs))
	width := 0
	for _, n := range names {
		width = max(width, ansi.StringWidth(Clean(n)))
	}
	for i, n := range names {
		head := "        "
		if i == 0 {
			head = "outputs "
		}
		line := Line{{"  " + head, Faint}, {padRight(Clean(n), width) + "  ", Normal}, {Value(r.Outputs[n], 0), Normal}}
		l.lines = append(l.lines, l.safe(line).Fit(l.o.Width, l.o.ASCII))
	}
}
