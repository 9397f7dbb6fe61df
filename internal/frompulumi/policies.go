package frompulumi

import "fmt"

// policiesFile is the program of the policies.
const policiesFile = "policies/main.go"

// policyDirs are what the policies of an estate are made of.
var policyDirs = []string{"policy", "policies"}

// policies gives the estate the policies that every new one has. Those that would
// object to what is deployed advise until it is mended.
func (c *carrying) policies() error {
	for _, dir := range policyDirs {
		if has(c.out.Files, dir) {
			c.out.Findings = append(c.out.Findings, Finding{File: dir, What: "the estate has no policies: their directory " + dir + " is the project's own",
				Next: "rename it, carry the project over again, and see docs/policies.md"})
			return nil
		}
	}
	c.out.Files[policiesFile] = fmt.Appendf(nil, policiesText, c.out.Home)
	return nil
}

// Policed tells whether the estate has policies.
func (e Estate) Policed() bool { return e.Files[policiesFile] != nil }

const policiesText = `// Command policies is what must not be deployed: the table of what holds in every
// environment. It is started by trunkline. Who is exempt stands in
// policies/exemptions.yaml.
//
// What is deployed was made without these policies. Those that look at all
// resources only advise: make them policy.Mandatory when a preview no longer shows
// any advice of theirs. builtin.RequiredTags is not among them, as the tags that
// trunkline puts on everything are switched off (aws:defaultTags in environments/).
package main

import (
	"%[1]s/policy"
	"%[1]s/policy/builtin"
)

func main() {
	policy.Main(
		builtin.KeepData(policy.Mandatory, policy.Except("dev")),
		builtin.NoPublicAdminPorts(policy.Advisory, nil),
		builtin.Encrypted(policy.Advisory),
	)
}
`
