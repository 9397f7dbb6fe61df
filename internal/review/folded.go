package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// blocked are the policy violations that stop an update. They are never left
// out, only shortened.
func (v *view) blocked(t tier) string {
	var lines []string
	excusable := false
	for _, x := range v.Violations {
		if x.Blocks() {
			lines = append(lines, "- "+v.violation(x, t.parts == wholeParts))
			excusable = excusable || x.Name != ""
		}
	}
	n := len(lines)
	if most := map[partRule]int{wholeParts: 50, shortParts: 30, noParts: 10}[t.parts]; n > most {
		lines = append(lines[:most], "- and "+plural(n-most, "more violation", "more violations"))
	}
	if n == 0 {
		return ""
	}
	if excusable && v.planned() && t.parts == wholeParts {
		lines = append(lines, "", "Change it, or have somebody answer for it in `policies/exemptions.yaml`, merged before this: the command at the end prints the entry.")
	}
	return v.alert("IMPORTANT", "**"+plural(n, "policy violation blocks", "policy violations block")+" the update**\n", lines)
}

// violation is one finding of a policy.
func (v *view) violation(x gitops.Violation, long bool) string {
	out := codeSpan(shorten(x.Policy, 100))
	if x.Stack != (gitops.StackID{}) {
		out += " " + boldStacks([]gitops.StackID{x.Stack})
	}
	if what := strings.TrimSpace(x.Type + " " + x.Name); what != "" {
		out += " " + codeSpan(shorten(what, 160))
	}
	limit := 120
	if long {
		limit = 400
	}
	out += ": " + prose(shorten(x.Message, limit))
	if long && x.Source != "" {
		out += " · " + v.place(x.Source)
	}
	return out
}

// policyChanges are what is proposed for the policies themselves.
func (v *view) policyChanges(t tier) string {
	var lines []string
	for _, x := range v.Violations {
		if x.Notable && !x.Blocks() {
			lines = append(lines, "- "+v.violation(x, t.parts == wholeParts))
		}
	}
	n := len(lines)
	if n == 0 {
		return ""
	}
	if most := map[partRule]int{wholeParts: 20, shortParts: 10, noParts: 5}[t.parts]; n > most {
		lines = append(lines[:most], "- and "+plural(n-most, "more change", "more changes"))
	}
	return v.alert("WARNING", "**The policies change.** Those of the base judge this pull request. What is proposed here judges what comes after it.\n", lines)
}

// policies are the findings that stop nothing: advice, and exemptions with who
// answers for them until when.
func (v *view) policies(t tier) string {
	var advice, exempt []string
	for _, x := range v.Violations {
		switch {
		case x.Exempt != nil:
			line := "- " + v.violation(x, true) + "\\\n  exempt until " + x.Exempt.Expires.Format("2006-01-02") + ", " +
				prose(shorten(x.Exempt.Owner, 80)) + ": " + prose(shorten(x.Exempt.Reason, 200))
			if x.Exempt.Where != "" {
				line += " · " + v.place(x.Exempt.Where)
			}
			exempt = append(exempt, line)
		case !x.Mandatory && !x.Notable:
			advice = append(advice, "- "+v.violation(x, true))
		}
	}
	var counts []string
	if len(advice) > 0 {
		counts = append(counts, plural(len(advice), "policy advises", "policies advise"))
	}
	if len(exempt) > 0 {
		counts = append(counts, plural(len(exempt), "exemption is used", "exemptions are used"))
	}
	if len(counts) == 0 {
		return ""
	}
	summary := strings.Join(counts, ", ")
	if t.parts != wholeParts {
		return strings.ToUpper(summary[:1]) + summary[1:] + ".\n"
	}
	return v.details(title{words(summary)}, strings.Join(most(append(advice, exempt...), 40), "\n")+"\n")
}

// most cuts a list and counts the rest.
func most(lines []string, n int) []string {
	if len(lines) <= n {
		return lines
	}
	return append(slices.Clone(lines[:n]), fmt.Sprintf("- and %d more", len(lines)-n))
}

