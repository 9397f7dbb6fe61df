package exemption

import (
	"fmt"
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/policy"
)

// Name is the policy that advice about exemptions themselves goes under.
const Name = "exemptions"

// Context is what the exemptions are held against.
type Context struct {
	Now time.Time
	// Policies are the names of those that were asked.
	Policies []string
	// Looked and Estate are the stacks that were looked at, and all there are. An
	// exemption is not needed only when nothing that it is for is left out.
	Looked, Estate []gitops.StackID
}

// Apply lets the violations pass that an exemption is for. One that has expired
// lets nothing pass and is named in the violation. What is not needed, or is for
// no policy, is advice.
func Apply(list []Exemption, found []gitops.Violation, c Context) []gitops.Violation {
	used := map[string]bool{}
	out := slices.Clone(found)
	for i, v := range out {
		var last *Exemption // the one that holds longest
		for j, e := range list {
			if e.covers(v) {
				used[e.Where] = true
				if last == nil || e.day.After(last.day) {
					last = &list[j]
				}
			}
		}
		switch {
		case last == nil:
		case last.Holds(c.Now):
			out[i].Exempt = &gitops.Exemption{Owner: last.Owner, Reason: last.Reason, Expires: last.day, Where: last.Where}
		default:
			out[i].Message += fmt.Sprintf("; its exemption expired %s, owner %s, %s", ago(last.day, c.Now), last.Owner, last.Where)
		}
	}
	for _, e := range list {
		if text := e.advice(used[e.Where], c); text != "" {
			out = append(out, gitops.Violation{Policy: Name, Message: text, Source: e.Where})
		}
	}
	return out
}

// covers tells whether the exemption is for a violation.
func (e Exemption) covers(v gitops.Violation) bool {
	return e.Policy == v.Policy && e.at(v.Stack) && policy.Match(e.Resource, v.Name)
}

func (e Exemption) at(id gitops.StackID) bool {
	return policy.Match(e.Stack, id.Name) && policy.Match(e.Environment, id.Environment)
}

// Holds tells whether the last day is not over yet.
func (e Exemption) Holds(now time.Time) bool { return now.Before(e.day.AddDate(0, 0, 1)) }

// advice says what should be done about an exemption, "" for nothing.
func (e Exemption) advice(used bool, c Context) string {
	if !slices.Contains(c.Policies, e.Policy) {
		return fmt.Sprintf("the exemption of %s is for the policy %q, which there is not; %s", e.Owner, e.Policy, settings.DidYouMean(e.Policy, c.Policies))
	}
	for _, id := range c.Estate {
		if e.at(id) && !slices.Contains(c.Looked, id) {
			return ""
		}
	}
	switch {
	case used:
		return ""
	case !e.Holds(c.Now):
		return fmt.Sprintf("the exemption of %s from %s expired %s and nothing needs it: remove it", e.Owner, e.Policy, ago(e.day, c.Now))
	}
	return fmt.Sprintf("nothing here needs the exemption of %s from %s", e.Owner, e.Policy)
}

// ago says how long a day is over.
func ago(day, now time.Time) string {
	today := now.UTC().Truncate(24 * time.Hour)
	switch n := int(today.Sub(day) / (24 * time.Hour)); n {
	case 1:
		return "yesterday"
	default:
		return fmt.Sprintf("%d days ago", n)
	}
}
