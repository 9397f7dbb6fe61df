package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// level is how much of a folded section is shown. A lower one shows more.
type level int

const (
	fullLevel  level = iota // every change, with the properties of updates
	riskyLevel              // every change, with the properties of replacements only
	plainLevel              // every change
	briefLevel              // how many of each type, with some names
	noLevel                 // nothing: the table has the counts
)

// fill writes the folded sections of the stacks into a room. All get the best
// level at which all of them fit; what room is then left goes, level by level, to
// the ones that want a look most. It also says what was left out.
func (v *view) fill(room int) (text, left string) {
	parts := make([]string, len(v.folds))
	levels := make([]level, len(v.folds))
	all := noLevel
	for l := fullLevel; l < noLevel && all == noLevel; l++ {
		if used, ok := v.write(parts, l, room); ok {
			room, all = room-used, l
		}
	}
	if all == noLevel {
		clear(parts)
	}
	for i := range levels {
		levels[i] = all
	}
	for l := all - 1; l >= fullLevel; l-- {
		v.upgrade(parts, levels, l, &room)
	}
	return blocks(parts...), v.leftOut(levels)
}

// write writes all sections at one level, and tells whether they fit.
func (v *view) write(parts []string, l level, room int) (used int, fits bool) {
	for i, f := range v.folds {
		if used+smallest(f, l) > room {
			return 0, false
		}
		parts[i] = v.section(f, l)
		if used += len(parts[i]) + 1; used > room {
			return 0, false
		}
	}
	return used, true
}

// tries is how many sections may turn out too long before a level is given up.
const tries = 4

// upgrade shows more of the sections, in order, as far as there is room.
func (v *view) upgrade(parts []string, levels []level, l level, room *int) {
	failed := 0
	for i, f := range v.folds {
		if failed == tries {
			return
		}
		if levels[i] != l+1 || smallest(f, l)-len(parts[i]) > *room {
			continue
		}
		text := v.section(f, l)
		more := len(text) - len(parts[i]) + 1
		if more > *room {
			failed++
			continue
		}
		parts[i], levels[i] = text, l
		*room -= more
	}
}

// smallest is a length that a section has at least.
func smallest(f *fold, l level) int {
	if l <= plainLevel && len(f.runs[0].Changes.Changes) > 100 {
		return 10 * len(f.runs[0].Changes.Changes)
	}
	return 60
}

// leftOut says what is not shown, and where it is.
func (v *view) leftOut(levels []level) string {
	count := map[level]int{}
	for i, f := range v.folds {
		count[levels[i]] += len(f.runs)
	}
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{
		{count[riskyLevel] + count[plainLevel], "the properties of updates in %s"},
		{count[briefLevel], "the single resources of %s"},
		{count[noLevel], "the changes of %s"},
	} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf(c.what, plural(c.n, "stack", "stacks")))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	all := "`trunkline preview` shows all of it."
	if target := linkTarget(v.o.Link); target != "" {
		all = "[All of it](" + target + ")."
	} else if v.Reproduce != "" {
		all = codeSpan(shorten(v.Reproduce, 120)) + " shows all of it."
	}
	return "Left out, too long for a comment: " + strings.Join(parts, ", ") + ". " + all + "\n"
}

// section is one folded section.
func (v *view) section(f *fold, l level) string {
	r := f.runs[0]
	var parts []string
	if len(f.runs) > titleStacks {
		var ids []string
		for _, r := range f.runs {
			ids = append(ids, prose(shorten(r.Stack.String(), 100)))
		}
		parts = append(parts, "In "+strings.Join(most(ids, 60), ", "))
	}
	if lines := v.changeLines(r.Changes, l); len(lines) > 0 {
		parts = append(parts, fenced("diff", lines))
	}
	parts = append(parts, v.outputLines(r.Stack))
	var messages []string
	for _, line := range diagnosticLines(r) {
		messages = append(messages, shorten(line.String(), 400))
	}
	limit := 40
	if l == briefLevel {
		limit = 6
	}
	if len(messages) > limit {
		messages = append(messages[:limit], fmt.Sprintf("… and %d more lines", len(messages)-limit))
	}
	if len(messages) > 0 {
		parts = append(parts, fenced("text", messages))
	}
	return v.details(v.sectionTitle(f), blocks(parts...))
}

// titleStacks is how many stacks are named in a title.
const titleStacks = 6

func (v *view) sectionTitle(f *fold) title {
	var t title
	for i, r := range f.runs {
		if i == titleStacks {
			t = append(t, words(fmt.Sprintf(" and %d more", len(f.runs)-i)))
			break
		}
		if i > 0 {
			t = append(t, words(", "))
		}
		t = append(t, named(r.Stack.String()))
	}
	r := f.runs[0]
	what := ": "
	if slices.Contains(v.Removed, r.Stack) {
		what = ", no longer in the estate: "
	}
	if r.State == gitops.RunSucceeded || r.State == "" {
		what += v.counts(r.Changes.Summary()).String()
	} else {
		what += string(r.State)
	}
	if len(f.runs) > 1 {
		what += ", the same in each"
	}
	if len(r.Upstream) > 0 {
		names := make([]string, 0, len(r.Upstream))
		for _, u := range r.Upstream {
			names = append(names, u.Name)
		}
		slices.Sort(names)
		what += ", assumes " + shorten(strings.Join(names, "'s and "), 120) + "'s change"
	}
	return append(t, words(what))
}

// outputLines are the outputs of a stack that change, and who reads them.
func (v *view) outputLines(id gitops.StackID) string {
	var lines []string
	for _, o := range v.Outputs {
		if o.Stack != id {
			continue
		}
		leaf := Leaf{Op: gitops.OpUpdate, Old: o.Old, New: o.New}
		switch {
		case o.Old == nil:
			leaf.Op = gitops.OpCreate
		case o.New == nil:
			leaf.Op = gitops.OpDelete
		}
		sign := map[gitops.Op]string{gitops.OpCreate: "new output ", gitops.OpDelete: "output that goes "}[leaf.Op]
		if sign == "" {
			sign = "output "
		}
		line := "- " + sign + codeSpan(shorten(o.Name, 100)) + ": " + codeSpan(shorten(leafValues(leaf, valueWidth).String(), 300))
		var readers []string
		for _, u := range o.ReadBy {
			readers = append(readers, prose(shorten(u.Name, 80)))
		}
		slices.Sort(readers)
		if len(readers) > 0 {
			line += ", read by " + strings.Join(most(readers, 10), ", ")
		}
		lines = append(lines, line)
	}
	return strings.Join(most(lines, 30), "\n")
}
