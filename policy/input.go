package policy

import (
	"iter"
	"time"
)

// InputSchema names the JSON shape of a ReviewInput.
const InputSchema = "trunkline.policy-input/v1"

// ReviewInput is everything that is proposed at once: a pull request, or what
// `trunkline up` is about to do. It is also the document that the program of the
// policies reads.
type ReviewInput struct {
	// Schema is InputSchema.
	Schema string `json:"schema"`
	// Head is the commit that is proposed, Base the one that it is compared with;
	// both are zero when there is none.
	Head Commit `json:"head,omitzero"`
	Base Commit `json:"base,omitzero"`
	// PullRequest is zero when there is none.
	PullRequest PullRequest `json:"pullRequest,omitzero"`
	// Actor is who asks for it: an account of the forge, or a user of the machine.
	Actor string `json:"actor,omitempty"`
	// Time is when it was asked for. A policy has no other clock.
	Time time.Time `json:"time"`
	// Approved tells that somebody has agreed to exactly these changes.
	Approved bool `json:"approved,omitempty"`
	// Environments are those of the estate, in the order of promotion.
	Environments []Environment `json:"environments"`
	// Stacks are those that were previewed.
	Stacks []Stack `json:"stacks"`
}

// Commit is a commit.
type Commit struct {
	SHA     string `json:"sha"`
	Ref     string `json:"ref,omitempty"`
	Author  string `json:"author,omitempty"`
	Subject string `json:"subject,omitempty"`
}

// PullRequest is what somebody proposes on a forge.
type PullRequest struct {
	Number int    `json:"number"`
	Title  string `json:"title,omitempty"`
	Author string `json:"author,omitempty"`
	URL    string `json:"url,omitempty"`
	// Fork tells that it comes from another repository.
	Fork bool `json:"fork,omitempty"`
}

// Environment is what a policy may know about where something runs. What guards
// it is what guards it before the change.
type Environment struct {
	Name string `json:"name"`
	// Provider is "aws" or "sandbox".
	Provider string            `json:"provider,omitempty"`
	Region   string            `json:"region,omitempty"`
	Account  string            `json:"account,omitempty"`
	Tags     map[string]string `json:"tags,omitempty"`
	// After are the environments that a commit reaches before this one.
	After []string `json:"after,omitempty"`
	// Protect tells that the environment guards what cannot be made again.
	Protect bool `json:"protect,omitempty"`
	// Approvals says which changes need one: "always", "destructive" or "never".
	Approvals string `json:"approvals,omitempty"`
}

// Asks tells whether somebody has to agree to a change before it is done here.
func (e Environment) Asks(c Change) bool {
	switch {
	case c.Op == Same:
		return false
	case e.Approvals == "always":
		return true
	}
	return (e.Approvals == "destructive" || e.Protect) && (c.Op == Delete || c.Op == Replace)
}

// Stack is one stack of the estate in one environment.
type Stack struct {
	Name        string `json:"name"`
	Environment string `json:"environment"`
	// Removed tells that the stack is to be destroyed.
	Removed bool `json:"removed,omitempty"`
	// DefaultTags are the tags that the AWS provider puts on everything.
	DefaultTags map[string]string `json:"defaultTags,omitempty"`
	// Resources are all resources of the stack, what stays as it is included.
	Resources []Change `json:"resources"`
}

// Changes yields the resources of all stacks that do not stay as they are.
func (r ReviewInput) Changes() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for c := range r.Resources() {
			if c.Op != Same && !yield(c) {
				return
			}
		}
	}
}

// Resources yields the resources of all stacks.
func (r ReviewInput) Resources() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for _, s := range r.Stacks {
			for _, c := range s.Resources {
				if !yield(c) {
					return
				}
			}
		}
	}
}

// linked returns a copy in which every resource knows its stack and environment,
// without the stacks that keep does not want.
func (r ReviewInput) linked(keep func(environment string) bool) ReviewInput {
	envs := map[string]Environment{}
	for _, e := range r.Environments {
		envs[e.Name] = e
	}
	stacks := r.Stacks
	r.Stacks = nil
	for _, s := range stacks {
		if !keep(s.Environment) {
			continue
		}
		env, known := envs[s.Environment]
		if !known {
			env = Environment{Name: s.Environment}
		}
		of := s
		of.Resources = nil
		resources := make([]Change, len(s.Resources))
		for i, c := range s.Resources {
			c.Stack, c.Environment = of, env
			if c.Op == Same && c.OldInputs == nil {
				c.OldInputs = c.NewInputs
			}
			resources[i] = c
		}
		s.Resources = resources
		r.Stacks = append(r.Stacks, s)
	}
	return r
}
