package recorder

import (
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/internal/record"
)

// options lists the options of a registration that are not links, under Pulumi's
// names, without those that are not set.
func (m *monitor) options(req *pulumirpc.RegisterResourceRequest) map[string]any {
	out := map[string]any{}
	setFlag(out, "protect", m.inherited(req.GetParent(), "protect", req.Protect))
	setFlag(out, "retainOnDelete", m.inherited(req.GetParent(), "retainOnDelete", req.RetainOnDelete))
	if req.GetDeleteBeforeReplace() || req.GetDeleteBeforeReplaceDefined() {
		out["deleteBeforeReplace"] = req.GetDeleteBeforeReplace()
	}
	if !req.GetCustom() {
		out["component"] = true
	}
	setText(out, "import", m.text(req.GetImportId()))
	setText(out, "version", req.GetVersion())
	setText(out, "pluginDownloadURL", req.GetPluginDownloadURL())
	setText(out, "package", req.GetPackageRef())
	setList(out, "ignoreChanges", req.GetIgnoreChanges())
	setList(out, "replaceOnChanges", req.GetReplaceOnChanges())
	setList(out, "hideDiffs", req.GetHideDiffs())
	setList(out, "additionalSecretOutputs", req.GetAdditionalSecretOutputs())
	if t := req.GetCustomTimeouts(); t != nil {
		setText(out, "customTimeouts.create", t.GetCreate())
		setText(out, "customTimeouts.update", t.GetUpdate())
		setText(out, "customTimeouts.delete", t.GetDelete())
		setText(out, "customTimeouts.read", t.GetRead())
	}
	for name, value := range req.GetEnvVarMappings() {
		out["envVarMappings."+name] = value
	}
	for name, sum := range req.GetPluginChecksums() {
		out["pluginChecksums."+name] = string(sum)
	}
	if trigger := req.GetReplacementTrigger(); trigger != nil {
		out["replacementTrigger"] = record.Unknown{}
		v, err := plugin.UnmarshalPropertyValue("replacementTrigger", trigger, plugin.MarshalOptions{
			KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true,
		})
		if err == nil && v != nil {
			out["replacementTrigger"] = m.value(*v)
		}
	}
	return out
}

// linksOf lists the options that name other resources.
func linksOf(req *pulumirpc.RegisterResourceRequest) map[string][]string {
	all := map[string][]string{
		"dependsOn": req.GetDependencies(), "replaceWith": req.GetReplaceWith(), "provider": providerOf(req.GetProvider()),
	}
	if req.GetDeletedWith() != "" {
		all["deletedWith"] = []string{req.GetDeletedWith()}
	}
	for pkg, ref := range req.GetProviders() {
		all["providers."+pkg] = providerOf(ref)
	}
	for name, deps := range req.GetPropertyDependencies() {
		all["dependencies of "+name] = deps.GetUrns()
	}
	return links(all)
}

// links leaves out what is empty and puts the rest in order.
func links(all map[string][]string) map[string][]string {
	out := map[string][]string{}
	for k, urns := range all {
		if len(urns) > 0 {
			out[k] = slices.Compact(slices.Sorted(slices.Values(urns)))
		}
	}
	return out
}

// providerOf takes the ID off a reference to a provider, "urn::id".
func providerOf(ref string) []string {
	i := strings.LastIndex(ref, "::")
	if i < 0 {
		return nil
	}
	return []string{ref[:i]}
}

func aliasesOf(list []*pulumirpc.Alias, urns []string) []record.Alias {
	var out []record.Alias
	for _, urn := range urns {
		out = append(out, record.Alias{URN: urn})
	}
	for _, a := range list {
		spec := a.GetSpec()
		if spec == nil {
			out = append(out, record.Alias{URN: a.GetUrn()})
			continue
		}
		out = append(out, record.Alias{
			Name: spec.GetName(), Type: spec.GetType(), Project: spec.GetProject(), Stack: spec.GetStack(),
			Parent: spec.GetParentUrn(), NoParent: spec.GetNoParent(),
		})
	}
	return out
}

// inherited is a flag as the engine takes it: where a resource does not say, its
// parent does.
func (m *monitor) inherited(parent, name string, own *bool) *bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	above := m.resources[parent]
	if own != nil || above == nil {
		return own
	}
	flag, _ := above.Options[name].(bool)
	return &flag
}

func setFlag(out map[string]any, name string, v *bool) {
	if v != nil && *v {
		out[name] = true
	}
}

func setText(out map[string]any, name, v string) {
	if v != "" {
		out[name] = v
	}
}

func setList(out map[string]any, name string, list []string) {
	if len(list) == 0 {
		return
	}
	values := make([]any, 0, len(list))
	for _, s := range slices.Compact(slices.Sorted(slices.Values(list))) {
		values = append(values, s)
	}
	out[name] = values
}
