package driver

import (
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// splitURN returns the type of a resource, qualified by its parents' types, and
// its name. It is false for the stack itself and for providers.
func splitURN(text string) (typ, name string, ok bool) {
	u, err := urn.Parse(text)
	if err != nil {
		return "", "", false
	}
	last := string(u.Type())
	if last == "pulumi:pulumi:Stack" || strings.HasPrefix(last, "pulumi:providers:") {
		return "", "", false
	}
	return strings.TrimPrefix(string(u.QualifiedType()), "pulumi:pulumi:Stack$"), u.Name(), true
}
