package engine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/env"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// reference stands for the value of a variable, where Pulumi reads one for a
// provider's envVarMappings. Pulumi would take it from the environment of this
// process; the operation has one of its own.
const reference = "\x00trunkline:variable:"

// pluginEnv is the whole environment of a provider's process: the request's, the
// variables that a program mapped onto others, what only this provider gets, and
// what Pulumi tells providers.
func (h *host) pluginEnv(ctx *plugin.Context, pkg string, e env.Env) ([]string, error) {
	vars := maps.Clone(h.op.req.Env)
	if vars == nil {
		vars = map[string]string{}
	}
	if e != nil {
		for name, value := range e.GetStore().Values() {
			if from, ok := strings.CutPrefix(value, reference); !ok {
				continue // this process's own, which nobody asked for
			} else if v, ok := h.op.req.Env[from]; ok {
				vars[name] = v
			}
		}
	}
	for k, v := range ctx.RuntimeOptions() {
		vars["PULUMI_RUNTIME_"+strings.ToUpper(k)] = fmt.Sprint(v)
	}
	settings := map[string]string{}
	for k, v := range ctx.Config() {
		if k.Namespace() == pkg {
			settings[k.Name()] = v
		}
	}
	raw, err := json.Marshal(settings)
	if err != nil {
		return nil, fmt.Errorf("the configuration of provider %s: %w", pkg, err)
	}
	if h.op.req.ProviderEnv != nil {
		for _, kv := range h.op.req.ProviderEnv(pkg) {
			name, value, _ := strings.Cut(kv, "=")
			vars[name] = value
		}
	}
	vars["PULUMI_CONFIG"], vars["PULUMI_PROJECT"] = string(raw), string(h.op.req.Project.Name)
	return pairs(vars)
}

// pairs writes variables as "NAME=value", sorted by name.
func pairs(vars map[string]string) ([]string, error) {
	out := make([]string, 0, len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		if name == "" || strings.ContainsAny(name, "=\x00") || strings.Contains(vars[name], "\x00") {
			return nil, gitops.Errorf(gitops.Invalid, "environment variable %q cannot be given to a plugin", name)
		}
		out = append(out, name+"="+vars[name])
	}
	return out, nil
}
