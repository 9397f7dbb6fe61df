package driver

import (
	"fmt"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/policy"
)

// weakened says what a proposal does to the policies that will judge what comes
// after it: which go, become advice, or hold in other environments. What their
// code does otherwise is for people to read.
func weakened(before, after policy.Description) []gitops.Violation {
	var out []gitops.Violation
	say := func(p policy.Info, format string, args ...any) {
		out = append(out, gitops.Violation{Policy: p.Name, Source: p.Source, Notable: true, Message: fmt.Sprintf(format, args...)})
	}
	for _, was := range before.Policies {
		i := slices.IndexFunc(after.Policies, func(p policy.Info) bool { return p.Name == was.Name })
		if i < 0 {
			say(was, "this %s policy is removed", was.Level)
			continue
		}
		is := after.Policies[i]
		if was.Level == policy.Mandatory && is.Level != policy.Mandatory {
			say(is, "this policy becomes %s: it stops nothing any more", is.Level)
		}
		if a, b := was.Scope(), is.Scope(); a != b {
			say(is, "this policy holds %s instead of %s", b, a)
		}
	}
	if len(out) == 0 {
		out = append(out, gitops.Violation{Policy: undecided, Notable: true, Message: "their code changes; none of them is removed or becomes advice"})
	}
	return out
}