// shipping lists the commits that go out with this one.
func (v *view) shipping(t tier) string {
	var lines, counts []string
	for _, s := range v.Ships {
		n := len(s.Commits) + s.More
		if n == 0 {
			continue
		}
		counts = append(counts, plural(n, "commit", "commits")+" to "+shorten(s.Environment, 80))
		head := "- **" + prose(shorten(s.Environment, 80)) + "**"
		if s.Deployed.SHA != "" {
			head += " has " + v.commit(s.Deployed) + " and also gets"
		} else {
			head += " also gets"
		}
		lines = append(lines, head)
		for _, c := range s.Commits {
			line := "  - " + v.commit(c) + " " + prose(shorten(c.Subject, 100))
			if c.Author != "" {
				line += ", " + prose(shorten(c.Author, 60))
			}
			lines = append(lines, line)
		}
		if s.More > 0 {
			lines = append(lines, fmt.Sprintf("  - and %d more", s.More))
		}
	}
	if len(counts) == 0 || t.parts == noParts {
		return ""
	}
	summary := "Already merged, ships with this: " + strings.Join(counts, ", ")
	if t.parts == shortParts {
		return prose(summary) + "\n"
	}
	return v.details(title{words(summary)}, strings.Join(lines, "\n")+"\n")
}

// why says why each stack is here, and which are not.
func (v *view) why(t tier) string {
	byReason := map[string][]gitops.StackID{}
	var order []string
	add := func(r gitops.Reason, id gitops.StackID) {
		key := r.Kind
		if d := strings.ReplaceAll(r.Detail, id.Environment+"/", ""); d != "" {
			key = prose(r.Kind) + " " + codeSpan(shorten(d, 200))
			if isSentence(r) {
				key = prose(shorten(d, 200))
			}
		}
		if len(byReason[key]) == 0 {
			order = append(order, key)
		}
		byReason[key] = append(byReason[key], id)
	}
	for _, r := range v.Stacks {
		for _, reason := range r.Reasons {
			add(reason, r.Stack)
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return len(byReason[b]) - len(byReason[a]) })
	var lines []string
	for _, key := range order {
		lines = append(lines, "- "+key+": "+stackList(byReason[key]))
	}
	for _, s := range v.Same {
		lines = append(lines, "- "+boldStacks([]gitops.StackID{s.Stack})+" registers the same resources and was not previewed: "+prose(shorten(reasonsText(s.Reasons), 200)))
	}
	summary := "Why these stacks"
	if n := len(v.Unaffected); n > 0 {
		unaffected := slices.SortedFunc(slices.Values(v.Unaffected), gitops.StackID.Compare)
		summary += fmt.Sprintf(", and not %s", plural(n, "other", "others"))
		lines = append(lines, "- not affected: "+stackList(unaffected))
	}
	if len(lines) == 0 || t.parts == noParts {
		return ""
	}
	if t.parts == shortParts {
		if n := len(v.Unaffected); n > 0 {
			return plural(n, "stack is", "stacks are") + " not affected.\n"
		}
		return ""
	}
	return v.details(title{words(summary)}, strings.Join(most(lines, 40), "\n")+"\n")
}

// stackList names stacks, and counts those that are too many to name.
func stackList(ids []gitops.StackID) string {
	const few = 12
	var parts []string
	for i, id := range ids {
		if i == few {
			return strings.Join(parts, ", ") + fmt.Sprintf(" and %d more", len(ids)-few)
		}
		parts = append(parts, prose(shorten(id.String(), 100)))
	}
	return strings.Join(parts, ", ")
}

// upgraded tells of stacks in which nothing happens but that a newer provider
// sees the same property of every resource in another way.
func (v *view) upgraded(t tier) string {
	var lines []string
	n, stacks := 0, 0
	props := make([]string, 0, len(v.upgrades))
	for p := range v.upgrades {
		props = append(props, p)
	}
	slices.Sort(props)
	for _, p := range props {
		runs := v.upgrades[p]
		var ids []gitops.StackID
		count := 0
		for _, r := range runs {
			ids = append(ids, r.Stack)
			count += len(r.Changes.Changes)
		}
		n, stacks = n+count, stacks+len(runs)
		lines = append(lines, "- "+codeSpan(shorten(p, 100))+" of "+plural(count, "resource", "resources")+" in "+stackList(ids))
		if len(runs[0].Changes.Changes) > 0 {
			ch := runs[0].Changes.Changes[0]
			lines = append(lines, "", fenced("diff", v.plainRows(gitops.ChangeSet{Stack: runs[0].Stack, Changes: []gitops.Change{ch}}, changeProperties)))
		}
	}
	if n == 0 {
		return ""
	}
	summary := "Provider upgrade: " + plural(n, "update", "updates") + " in " + plural(stacks, "stack", "stacks") + ", the same property each time and no change of code"
	if t.parts != wholeParts {
		return summary + ".\n"
	}
	return v.details(title{words(summary)}, strings.Join(lines, "\n")+"\n")
}
