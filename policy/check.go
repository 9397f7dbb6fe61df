package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/place"
)

// VerdictSchema names the JSON shape of a Verdict.
const VerdictSchema = "trunkline.violations/v1"

// Verdict is what policies find.
type Verdict struct {
	// Schema is VerdictSchema.
	Schema string `json:"schema"`
	// Policies are the names of those that were asked.
	Policies   []string    `json:"policies"`
	Violations []Violation `json:"violations"`
}

// kit is the import path of this package.
const kit = "github.com/trunkline-dev/trunkline/policy"

// Check asks the policies. A policy that panics has failed: that is a violation,
// with the line that did it.
func Check(in ReviewInput, policies ...Policy) Verdict {
	v := Verdict{Schema: VerdictSchema, Policies: []string{}, Violations: []Violation{}}
	for _, p := range policies {
		v.Policies = append(v.Policies, p.info.Name)
		for _, found := range p.check(in.linked(p.holdsIn)) {
			if !slices.Contains(v.Violations, found) {
				v.Violations = append(v.Violations, found)
			}
		}
	}
	return v
}

// check asks one policy.
func (p Policy) check(in ReviewInput) []Violation {
	var found []Violation
	r := Reporter{sink: &found, about: Violation{Policy: p.info.Name, Level: p.info.Level}}
	if p.review != nil {
		p.safely(r, func() { p.review(in, r) })
		return found
	}
	for c := range in.Resources() {
		if p.looksAt(c) && !p.safely(r.On(c), func() { p.resource(c, r.On(c)) }) {
			break // it would panic again
		}
	}
	return found
}

// safely calls a policy and reports a panic of it.
func (p Policy) safely(r Reporter, call func()) (ok bool) {
	defer func() {
		if cause := recover(); cause != nil {
			r.about.Panicked = true
			r.Report("%s", panicText(cause))
		}
	}()
	call()
	return true
}

// panicText describes a panic by the places in the module that led to it.
func panicText(cause any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "the policy panicked: %v", cause)
	module := place.Module()
	ours := func(function string) bool { return strings.HasPrefix(function, kit+".Policy.") }
	for _, at := range place.Panic(module, 5, ours) {
		if !strings.Contains(at, "(policy.") { // the getters are not to blame
			b.WriteString(" at " + at)
		}
	}
	return b.String()
}
