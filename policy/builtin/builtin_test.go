package builtin_test

import (
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/policytest"
)

type inputs = policytest.Inputs

// row is one resource and what the policy says about it: "" for nothing.
type row struct {
	name     string
	resource policy.Change
	want     string
}

// judge holds every row against the policy, by itself, as something new and as
// something that stays.
func judge(t *testing.T, p policy.Policy, rows []row, parts ...policytest.Part) {
	t.Helper()
	for _, r := range rows {
		for _, op := range []policy.Op{policy.Create, policy.Same} {
			r.resource.Op = op
			var want []string
			if r.want != "" {
				want = []string{"dev/a x: " + r.want}
			}
			t.Run(r.name, func(t *testing.T) {
				t.Helper()
				rev := policytest.Review(append([]policytest.Part{policytest.Stack("a", "dev", r.resource)}, parts...)...)
				policytest.Want(t, rev, p, want...)
			})
		}
		gone := policytest.Delete(r.resource.Type, "x", r.resource.NewInputs)
		policytest.Want(t, policytest.Review(policytest.Stack("a", "dev", gone)), p)
	}
}

func some(typ string, in inputs) policy.Change { return policytest.Create(typ, "x", in) }
