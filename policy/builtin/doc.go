// Package builtin has policies that most estates want. An estate has those that
// its policies/main.go lists, at the level that stands there:
//
//	policy.Main(
//		builtin.KeepData(policy.Mandatory, policy.Except("dev")),
//		builtin.RequiredTags(policy.Advisory, []string{"Owner"}),
//		builtin.NoPublicAdminPorts(policy.Mandatory, nil),
//		builtin.Encrypted(policy.Mandatory),
//	)
//
// What a preview does not show counts as a violation that says so: a policy that
// took a secret or a value that is known only after the update for harmless could
// be got around with either. Who has a good reason gets an exemption in
// policies/exemptions.yaml, with an owner and a last day, or the policy is listed
// with policy.Except for a whole environment. An estate that has grown without a
// policy lists it as policy.Advisory first.
package builtin
