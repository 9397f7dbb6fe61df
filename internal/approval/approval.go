// Package approval decides what somebody must agree to before it runs.
package approval

import (
	"fmt"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// When says for which changes an environment asks for approval.
type When string

// The rules of `deploy.approvals.when`.
const (
	Always      When = "always"
	Destructive When = "destructive"
	Never       When = "never"
)

// Guard is what an environment asks for.
type Guard struct {
	When When
	// Protect refuses destroy, and asks for approval when a resource is deleted
	// or replaced.
	Protect bool
}

// Needed tells whether the change sets need approval under the guard, and why.
// No change needs none.
func Needed(g Guard, sets []gitops.ChangeSet) (needed bool, why string) {
	changed, destroyed, example := 0, 0, ""
	for _, set := range sets {
		for _, ch := range set.Changes {
			changed++
			if ch.Op.IsDestructive() {
				destroyed++
				if example == "" {
					example = fmt.Sprintf("%s of %s %s", ch.Op, ch.Type, ch.Name)
				}
			}
		}
	}
	switch {
	case changed == 0:
		return false, ""
	case g.When == Always:
		return true, plural(changed, "resource changes", "resources change") + "; every change here needs approval"
	case destroyed > 0 && (g.When == Destructive || g.Protect):
		if destroyed > 1 {
			example += fmt.Sprintf(" and %d more", destroyed-1)
		}
		return true, example + "; deletes and replacements need approval here"
	}
	return false, ""
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// MayDestroy tells whether whole stacks of the environment may be destroyed.
func MayDestroy(g Guard) bool { return !g.Protect }
