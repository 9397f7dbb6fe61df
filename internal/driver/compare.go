package driver

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review/compare"
)

// Compare says how two environments differ: in the settings of the session's
// revision, defaults included, and in what is deployed. A stack that is not
// deployed has no resources.
func (s *Session) Compare(ctx context.Context, left, right string) (compare.Comparison, error) {
	l, err := s.side(ctx, left)
	if err != nil {
		return compare.Comparison{}, err
	}
	r, err := s.side(ctx, right)
	if err != nil {
		return compare.Comparison{}, err
	}
	return compare.New(l, r), nil
}

func (s *Session) side(ctx context.Context, name string) (compare.Side, error) {
	env, err := s.Environment(name)
	if err != nil {
		return compare.Side{}, err
	}
	out := compare.Side{Environment: name, Stacks: map[string]compare.Stack{}}
	for stack, st := range env.Stacks {
		def, err := s.Definition(stack)
		if err != nil {
			return out, err
		}
		id := gitops.StackID{Name: stack, Environment: name}
		resources, err := s.resources(ctx, id)
		if err != nil {
			return out, err
		}
		resources = slices.DeleteFunc(resources, func(r compare.Resource) bool { return r.Type == stackReference })
		out.Stacks[stack] = compare.Stack{Settings: plainSettings(settings.Resolve(def.Settings, st.Values)), Resources: resources}
	}
	return out, nil
}

// plainSettings turns settings into plain JSON values by path.
func plainSettings(list []settings.Setting) map[string]any {
	out := map[string]any{}
	for _, v := range list {
		var x any
		if v.Secret || json.Unmarshal([]byte(v.Value), &x) != nil {
			x = v.Value
		}
		out[v.Path] = x
	}
	return out
}

// resources reads the deployed resources of a stack, secrets masked.
func (s *Session) resources(ctx context.Context, id gitops.StackID) ([]compare.Resource, error) {
	info, err := s.Info(ctx, id)
	if err != nil || info.Version == 0 {
		return nil, err
	}
	exported, err := s.Export(ctx, id, false)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Deployment struct {
			Resources []struct {
				URN    string         `json:"urn"`
				Inputs map[string]any `json:"inputs"`
			} `json:"resources"`
		} `json:"deployment"`
	}
	if err := json.Unmarshal(exported, &doc); err != nil {
		return nil, err
	}
	var out []compare.Resource
	for _, r := range doc.Deployment.Resources {
		typ, name, ok := splitURN(r.URN)
		if !ok {
			continue
		}
		inputs, _ := mask(r.Inputs).(map[string]any)
		out = append(out, compare.Resource{Type: typ, Name: name, Inputs: inputs})
	}
	return out, nil
}

// secretKey marks a secret in an exported deployment
// (sdk/go/common/resource/sig).
const secretKey = "4dabf18193072939515e22adb298388d"

// mask replaces encrypted values and leaves out what the engine adds.
func mask(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if _, signed := v[secretKey]; signed {
			return gitops.Masked
		}
		out := make(map[string]any, len(v))
		for k, e := range v {
			if k != "__defaults" {
				out[k] = mask(e)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = mask(e)
		}
		return out
	}
	return v
}
