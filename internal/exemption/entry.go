package exemption

import (
	"regexp"
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Entry is what to write under "exemptions:" of the file to let a violation pass,
// line by line. Who answers for it, why and until when is left to be filled in:
// as it is, the file is refused.
func Entry(v gitops.Violation) []string {
	return []string{
		"- policy: " + scalar(v.Policy),
		"  environment: " + scalar(v.Stack.Environment),
		"  stack: " + scalar(v.Stack.Name),
		"  resource: " + scalar(v.Name),
		"  owner: <who answers for it>",
		"  reason: <why it is right, or how long it takes to mend>",
		"  expires: <the last day, such as 2026-12-31>",
	}
}

// plain are texts that YAML takes for themselves, but for those of words.
var (
	plain = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)
	words = regexp.MustCompile(`(?i)^(true|false|null|yes|no|on|off|y|n)$`)
)

// scalar writes a name so that YAML reads the same one, and no name as any.
func scalar(name string) string {
	switch {
	case name == "":
		return `"*"`
	case plain.MatchString(name) && !words.MatchString(name):
		return name
	}
	return strconv.Quote(name)
}
