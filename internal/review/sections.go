package review

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// failed are the stacks that could not be previewed, each with its first error.
func (v *view) failed(t tier) string {
	var lines []string
	for _, r := range v.Stacks {
		if r.State != gitops.RunFailed {
			continue
		}
		if len(lines) == 20 || t.danger >= dangerTop && len(lines) == 3 {
			lines = append(lines, "- and "+plural(v.count(gitops.RunFailed)-len(lines), "more stack", "more stacks"))
			break
		}
		lines = append(lines, "- "+boldStacks([]gitops.StackID{r.Stack})+" failed"+firstError(r))
	}
	if len(lines) == 0 {
		return ""
	}
	return v.alert("WARNING", "**"+plural(v.count(gitops.RunFailed), "stack", "stacks")+" failed**\n", lines)
}

func firstError(r gitops.RunResult) string {
	if r.Err == nil {
		return ""
	}
	text, _, _ := strings.Cut(r.Err.Error(), "\n")
	return ": " + codeSpan(shorten(text, 300))
}

// waiting says why runs did not happen, and what a mark in the table means.
func (v *view) waiting(t tier) string {
	if t.rows == noRows {
		return ""
	}
	var lines []string
	assumes := false
	for _, r := range v.Stacks {
		assumes = assumes || len(r.Upstream) > 0 && r.State == gitops.RunSucceeded && r.Changes.Summary().Changed() > 0
		if r.Skipped == "" {
			continue
		}
		if len(lines) == 20 {
			lines = append(lines, "- and more")
			break
		}
		line := "- " + boldStacks([]gitops.StackID{r.Stack}) + " "
		if up, why, ok := waitsFor(r); ok {
			line += "waits for " + codeSpan(up) + ", " + prose(shorten(why, 200))
		} else {
			line += string(r.State) + ": " + prose(shorten(r.Skipped, 200))
		}
		lines = append(lines, line)
	}
	out := strings.Join(lines, "\n")
	if _, envs, _ := v.axes(); assumes && v.planned() && len(envs) > 1 {
		out = strings.TrimPrefix(out+"\n\n", "\n\n") + v.small(`\* assumes changes of stacks that it reads from, which are previewed too`)
	}
	return out
}

// place names a line of the program, with its address where there is one.
func (v *view) place(source string) string {
	source = shorten(source, 200)
	file, line, ok := strings.Cut(source, ":")
	n, err := strconv.Atoi(line)
	if !ok || err != nil || v.o.Source == nil {
		return codeSpan(source)
	}
	return link(source, v.o.Source(file, n))
}

// commit names a commit, with its address where there is one.
func (v *view) commit(r gitops.Revision) string {
	if v.o.Commit == nil || r.SHA == "" {
		return codeSpan(r.Short())
	}
	return link(r.Short(), v.o.Commit(r.SHA))
}

// hints are the likely renames, each with the option that keeps the resource.
func (v *view) hints(t tier) string {
	if t.parts == noParts {
		return ""
	}
	var lines []string
	for i, r := range v.renames {
		if i == 10 || i == 3 && t.parts == shortParts {
			lines = append(lines, "- and "+plural(len(v.renames)-i, "more pair", "more pairs"))
			break
		}
		lines = append(lines, "- "+boldStacks(r.stacks)+": "+codeSpan(shorten(r.old.Type+" "+r.old.Name, 160))+" "+prose(r.finding())+
			". This option on the new one keeps the old:\\\n  "+codeSpan(shorten(r.alias(), 300)))
	}
	return v.alert("TIP", "**Renamed rather than replaced?**\n", lines)
}

// addRenames adds the likely renames of a run, and the run to those that were
// found before.
func addRenames(list []rename, r gitops.RunResult) []rename {
	for _, found := range renames(r.Changes) {
		found.stacks = []gitops.StackID{r.Stack}
		at := slices.IndexFunc(list, func(x rename) bool {
			return x.old.Type == found.old.Type && x.finding() == found.finding() && x.old.Name == found.old.Name && x.alias() == found.alias()
		})
		if at >= 0 {
			list[at].stacks = append(list[at].stacks, r.Stack)
		} else {
			list = append(list, found)
		}
	}
	return list
}

