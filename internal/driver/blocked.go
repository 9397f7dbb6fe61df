package driver

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/exemption"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Blocked is the error for violations that nobody is exempt from: each with the
// line that declares what it is about, and what can be done. nil when there are
// none. base is what the proposal is compared with, zero when nothing is.
func Blocked(found []gitops.Violation, base gitops.Revision) error {
	const most = 3
	var all, named []gitops.Violation
	for _, v := range found {
		if v.Blocks() {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b gitops.Violation) int { // the engine deletes in any order
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), a.Stack.Compare(b.Stack), cmp.Compare(a.URN, b.URN))
	})
	named = all[:min(len(all), most)]
	lines := []string{fmt.Sprintf("policies forbid this in %d places:", len(all))}
	for _, v := range named {
		lines = append(lines, "  "+violationText(v))
	}
	if len(named) == 1 { // those who show one line only show it
		lines = []string{"policies forbid this: " + violationText(named[0])}
	}
	if more := len(all) - len(named); more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more", more))
	}
	return &gitops.Error{Kind: gitops.Violated, What: strings.Join(lines, "\n"), Next: wayOut(named, base)}
}

// violationText is a violation in one line: "keep-data: dev/data jobs: deleting it …
// (stacks/data/data.go:48)".
func violationText(v gitops.Violation) string {
	text := v.Policy + ": " + subject(v) + v.Message
	if v.Source != "" {
		text += " (" + v.Source + ")"
	}
	return text
}

// wayOut says what to do about violations: change what they are about, or have
// somebody answer for them, in the file that counts.
func wayOut(named []gitops.Violation, base gitops.Revision) string {
	var entries []string
	for _, v := range named {
		entry := strings.Join(exemption.Entry(v), "\n  ")
		if v.Policy != undecided && !slices.Contains(entries, entry) { // one lets several pass
			entries = append(entries, entry)
		}
	}
	if len(entries) == 0 {
		return "mend the policies; trunkline validate says what is wrong with them"
	}
	where := "add to " + exemption.File + ":"
	if base.SHA != "" {
		where = "add, in a change that is merged before, to " + exemption.File + ":"
	}
	return "change what they are about, or let somebody answer for it until a day: " + where +
		"\nversion: 1\nexemptions:\n  " + strings.Join(entries, "\n  ")
}

// subject names what a violation is about: "dev/data jobs: ".
func subject(v gitops.Violation) string {
	var words []string
	if v.Stack.Name != "" {
		words = append(words, v.Stack.String())
	}
	if v.Name != "" {
		words = append(words, v.Name)
	}
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, " ") + ": "
}
