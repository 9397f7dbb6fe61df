package builtin

import (
	"strings"

	"github.com/trunkline-dev/trunkline/estate/stateful"
	"github.com/trunkline-dev/trunkline/policy"
)

// KeepData is the policy keep-data: what keeps data is not deleted or replaced
// without somebody's approval. A replacement makes an empty database, bucket or
// queue, and is often the unexpected effect of a small change.
//
// It holds where the environment does not ask for an approval anyway, that is
// where neither deploy.approvals nor deploy.protect does. There, `--approve`
// of `trunkline up` and `destroy` with the digest of the preview is the approval. A resource that is
// retained in the cloud loses nothing.
//
// To be exempt: let the environment ask (deploy.approvals.when: destructive),
// retain the resource, or add an exemption for its last deployment.
func KeepData(level policy.Level, opts ...policy.Option) policy.Policy {
	doc := policy.Doc("What keeps data is deleted or replaced only with an approval.")
	return policy.Review("keep-data", level, keepData, append([]policy.Option{doc}, opts...)...)
}

func keepData(rev policy.ReviewInput, r policy.Reporter) {
	if rev.Approved {
		return
	}
	for c := range rev.Changes() {
		if !c.Loses() || !stateful.Type(c.Type) || c.Environment.Asks(c) {
			continue
		}
		what := "deleting it"
		if c.Op == policy.Replace {
			what = "replacing it"
			if len(c.ReplaceKeys) > 0 {
				what += " for " + strings.Join(c.ReplaceKeys, ", ")
			}
		}
		r.On(c).Report("%s loses what it keeps, and nobody has to approve that in %s", what, c.Environment.Name)
	}
}
