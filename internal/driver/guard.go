package driver

import (
	"os"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/approval"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// guard is what the environment asks for before something runs.
func guard(env *environments.Environment) approval.Guard {
	return approval.Guard{When: approval.When(env.Deploy.Approvals.When), Protect: env.Deploy.Protect}
}

// guarding returns the environment whose guards hold: that of the work tree,
// also when another commit runs. An environment that only the other commit has
// guards itself.
func (s *Session) guarding(name string) (*environments.Environment, error) {
	own, err := s.Environment(name)
	if err != nil || s.At == "" {
		return own, err
	}
	now, err := environments.Load(os.DirFS(s.d.Root), "environments")
	for _, env := range now {
		if env.Name == name {
			return env, nil
		}
	}
	if err != nil { // it may be in a file that cannot be read
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "the guards of " + name + " in the work tree cannot be read", Err: err,
			Next: "mend the file, then: trunkline validate"}
	}
	return own, nil
}
