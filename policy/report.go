package policy

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Violation is the finding of a policy.
type Violation struct {
	Policy string `json:"policy"`
	Level  Level  `json:"level"`
	// Stack and Environment tell where; "" when it is about everything.
	Stack       string `json:"stack,omitempty"`
	Environment string `json:"environment,omitempty"`
	// URN, Type, Name and Source tell the resource; "" when it is about more.
	URN     string `json:"urn,omitempty"`
	Type    string `json:"type,omitempty"`
	Name    string `json:"name,omitempty"`
	Source  string `json:"source,omitempty"`
	Message string `json:"message"`
	// Panicked tells that the policy did not come to an end.
	Panicked bool `json:"panicked,omitempty"`
}

// The limits that keep a policy from flooding a review.
const (
	maxMessage    = 2000 // bytes of one message
	maxViolations = 1000 // of one policy
)

// Reporter takes the findings of one policy. What it is about is what the policy
// was called with, until On says something else.
type Reporter struct {
	sink  *[]Violation
	about Violation
}

// Report says what is wrong, in a sentence without a full stop. It understands
// the verbs of fmt.
func (r Reporter) Report(format string, args ...any) {
	v := r.about
	v.Message = cut(fmt.Sprintf(format, args...))
	switch n := len(*r.sink); {
	case n < maxViolations:
		*r.sink = append(*r.sink, v)
	case n == maxViolations:
		*r.sink = append(*r.sink, Violation{Policy: v.Policy, Level: v.Level, Message: fmt.Sprintf("there are more than %d violations", maxViolations)})
	}
}

// Unclear reports that nobody can tell whether something is so: "cannot tell
// whether anybody can read the bucket: acl is secret".
func (r Reporter) Unclear(v Value, what string) {
	r.Report("cannot tell whether %s: %s", what, v.Why())
}

// On returns a Reporter about a resource.
func (r Reporter) On(c Change) Reporter {
	r = r.OnStack(c.Stack)
	r.about.URN, r.about.Type, r.about.Name, r.about.Source = c.URN, c.Type, c.Name, c.Source
	return r
}

// OnStack returns a Reporter about a stack.
func (r Reporter) OnStack(s Stack) Reporter {
	r.about = Violation{Policy: r.about.Policy, Level: r.about.Level, Stack: s.Name, Environment: s.Environment}
	return r
}

// cut shortens a message that is too long.
func cut(text string) string {
	text = strings.ToValidUTF8(strings.TrimSpace(text), "\uFFFD")
	if len(text) <= maxMessage {
		return text
	}
	end := maxMessage
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
