package driver

import (
	"encoding/json"
	"slices"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/rollout"
)

// StackSettings are the settings of one stack, each with its origin.
type StackSettings struct {
	gitops.StackID
	Settings []settings.Setting `json:"settings"`
}

// Explain lists the settings of the selected stacks: value, type, and where the
// value comes from.
func (s *Session) Explain(sel Selection) ([]StackSettings, error) {
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	out := []StackSettings{}
	for _, id := range ids {
		env, err := s.Environment(id.Environment)
		if err != nil {
			return nil, err
		}
		def, err := s.Definition(id.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, StackSettings{id, settings.Resolve(def.Settings, env.Stacks[id.Name].Values)})
	}
	return out, nil
}

// SettingsSchema is the JSON Schema of this estate's environment files.
func (s *Session) SettingsSchema() (json.RawMessage, error) {
	schemas := map[string]settings.Schema{}
	for _, d := range s.Estate.Stacks {
		schemas[d.Name] = d.Settings
	}
	return environments.JSONSchema(schemas)
}

// Definitions are the stacks of the estate and what they need.
func (s *Session) Definitions() []rollout.Definition { return slices.Clone(s.definitions()) }
