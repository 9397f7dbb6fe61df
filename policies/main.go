// Command policies is what must not be deployed: the table of what holds in every
// environment. It is started by trunkline. Who is exempt stands in
// policies/exemptions.yaml.
package main

import (
	"github.com/trunkline-dev/trunkline/policy"
	"github.com/trunkline-dev/trunkline/policy/builtin"
)

func main() {
	policy.Main(
		builtin.KeepData(policy.Mandatory, policy.Except("dev")),
		builtin.RequiredTags(policy.Mandatory, []string{"Environment", "Stack"}),
		builtin.NoPublicAdminPorts(policy.Mandatory, nil),
		builtin.Encrypted(policy.Mandatory),
	)
}