// mergeLine says in one line what happens after the merge.
func (v *view) mergeLine(t tier) string {
	if len(v.Merge) == 0 || t.parts == noParts {
		return ""
	}
	var steps []string
	for _, m := range v.Merge {
		var what []string
		if len(m.Stacks) > 0 {
			what = append(what, plural(len(m.Stacks), "stack", "stacks"))
		}
		if len(m.Also) > 0 {
			what = append(what, "besides this: "+prose(m.also()))
		}
		if m.Approval != "" {
			what = append(what, approvalText(m))
		}
		comma := ", "
		if len(m.Also) > 0 { // which has commas of its own
			comma = "; "
		}
		steps = append(steps, "**"+prose(shorten(m.Environment, 80))+"** ("+strings.Join(what, comma)+")")
	}
	return "After the merge: " + strings.Join(steps, " → ")
}

// also names the stacks that are not part of the review and run all the same.
func (m MergeStep) also() string {
	const few = 5
	var names []string
	for i, id := range m.Also {
		if i == few {
			names = append(names, fmt.Sprintf("%d more", len(m.Also)-few))
			break
		}
		names = append(names, shorten(id.Name, 60))
	}
	return enumerate(names) + ", not fully deployed yet"
}

// approvalText says who must agree, and why.
func approvalText(m MergeStep) string {
	out := plural(max(m.Count, 1), "approval", "approvals")
	if len(m.From) > 0 {
		var from []string
		for _, f := range m.From {
			from = append(from, codeSpan(shorten(f, 60)))
		}
		out += " by " + strings.Join(from, " or ")
	}
	return out + " needed: " + prose(shorten(m.Approval, 200))
}

// next are the commands that a reader may want now.
func (v *view) next() string {
	if len(v.o.Next) == 0 {
		return ""
	}
	parts := make([]string, 0, len(v.o.Next))
	for _, n := range v.o.Next {
		parts = append(parts, codeSpan(n))
	}
	return "**Next** " + strings.Join(parts, " · ") + "\n"
}

// madeWith says what the comment was made from, and how to make it again.
func (v *view) madeWith(t tier) string {
	var parts []string
	if states := v.stateVersions(); states != "" && t.rows != noRows {
		parts = append(parts, "state "+states)
	}
	if t.parts != noParts {
		var tools []string
		for _, tool := range v.Toolchain {
			tools = append(tools, prose(shorten(tool.Name+" "+tool.Version, 80)))
		}
		if len(tools) > 0 {
			parts = append(parts, strings.Join(tools, ", "))
		}
		if v.Program != "" {
			parts = append(parts, "program "+codeSpan(shortDigest(v.Program)))
		}
		for _, n := range v.Notes {
			parts = append(parts, prose(shorten(n, 300)))
		}
	}
	if v.Digest != "" {
		parts = append(parts, "changes "+codeSpan(shortDigest(v.Digest)))
	}
	if v.Reproduce != "" {
		parts = append(parts, "again: "+codeSpan(shorten(v.Reproduce, 300)))
	}
	if len(parts) == 0 {
		return ""
	}
	return v.small(strings.Join(parts, " · ")) + "\n"
}

// stateVersions are the versions of the states that the previews started from,
// when there are few.
func (v *view) stateVersions() string {
	if len(v.Stacks) > 12 {
		return ""
	}
	var out []string
	for _, r := range v.Stacks {
		if r.StateVersion > 0 {
			out = append(out, fmt.Sprintf("%s v%d", prose(shorten(r.Stack.String(), 80)), r.StateVersion))
		}
	}
	return strings.Join(out, ", ")
}

func shortDigest(digest string) string {
	return shorten(digest[:min(len(digest), len("sha256:")+12)], 80)
}
