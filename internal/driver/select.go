package driver

import (
	"path"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// Selection says which stacks a use case is about.
type Selection struct {
	// Environments are names; empty means all.
	Environments []string
	// Stacks are names or patterns such as "app*"; empty means all.
	Stacks []string
}

// mayPick tells why the selection would select nothing.
func (s *Session) mayPick(sel *Selection) error {
	if sel == nil {
		return nil
	}
	_, err := s.pick(*sel)
	return err
}

// pick returns the selected stacks that the estate has, in no order. Something
// that selects nothing is an error.
func (s *Session) pick(sel Selection) ([]gitops.StackID, error) {
	var all []gitops.StackID
	var envs []string
	for _, e := range s.Environments {
		envs = append(envs, e.Name)
		for _, stack := range e.StackNames() {
			all = append(all, gitops.StackID{Name: stack, Environment: e.Name})
		}
	}
	return sel.among(all, envs)
}

// among returns the selected ones of an estate's stacks. Something that selects
// nothing is an error.
func (sel Selection) among(all []gitops.StackID, environments []string) ([]gitops.StackID, error) {
	envs := sel.Environments
	if len(envs) == 0 {
		envs = environments
	}
	var out []gitops.StackID
	for _, name := range envs {
		if !slices.Contains(environments, name) {
			return nil, unknown("environment", name, environments, "trunkline env ls")
		}
		for _, id := range all {
			if id.Environment == name {
				out = append(out, id)
			}
		}
	}
	if len(sel.Stacks) == 0 {
		return out, nil
	}
	var picked []gitops.StackID
	for _, pattern := range sel.Stacks {
		matched := false
		for _, id := range out {
			if ok, err := path.Match(pattern, id.Name); err != nil {
				return nil, gitops.Errorf(gitops.Invalid, "stack pattern %q: %w", pattern, err)
			} else if ok {
				matched = true
				if !slices.Contains(picked, id) {
					picked = append(picked, id)
				}
			}
		}
		if !matched {
			var names []string
			for _, id := range out {
				names = append(names, id.Name)
			}
			slices.Sort(names)
			return nil, unknown("stack", pattern, slices.Compact(names), "trunkline stack ls -e "+strings.Join(envs, ","))
		}
	}
	return picked, nil
}

// definitions are the estate's stacks and needs, for ordering.
func (s *Session) definitions() []rollout.Definition {
	out := make([]rollout.Definition, len(s.Estate.Stacks))
	for i, d := range s.Estate.Stacks {
		out[i] = rollout.Definition{Name: d.Name, Needs: d.Needs}
	}
	return out
}

// promotion is the order of the environments.
func (s *Session) promotion() []rollout.Environment {
	out := make([]rollout.Environment, len(s.Environments))
	for i, e := range s.Environments {
		after := slices.DeleteFunc(slices.Clone(e.Deploy.After), func(name string) bool {
			return s.leftOut != nil && !slices.ContainsFunc(s.Environments, func(e *environments.Environment) bool { return e.Name == name })
		})
		out[i] = rollout.Environment{Name: e.Name, After: after}
	}
	return out
}

// has tells whether the selection includes a stack, whether or not it exists.
func (sel Selection) has(id gitops.StackID) bool {
	if len(sel.Environments) > 0 && !slices.Contains(sel.Environments, id.Environment) {
		return false
	}
	return len(sel.Stacks) == 0 || slices.ContainsFunc(sel.Stacks, func(pattern string) bool {
		ok, err := path.Match(pattern, id.Name)
		return ok && err == nil
	})
}

// EnvironmentNames are the environments in the order of promotion.
func (s *Session) EnvironmentNames() []string {
	out := make([]string, len(s.Environments))
	for i, env := range s.Environments {
		out[i] = env.Name
	}
	return out
}

// Before are the environments that a commit reaches before this one, directly or
// through others.
func (s *Session) Before(name string) []string {
	var out []string
	for todo := []string{name}; len(todo) > 0; todo = todo[1:] {
		env, err := s.Environment(todo[0])
		if err != nil {
			continue
		}
		for _, after := range env.Deploy.After {
			if !slices.Contains(out, after) {
				out = append(out, after)
				todo = append(todo, after)
			}
		}
	}
	return out
}
