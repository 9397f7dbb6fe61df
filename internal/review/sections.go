package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// matrix is the table of stacks and environments. When there are many stacks
// the ones that want a look most are shown.
func matrix(d Document, t tier) string {
	if t.rows == 0 {
		return ""
	}
	names, envs, cells := axes(d)
	shown := names
	if len(names) > t.rows {
		weight := map[string]int{}
		for id, r := range cells {
			weight[id.Name] = max(weight[id.Name], risk(r))
		}
		shown = slices.Clone(names)
		slices.SortStableFunc(shown, func(a, b string) int { return weight[b] - weight[a] })
		shown = shown[:t.rows]
	}
	var b strings.Builder
	b.WriteString("| stack |")
	for _, e := range envs {
		b.WriteString(" " + cellText(e) + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(envs)) + "\n")
	for _, n := range shown {
		b.WriteString("| " + cellText(n) + " |")
		for _, e := range envs {
			r, ok := cells[gitops.StackID{Name: n, Environment: e}]
			b.WriteString(" " + cell(r, ok) + " |")
		}
		b.WriteString("\n")
	}
	if more := len(names) - len(shown); more > 0 {
		b.WriteString("\nand " + plural(more, "stack", "stacks") + " with less to look at\n")
	}
	return b.String()
}

// axes are the names of the stacks and of the environments, in the order of the
// document, and what stands where they meet.
func axes(d Document) (names, envs []string, cells map[gitops.StackID]gitops.RunResult) {
	cells = map[gitops.StackID]gitops.RunResult{}
	seenName, seenEnv := map[string]bool{}, map[string]bool{}
	for _, r := range d.sorted() {
		if !seenEnv[r.Stack.Environment] {
			seenEnv[r.Stack.Environment] = true
			envs = append(envs, r.Stack.Environment)
		}
		if !seenName[r.Stack.Name] {
			seenName[r.Stack.Name] = true
			names = append(names, r.Stack.Name)
		}
		cells[r.Stack] = r
	}
	return names, envs, cells
}

// skips says why runs did not happen.
func skips(d Document, t tier) string {
	var lines []string
	for _, r := range d.sorted() {
		if r.Skipped == "" {
			continue
		}
		if len(lines) == t.rows {
			lines = append(lines, "- and more")
			break
		}
		lines = append(lines, "- **"+prose(r.Stack.String())+"** "+string(r.State)+": "+prose(shorten(r.Skipped, 200)))
	}
	if t.rows == 0 {
		return ""
	}
	return strings.Join(lines, "\n")
}

// risk orders stacks by how much they want a look.
func risk(r gitops.RunResult) int {
	s := r.Changes.Summary()
	switch {
	case s.Replace+s.Delete > 0:
		return 4
	case r.State == gitops.RunFailed:
		return 3
	case r.State != gitops.RunSucceeded:
		return 2
	case s.Changed() > 0:
		return 1
	}
	return 0
}

func cellText(name string) string { return prose(shorten(name, 80)) }

// cell is one stack in one environment, in as few characters as possible.
func cell(r gitops.RunResult, there bool) string {
	if !there {
		return "–"
	}
	if r.State == gitops.RunFailed {
		return "**failed**"
	}
	if r.State != gitops.RunSucceeded {
		return string(r.State)
	}
	s := r.Changes.Summary()
	var parts []string
	for _, c := range []struct {
		n    int
		sign string
	}{{s.Create, "+%d"}, {s.Update, "~%d"}, {s.Replace, "**-/+%d**"}, {s.Delete, "**-%d**"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf(c.sign, c.n))
		}
	}
	if len(parts) == 0 {
		return "no change"
	}
	return strings.ReplaceAll(strings.Join(parts, " "), "~", `\~`)
}

// hints are what a reviewer may want to suggest.
func hints(d Document, t tier) string {
	if t.folds == foldNone {
		return ""
	}
	var lines []string
	for _, r := range d.sorted() {
		for _, h := range renames(r.Changes) {
			lines = append(lines, "> **"+prose(r.Stack.String())+"**: "+prose(h))
		}
	}
	if len(lines) > 10 {
		lines = lines[:10]
	}
	if len(lines) == 0 {
		return ""
	}
	return "> [!TIP]\n" + strings.Join(lines, "\\\n") + "\n"
}

