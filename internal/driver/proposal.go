package driver

import (
	"cmp"
	"slices"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/policy"
)

// proposal is what policies get to see of a report of the head. What an
// environment is like is as proposed; what guards it is as it is now.
func (s *Session) proposal(head *Session, rep *Report, by Asking, approved bool) policy.ReviewInput {
	pr := by.PullRequest
	in := policy.ReviewInput{
		Schema: policy.InputSchema, Head: commitOf(rep.Head), Base: commitOf(rep.Base), Time: s.d.now().UTC(), Approved: approved, Actor: cmp.Or(by.Actor, head.actor()),
		PullRequest:  policy.PullRequest{Number: pr.Number, Title: pr.Title, Author: pr.Author, URL: pr.URL, Fork: pr.Fork},
		Environments: []policy.Environment{}, Stacks: []policy.Stack{},
	}
	known := map[string]*environments.Environment{}
	for _, env := range slices.Concat(head.Environments, s.Environments) {
		if known[env.Name] == nil {
			known[env.Name] = env
			in.Environments = append(in.Environments, s.policyEnvironment(env))
		}
	}
	for _, res := range rep.Results {
		if res.State == gitops.RunSucceeded {
			in.Stacks = append(in.Stacks, policyStack(res, known[res.Stack.Environment]))
		}
	}
	return in
}

func commitOf(r gitops.Revision) policy.Commit {
	return policy.Commit{SHA: r.SHA, Ref: r.Ref, Author: r.Author, Subject: r.Subject}
}

// policyEnvironment is what policies see of an environment. One that this revision
// does not have guards itself.
func (s *Session) policyEnvironment(env *environments.Environment) policy.Environment {
	guards := env.Deploy
	if own, err := s.Environment(env.Name); err == nil {
		guards = own.Deploy
	}
	return policy.Environment{
		Name: env.Name, Provider: env.Cloud.Provider, Region: env.Cloud.Region, Account: env.Cloud.Account, Tags: env.Tags,
		After: env.Deploy.After, Protect: guards.Protect, Approvals: guards.Approvals.When,
	}
}

// policyStack is what policies see of a stack. env is nil when nobody knows it.
func policyStack(res gitops.RunResult, env *environments.Environment) policy.Stack {
	st := policy.Stack{Name: res.Stack.Name, Environment: res.Stack.Environment, Removed: res.Operation == gitops.Destroy, Resources: []policy.Change{}}
	if env != nil {
		st.DefaultTags = tagsByDefault(env, res.Stack)
	}
	for _, r := range res.Resources {
		if policyOp(r.Op) == policy.Same {
			r.Old = nil // it is New, which is enough to hand over
		}
		st.Resources = append(st.Resources, policy.Change{
			URN: r.URN, Type: r.Type, Name: r.Name, Parent: r.Parent, Op: policyOp(r.Op), ReplaceKeys: r.ReplaceKeys, Source: r.Source,
			Protected: r.Protected, Retained: r.Retained, OldInputs: r.Old, NewInputs: r.New,
		})
	}
	return st
}

// tagsByDefault are the tags that the AWS provider puts on everything: what the
// environment's file says under config: goes before ours.
func tagsByDefault(env *environments.Environment, id gitops.StackID) map[string]string {
	own, there := env.Config["aws:defaultTags"]
	if !there {
		return defaultTags(env, id)
	}
	var out map[string]string
	for key, v := range own.Map["tags"].Map {
		if out == nil {
			out = map[string]string{}
		}
		out[key] = v.Text
	}
	return out
}

// policyOp is an operation in the words of policies.
func policyOp(op gitops.Op) policy.Op {
	switch op {
	case gitops.OpCreate:
		return policy.Create
	case gitops.OpUpdate, gitops.OpRefresh:
		return policy.Update
	case gitops.OpReplace:
		return policy.Replace
	case gitops.OpDelete:
		return policy.Delete
	case gitops.OpImport:
		return policy.Import
	}
	return policy.Same
}
