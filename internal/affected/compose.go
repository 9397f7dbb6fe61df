package affected

import (
	"maps"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Code is what one revision's program says about its stack definitions.
type Code struct {
	Toolchain   string
	Definitions map[string]Definition
}

// Environment is what one environment file says.
type Environment struct {
	Name string
	// Shared are values that reach every stack, by path: "cloud.region".
	Shared map[string]Setting
	// Stacks holds the settings of each stack that exists in the environment, by
	// path: "data.backupDays".
	Stacks map[string]map[string]Setting
}

// Compose puts the code and the environments of one revision together. A stack
// that an environment lists and the program does not define is left out.
func Compose(code Code, environments []Environment) Facts {
	out := Facts{Toolchain: code.Toolchain, Stacks: map[gitops.StackID]Stack{}}
	for _, env := range environments {
		for name, own := range env.Stacks {
			def, ok := code.Definitions[name]
			if !ok {
				continue
			}
			all := make(map[string]Setting, len(env.Shared)+len(own))
			maps.Copy(all, env.Shared)
			maps.Copy(all, own)
			out.Stacks[gitops.StackID{Name: name, Environment: env.Name}] = Stack{Definition: def, Settings: all}
		}
	}
	return out
}
