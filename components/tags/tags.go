// Package tags writes the tags that every resource of a component carries.
package tags

import (
	"maps"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Named returns the extra tags and "Name" = name, the name that the code gives
// to the resource. Physical names end in random digits; this is how people
// find the resource in the AWS console. A Name in extra wins.
func Named(name string, extra map[string]string) pulumi.StringMap {
	all := map[string]string{"Name": name}
	maps.Copy(all, extra)
	return pulumi.ToStringMap(all)
}