// folds are the folded sections: one for all stacks of one name that change in
// the same way, the ones that want a look first.
func folds(d Document, t tier) string {
	if t.folds == foldNone {
		return ""
	}
	type group struct {
		runs []gitops.RunResult
		body string
	}
	var groups []*group
	byBody := map[string]*group{}
	for _, r := range d.sorted() {
		if least := map[foldRule]int{foldAll: 1, foldRisky: 3}[t.folds]; risk(r) < least {
			continue
		}
		body := foldBody(r, t)
		if body == "" {
			continue
		}
		key := r.Stack.Name + "\x00" + string(r.State) + "\x00" + body
		if g, ok := byBody[key]; ok {
			g.runs = append(g.runs, r)
			continue
		}
		g := &group{[]gitops.RunResult{r}, body}
		byBody[key] = g
		groups = append(groups, g)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return risk(b.runs[0]) - risk(a.runs[0]) })
	var out []string
	for _, g := range groups {
		out = append(out, "<details><summary>"+foldTitle(d, g.runs)+"</summary>\n\n"+g.body+"\n</details>\n")
	}
	return strings.Join(out, "\n")
}

func foldTitle(d Document, runs []gitops.RunResult) string {
	var names []string
	for _, r := range runs {
		names = append(names, "<b>"+htmlCode(r.Stack.String())+"</b>")
	}
	r := runs[0]
	title := strings.Join(names, ", ") + ": "
	if r.State == gitops.RunSucceeded {
		title += d.counts(r.Changes.Summary()).String()
	} else {
		title += string(r.State)
	}
	if len(runs) > 1 {
		title += ", the same in each"
	}
	return title
}

// foldBody is the inside of a folded section. It holds nothing that differs
// between environments with the same changes.
func foldBody(r gitops.RunResult, t tier) string {
	var parts []string
	lines := diffLines(r.Changes, t.detail)
	if len(r.Reasons) > 0 && (len(lines) > 0 || r.State == gitops.RunFailed) {
		why := strings.ReplaceAll(reasonsText(r.Reasons), r.Stack.Environment+"/", "")
		parts = append(parts, "Why: "+prose(why)+"\n")
	}
	if len(r.Upstream) > 0 {
		names := make([]string, 0, len(r.Upstream))
		for _, u := range r.Upstream {
			names = append(names, u.Name)
		}
		parts = append(parts, "Inputs from "+codeSpan(strings.Join(names, ", "))+" are previewed, not deployed.\n")
	}
	if len(lines) > 0 {
		parts = append(parts, fenced("diff", lines))
	}
	var messages []string
	for _, l := range diagnosticLines(r) {
		messages = append(messages, l.String())
	}
	if len(messages) > 40 {
		messages = append(messages[:40], fmt.Sprintf("… and %d more lines", len(messages)-40))
	}
	if len(messages) > 0 {
		parts = append(parts, fenced("text", messages))
	}
	return strings.Join(parts, "\n")
}

// diffLines is the change tree in the form that forges colour: the sign leads
// the line.
func diffLines(set gitops.ChangeSet, level detail) []string {
	var out []string
	for _, r := range rows(set, treeOptions{detail: level}) {
		if r.leaf != nil {
			sign := map[gitops.Op]string{gitops.OpCreate: "+", gitops.OpDelete: "-"}[r.leaf.Op]
			if sign == "" {
				sign = "!"
			}
			out = append(out, sign+"   "+r.guide+r.leaf.Line(valueWidth).String())
			continue
		}
		text := padRight(r.mark, 3) + " " + r.guide + r.text.String()
		if r.note != "" {
			text += "  " + r.note
		}
		if r.right != "" {
			text += "  " + r.right
		}
		out = append(out, strings.TrimRight(text, " "))
	}
	return out
}

// full says where to see what was left out.
func full(o MarkdownOptions) string {
	if o.Link != "" {
		return "[All of it](" + linkTarget(o.Link) + ")."
	}
	return "`trunkline preview` shows all of it."
}

func next(o MarkdownOptions) string {
	if len(o.Next) == 0 {
		return ""
	}
	parts := make([]string, 0, len(o.Next))
	for _, n := range o.Next {
		parts = append(parts, codeSpan(n))
	}
	return "**Next** " + strings.Join(parts, " · ") + "\n"
}

// footer says what the comment was made from.
func footer(d Document, o MarkdownOptions, t tier) string {
	parts := []string{d.title() + " of " + codeSpan(d.Head.Short())}
	if d.Base.SHA != "" {
		parts = append(parts, "against "+codeSpan(d.Base.Short()))
	}
	if len(d.Stacks) <= 12 && t.rows > 0 {
		var states []string
		for _, r := range d.sorted() {
			if r.StateVersion > 0 {
				states = append(states, fmt.Sprintf("%s v%d", prose(r.Stack.String()), r.StateVersion))
			}
		}
		if len(states) > 0 {
			parts = append(parts, "state "+strings.Join(states, ", "))
		}
	}
	if d.Took > 0 {
		parts = append(parts, Duration(d.Took))
	}
	if t.rows > 0 {
		for _, n := range d.Notes {
			parts = append(parts, prose(n))
		}
	}
	if o.Link != "" {
		parts = append(parts, "[details]("+linkTarget(o.Link)+")")
	}
	return "<sub>" + strings.Join(parts, " · ") + "</sub>\n"
}
