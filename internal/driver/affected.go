package driver

import (
	"context"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// Affected says which stacks differ between two revisions.
type Affected struct {
	Base, Head gitops.Revision
	Stacks     []gitops.Affected
	// Unaffected are the stacks of the head that do not.
	Unaffected []gitops.StackID
}

// Affected compares the session's revision with a base commit.
func (s *Session) Affected(ctx context.Context, sel Selection, base string) (*Affected, error) {
	b, err := s.d.Open(ctx, OpenOptions{At: base})
	if err != nil {
		return nil, err
	}
	out := &Affected{Base: b.Revision, Head: s.Revision}
	stacks := affected.Stacks(b.facts(), s.facts())
	if err := b.Close(); err != nil {
		return nil, err
	}
	touched := map[gitops.StackID]bool{}
	for _, a := range stacks {
		if sel.has(a.StackID) {
			out.Stacks = append(out.Stacks, a)
		}
		touched[a.StackID] = true
	}
	ids, err := s.pick(sel)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if !touched[id] {
			out.Unaffected = append(out.Unaffected, id)
		}
	}
	return out, nil
}

// facts are all that decides what the session's stacks do.
func (s *Session) facts() affected.Facts {
	envs := make([]affected.Environment, len(s.Environments))
	for i, e := range s.Environments {
		envs[i] = settingsOf(e)
	}
	out := affected.Compose(program.Code(s.Binary, s.Estate), envs)
	out.Plugins, out.PluginContent = map[string]string{}, map[string]string{}
	for _, p := range s.Plugins.Plugins {
		out.Plugins[p.Name] = strings.Join(s.Plugins.Versions(p.Name), " and ")
		for platform, a := range p.Platforms {
			out.PluginContent[p.String()+" on "+platform] = a.Binary
		}
	}
	return out
}

// settingsOf lists the values of an environment file that reach its stacks.
func settingsOf(env *environments.Environment) affected.Environment {
	out := affected.Environment{Name: env.Name, Stacks: map[string]map[string]affected.Setting{},
		Shared: map[string]affected.Setting{"deploy.protect": {Text: strconv.FormatBool(env.Deploy.Protect)}}}
	for k, v := range env.Cloud.Reaching() {
		out.Shared[k] = affected.Setting{Text: v}
	}
	for k, v := range env.Tags {
		out.Shared["tags."+k] = affected.Setting{Text: v}
	}
	for k, v := range env.Config {
		flatten(out.Shared, "config."+k, v)
		if v.Kind == settings.Null { // it removes what is there without it
			out.Shared["config."+k] = affected.Setting{Text: "null"}
		}
	}
	for name, st := range env.Stacks {
		own := map[string]affected.Setting{}
		for key, v := range st.Values {
			flatten(own, name+"."+key, v)
		}
		out.Stacks[name] = own
	}
	return out
}

// flatten lists the scalars in a value by path. A list counts as one value.
func flatten(into map[string]affected.Setting, path string, v settings.Value) {
	switch v.Kind {
	case settings.Map:
		for _, k := range v.Keys() {
			flatten(into, path+"."+k, v.Map[k])
		}
	case settings.Null:
	case settings.SecretValue:
		into[path] = affected.Setting{Text: v.Text, Secret: true}
	default:
		into[path] = affected.Setting{Text: v.String()}
	}
}
