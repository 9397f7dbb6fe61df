package builtin_test

import (
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/builtin"
	"github.com/trunkline-dev/trunkline/policy/policytest"
)

func TestWhatKeepsDataIsLostOnlyWithAnApproval(t *testing.T) {
	t.Parallel()
	const db, queue, role = "aws:rds/instance:Instance", "aws:sqs/queue:Queue", "aws:iam/role:Role"
	replaced := policytest.Replace(db, "main", nil, nil)
	replaced.ReplaceKeys = []string{"engine", "name"}
	retained := policytest.Delete(queue, "kept", nil)
	retained.Retained = true
	changes := []policy.Change{replaced, policytest.Delete(queue, "jobs", nil), retained, policytest.Delete(role, "app", nil), policytest.Update(db, "other", nil, nil)}
	stacks := []policytest.Part{policytest.Stack("data", "dev", changes...), policytest.Stack("data", "staging", changes...), policytest.Stack("data", "production", changes...),
		policytest.Stack("data", "careful", changes...),
		policytest.Environment(policy.Environment{Name: "dev", Approvals: "never"}),
		policytest.Environment(policy.Environment{Name: "staging", Approvals: "destructive"}),
		policytest.Environment(policy.Environment{Name: "careful", Approvals: "always"}),
		policytest.Environment(policy.Environment{Name: "production", Approvals: "never", Protect: true}),
	}
	policytest.Want(t, policytest.Review(stacks...), builtin.KeepData(policy.Mandatory),
		"dev/data main: replacing it for engine, name loses what it keeps, and nobody has to approve that in dev",
		"dev/data jobs: deleting it loses what it keeps, and nobody has to approve that in dev")
	policytest.Want(t, policytest.Review(append(stacks, policytest.Approved())...), builtin.KeepData(policy.Mandatory))
	policytest.Want(t, policytest.Review(stacks...), builtin.KeepData(policy.Mandatory, policy.Except("dev")))
	policytest.Want(t, policytest.Review(policytest.Stack("data", "nowhere", policytest.Delete(queue, "jobs", nil))), builtin.KeepData(policy.Mandatory),
		"nowhere/data jobs: deleting it loses what it keeps, and nobody has to approve that in nowhere")
}
