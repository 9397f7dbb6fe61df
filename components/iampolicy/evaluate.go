package iampolicy

import (
	"fmt"
	"strings"
)

// Request is what somebody asks of AWS, as far as policies look at it.
type Request struct {
	// Kind and Name are who asks, as the principal of a policy names them:
	// "Federated" and the ARN of an identity provider, "AWS" and the ARN of a
	// role, "Service" and its name.
	Kind, Name string
	// Action is what is asked for, such as "sts:AssumeRole".
	Action string
	// Resource is the ARN of what it is asked of. Policies of who may assume a
	// role do not name it.
	Resource string
	// Context are the values of the condition keys that the request has.
	Context map[string]string
}

// Evaluate tells whether the document allows the request: a statement that
// allows it matches, and none that denies it. A document that uses anything
// that is not evaluated here, such as another operator or a policy variable, is
// an error, whether or not it would matter: a wrong answer is worse than none.
//
// The rules are those of the IAM User Guide, "Policy evaluation logic" and "IAM
// JSON policy elements", for one document; what other policies say is not known
// here.
func Evaluate(doc Document, r Request) (bool, error) {
	allowed, denied := false, false
	for i, s := range doc {
		matches, err := s.matches(r)
		if err != nil {
			return false, fmt.Errorf("statement %d: %w", i, err)
		}
		switch s.Effect {
		case Allow:
			allowed = allowed || matches
		case Deny:
			denied = denied || matches
		default:
			return false, fmt.Errorf("statement %d: the effect %q is neither Allow nor Deny", i, s.Effect)
		}
	}
	return allowed && !denied, nil
}

func (s Statement) matches(r Request) (bool, error) {
	if len(s.Actions) == 0 {
		return false, fmt.Errorf("it has no Action")
	}
	if len(s.Resources) > 0 && len(s.NotResources) > 0 {
		return false, fmt.Errorf("it has both Resource and NotResource")
	}
	for _, pattern := range append(append([]string{}, s.Resources...), s.NotResources...) {
		if strings.Contains(pattern, "${") {
			return false, fmt.Errorf("the policy variable in %q is not evaluated", pattern)
		}
	}
	conditions, err := s.Condition.hold(r.Context)
	if err != nil {
		return false, err
	}
	return s.Principal.includes(r.Kind, r.Name) && s.covers(r) && conditions, nil
}

// covers tells whether the statement is about the action and the resource.
func (s Statement) covers(r Request) bool {
	if !anyLike(s.Actions, r.Action, true) {
		return false
	}
	switch {
	case len(s.Resources) > 0:
		return anyLike(s.Resources, r.Resource, false)
	case len(s.NotResources) > 0:
		return !anyLike(s.NotResources, r.Resource, false)
	}
	return true
}

// includes tells whether the principal is who asks. A statement without one is
// about whoever holds the policy. An account stands for everybody in it.
func (p Principal) includes(kind, name string) bool {
	if len(p) == 0 {
		return true
	}
	for _, one := range p["AWS"] {
		inAccount := kind == "AWS" && AccountOf(name) != "" && (one == AccountOf(name) || one == RootOf(name))
		if one == "*" || inAccount {
			return true
		}
	}
	for _, one := range p[kind] {
		if one == name {
			return true
		}
	}
	return false
}

// hold tells whether all conditions are met. The names of keys are compared
// without regard to case, as AWS does.
func (c Conditions) hold(context map[string]string) (bool, error) {
	lower := map[string]string{}
	for key, v := range context {
		lower[strings.ToLower(key)] = v
	}
	holds := true
	for operator, keys := range c {
		test, known := operators[operator]
		if !known {
			return false, fmt.Errorf("the operator %q is not evaluated", operator)
		}
		for key, want := range keys {
			if strings.Contains(want, "${") {
				return false, fmt.Errorf("the policy variable in %q is not evaluated", want)
			}
			got, present := lower[strings.ToLower(key)]
			if present {
				holds = holds && test.met(want, got)
			} else {
				holds = holds && test.absent
			}
		}
	}
	return holds, nil
}

// operators are the comparisons of conditions; absent is the result for a key
// that the request does not have.
var operators = map[string]struct {
	met    func(want, got string) bool
	absent bool
}{
	"StringEquals":    {met: func(want, got string) bool { return want == got }},
	"StringNotEquals": {met: func(want, got string) bool { return want != got }, absent: true},
	"StringLike":      {met: func(want, got string) bool { return like(want, got) }},
	"StringNotLike":   {met: func(want, got string) bool { return !like(want, got) }, absent: true},
	"Bool":            {met: strings.EqualFold},
}

func anyLike(patterns []string, s string, fold bool) bool {
	if fold {
		s = strings.ToLower(s)
	}
	for _, p := range patterns {
		if fold {
			p = strings.ToLower(p)
		}
		if like(p, s) {
			return true
		}
	}
	return false
}

// like matches a pattern in which * is any text and ? any one character. It
// goes back to the last * at a mismatch, so its time is at most the product of
// the lengths.
func like(pattern, s string) bool {
	p, text := []rune(pattern), []rune(s)
	i, j, star, from := 0, 0, -1, 0
	for j < len(text) {
		switch {
		case i < len(p) && p[i] == '*':
			star, from = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == text[j]):
			i++
			j++
		case star >= 0:
			from++
			i, j = star+1, from
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
