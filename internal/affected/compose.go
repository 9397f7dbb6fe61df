package affected

import (
	"maps"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Environment is what one environment file says.
type Environment struct {
	Name string `json:"name"`
	// Shared are values that reach every stack, by path: "cloud.region".
	Shared map[string]Setting `json:"shared"`
	// Stacks holds the settings of each stack that exists in the environment, by
	// path: "data.backupDays".
	Stacks map[string]map[string]Setting `json:"stacks"`
}

// Revision is what one revision says, before it is put together. It can be kept
// as JSON.
type Revision struct {
	// Project is the name under which everything is deployed.
	Project string `json:"project"`
	Code    Code   `json:"code"`
	// Environments are the environment files.
	Environments []Environment `json:"environments"`
	// Plugins and PluginContent are those of Facts.
	Plugins       map[string]string `json:"plugins"`
	PluginContent map[string]string `json:"pluginContent"`
}

// Facts puts the code and the environments of the revision together. A stack that
// an environment lists and the program does not define is left out.
func (r Revision) Facts() Facts {
	out := Facts{Project: r.Project, Toolchain: r.Code.Toolchain, Language: r.Code.Language,
		Plugins: r.Plugins, PluginContent: r.PluginContent, Stacks: map[gitops.StackID]Stack{}}
	definitions := r.Code.Definitions()
	for _, env := range r.Environments {
		for name, own := range env.Stacks {
			def, ok := definitions[name]
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

// Names returns the names of the environments.
func (r Revision) Names() []string {
	out := make([]string, len(r.Environments))
	for i, e := range r.Environments {
		out[i] = e.Name
	}
	return out
}

// IDs returns the stacks, ordered by environment and name.
func (f Facts) IDs() []gitops.StackID {
	return slices.SortedFunc(maps.Keys(f.Stacks), gitops.StackID.Compare)
}
