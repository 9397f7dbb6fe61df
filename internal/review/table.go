package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// table shows every stack in every environment, in as few characters as
// possible, with what is replaced and deleted in columns of their own. With one
// environment each count has its column.
func (v *view) table(t tier) string {
	names, envs, cells := v.axes()
	if t.rows == noRows || len(names) == 0 || !v.worthTable() {
		return ""
	}
	shown := names
	if t.rows == riskyRows {
		shown = slices.DeleteFunc(slices.Clone(names), func(n string) bool {
			return !slices.ContainsFunc(envs, func(e string) bool { return risk(cells[gitops.StackID{Name: n, Environment: e}]) >= 2 })
		})
	}
	var b strings.Builder
	switch {
	case len(shown) == 0:
	case len(envs) == 1:
		v.oneEnvironment(&b, shown, envs[0], cells)
	default:
		v.matrix(&b, shown, envs, cells)
	}
	if more := len(names) - len(shown); more > 0 {
		fmt.Fprintf(&b, "\nand %s with only creates and updates\n", plural(more, "stack", "stacks"))
	}
	return b.String()
}

// worthTable tells whether there is anything in it.
func (v *view) worthTable() bool {
	return v.Summary().Changed() > 0 || len(v.Removed) > 0 ||
		slices.ContainsFunc(v.Stacks, func(r gitops.RunResult) bool { return r.State != gitops.RunSucceeded })
}

func (v *view) matrix(b *strings.Builder, names, envs []string, cells map[gitops.StackID]gitops.RunResult) {
	all := v.Summary()
	header := append([]string{"stack"}, each(envs, cellText)...)
	if all.Replace > 0 {
		header = append(header, "replace")
	}
	if all.Delete > 0 {
		header = append(header, "delete")
	}
	writeRow(b, header)
	b.WriteString("|---|" + strings.Repeat("---|", len(envs)) + strings.Repeat("--:|", len(header)-1-len(envs)) + "\n")
	for _, n := range names {
		row := []string{cellText(n)}
		var sum gitops.Summary
		for _, e := range envs {
			id := gitops.StackID{Name: n, Environment: e}
			row = append(row, v.cell(id, cells))
			sum = sum.Add(cells[id].Changes.Summary())
		}
		if all.Replace > 0 {
			row = append(row, strong(sum.Replace))
		}
		if all.Delete > 0 {
			row = append(row, strong(sum.Delete))
		}
		writeRow(b, row)
	}
	if all.Changed() > 0 {
		b.WriteString("\n" + v.small(`+ create, \~ update, -/+ replace, - delete`) + "\n")
	}
}

func (v *view) oneEnvironment(b *strings.Builder, names []string, env string, cells map[gitops.StackID]gitops.RunResult) {
	writeRow(b, []string{"stack", "create", "update", "replace", "delete", "unchanged"})
	b.WriteString("|---|--:|--:|--:|--:|--:|\n")
	for _, n := range names {
		id := gitops.StackID{Name: n, Environment: env}
		r, ok := cells[id]
		row := []string{cellText(id.String())}
		if s := r.Changes.Summary(); ok && r.State == gitops.RunSucceeded {
			row = append(row, number(s.Create), number(s.Update), strong(s.Replace), strong(s.Delete), fmt.Sprint(s.Same))
		} else {
			row = append(row, v.cell(id, cells), "", "", "", "")
		}
		writeRow(b, row)
	}
}

func writeRow(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func strong(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("**%d**", n)
}

func cellText(name string) string { return prose(shorten(name, 80)) }

// axes are the names of the stacks and of the environments, and what stands
// where they meet.
func (v *view) axes() (names, envs []string, cells map[gitops.StackID]gitops.RunResult) {
	cells = map[gitops.StackID]gitops.RunResult{}
	for _, r := range v.Stacks {
		cells[r.Stack] = r
	}
	ids := make([]gitops.StackID, 0, len(v.Stacks)+len(v.Same))
	for _, r := range v.Stacks {
		ids = append(ids, r.Stack)
	}
	for _, s := range v.Same {
		ids = append(ids, s.Stack)
	}
	found := map[string]bool{}
	seen := map[string]bool{}
	for _, id := range ids {
		if !seen[id.Name] {
			seen[id.Name] = true
			names = append(names, id.Name)
		}
		found[id.Environment] = true
	}
	slices.Sort(names)
	for _, e := range v.Environments {
		if found[e] {
			envs = append(envs, e)
			delete(found, e)
		}
	}
	for _, id := range ids {
		if found[id.Environment] {
			envs = append(envs, id.Environment)
			delete(found, id.Environment)
		}
	}
	return names, envs, cells
}

// cell is one stack in one environment.
func (v *view) cell(id gitops.StackID, cells map[gitops.StackID]gitops.RunResult) string {
	r, there := cells[id]
	switch {
	case !there && slices.ContainsFunc(v.Same, func(s SameStack) bool { return s.Stack == id }):
		return "same resources"
	case !there && slices.Contains(v.Unaffected, id):
		return "not affected"
	case !there:
		return "–"
	}
	switch r.State {
	case gitops.RunSucceeded:
	case gitops.RunFailed:
		return "**failed**"
	case gitops.RunSkipped:
		if up, _, ok := waitsFor(r); ok {
			return "waits for " + cellText(up)
		}
		return "not previewed"
	case gitops.RunRunning:
		return "running …"
	default:
		return string(r.State)
	}
	out := counted(r.Changes.Summary())
	if slices.Contains(v.Removed, id) {
		out = "removed: " + out
	}
	if len(r.Upstream) > 0 && r.Changes.Summary().Changed() > 0 {
		out += " \\*"
	}
	return out
}

// counted writes counts with their signs.
func counted(s gitops.Summary) string {
	var parts []string
	for _, c := range []struct {
		n    int
		sign string
	}{{s.Create, "+%d"}, {s.Update, `\~%d`}, {s.Replace, "**-/+%d**"}, {s.Delete, "**-%d**"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf(c.sign, c.n))
		}
	}
	if len(parts) == 0 {
		return "no change"
	}
	return strings.Join(parts, " ")
}

// risk orders stacks by how much they want a look.
func risk(r gitops.RunResult) int {
	s := r.Changes.Summary()
	switch {
	case s.Replace+s.Delete > 0:
		return 4
	case r.State == gitops.RunFailed:
		return 3
	case r.State != gitops.RunSucceeded && r.State != "":
		return 2
	case s.Changed() > 0:
		return 1
	}
	return 0
}

// waitsFor returns the stack that kept a run from happening, and what became of
// it: the scheduler says "needs dev/network, which failed".
func waitsFor(r gitops.RunResult) (upstream, why string, ok bool) {
	rest, ok := strings.CutPrefix(r.Skipped, "needs ")
	if !ok {
		return "", "", false
	}
	upstream, why, ok = strings.Cut(rest, ", ")
	return strings.TrimPrefix(upstream, r.Stack.Environment+"/"), why, ok
}
