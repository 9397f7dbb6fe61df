package engine

import (
	"maps"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// PolicyAnalyzer implements plugin.Host: policy packs, too, see the request's
// environment and not the process's.
func (h *host) PolicyAnalyzer(ctx *plugin.Context, name tokens.QName, path string, opts *plugin.PolicyAnalyzerOptions) (plugin.Analyzer, error) {
	own := plugin.PolicyAnalyzerOptions{}
	if opts != nil {
		own = *opts
	}
	vars := scrubbed(nil)
	maps.Copy(vars, h.op.req.Env)
	maps.Copy(vars, own.AdditionalEnv)
	own.AdditionalEnv = vars
	return h.Host.PolicyAnalyzer(ctx, name, path, &own)
}

// violated tells that a policy forbids what the operation does.
func violated(p engine.PolicyViolationEventPayload) bool {
	return p.EnforcementLevel == apitype.Mandatory
}
