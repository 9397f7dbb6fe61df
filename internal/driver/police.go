package driver

import (
	"context"
	"fmt"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/exemption"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/policy"
)

// Asking says who asks for what is previewed. Policies may look at it.
type Asking struct {
	// Actor is an account of a forge; "" means the user of this machine.
	Actor string
	// PullRequest is zero when there is none.
	PullRequest gitops.PullRequest
}

// undecided is the policy under which it is said that policies could not be asked.
const undecided = "policies"

// Police holds a preview of the head against the policies and exemptions of this
// session's revision: the base of a pull request, whose own policies do not count.
// What cannot be judged is a mandatory violation; the error is only that of a
// context that has ended. Neither session nor report changes.
func (s *Session) Police(ctx context.Context, head *Session, rep *Report, by Asking) ([]gitops.Violation, error) {
	return s.police(ctx, head, rep, by, false)
}

// police also tells the policies whether somebody has agreed to the report.
func (s *Session) police(ctx context.Context, head *Session, rep *Report, by Asking, approved bool) ([]gitops.Violation, error) {
	found, err := s.verdict(ctx, head, rep, by, approved)
	if ctx.Err() != nil {
		return nil, gitops.Errorf(gitops.Cancelled, "the policies were not asked to the end: %w", ctx.Err())
	}
	if err != nil {
		found = append(found, notAsked(s.place(), err))
	}
	return found, nil
}

// notAsked is the violation that stands for policies that could not be asked.
func notAsked(where string, err error) gitops.Violation {
	return gitops.Violation{Policy: undecided, Mandatory: true, Message: fmt.Sprintf("the policies of %s cannot be asked: %s", where, inOneLine(err))}
}

// place names the session's tree for people.
func (s *Session) place() string {
	if s.At == "" {
		return "the work tree"
	}
	return s.Revision.Short()
}

// verdict asks the policies and applies the exemptions.
func (s *Session) verdict(ctx context.Context, head *Session, rep *Report, by Asking, approved bool) ([]gitops.Violation, error) {
	own, err := s.policies(ctx)
	if err != nil {
		return nil, err
	}
	var proposed []gitops.Violation
	if rep.Base.SHA != "" {
		proposed = s.proposedPolicies(ctx, head, own)
	}
	if own.Path == "" {
		return proposed, nil
	}
	for _, res := range rep.Results {
		if res.State == gitops.RunSucceeded && res.Resources == nil && len(res.Changes.Changes) > 0 {
			return proposed, gitops.Errorf(gitops.Bug, "the resources of %s are not known", res.Stack)
		}
	}
	v, err := program.Police(ctx, own, s.proposal(head, rep, by, approved))
	if err != nil {
		return proposed, err
	}
	list, err := s.exemptions()
	if err != nil {
		return proposed, err
	}
	scope := exemption.Context{Now: s.d.now(), Policies: v.Policies}
	for _, res := range rep.Results {
		scope.Looked = append(scope.Looked, res.Stack)
	}
	for _, env := range head.Environments {
		for _, name := range env.StackNames() {
			scope.Estate = append(scope.Estate, gitops.StackID{Name: name, Environment: env.Name})
		}
	}
	return append(exemption.Apply(list, violations(v), scope), proposed...), nil
}

// violations are the findings of policies as reviews show them.
func violations(v policy.Verdict) []gitops.Violation {
	out := make([]gitops.Violation, len(v.Violations))
	for i, f := range v.Violations {
		out[i] = gitops.Violation{
			Policy: f.Policy, Mandatory: f.Level != policy.Advisory, Stack: gitops.StackID{Name: f.Stack, Environment: f.Environment},
			URN: f.URN, Type: f.Type, Name: f.Name, Source: f.Source, Message: f.Message,
		}
	}
	return out
}

// proposedPolicies tries what will judge after the merge, so that nothing gets in
// that cannot judge the next change, and says that it does not judge this one.
func (s *Session) proposedPolicies(ctx context.Context, head *Session, own program.Binary) []gitops.Violation {
	var before, after policy.Description
	next, err := head.policies(ctx)
	if err == nil && next.Path != "" {
		after, err = program.Policies(ctx, next)
	}
	if err == nil {
		_, err = head.exemptions()
	}
	if err == nil && own.Path != "" && next.Key != own.Key {
		before, err = program.Policies(ctx, own)
	}
	switch {
	case err != nil:
		return []gitops.Violation{{Policy: undecided, Mandatory: true, Message: "the proposed policies do not work: " + inOneLine(err)}}
	case own.Path != "" && next.Key != own.Key:
		return weakened(before, after)
	}
	return nil
}

// inOneLine writes an error about the program of the policies as one line.
func inOneLine(err error) string {
	text := strings.ReplaceAll(err.Error(), "the estate program", "the program of the policies")
	return strings.Join(strings.Fields(text), " ")
}
