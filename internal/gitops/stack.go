package gitops

import (
	"cmp"
	"fmt"
	"strings"
)

// StackID names one stack: one stack definition in one environment.
type StackID struct {
	// Name is the name of the stack definition, such as "data".
	Name string `json:"stack"`
	// Environment is the name of the environment, such as "dev".
	Environment string `json:"environment"`
}

// String returns "environment/name", the form that people read and type.
func (id StackID) String() string { return id.Environment + "/" + id.Name }

// PulumiName returns the name under which Pulumi knows the stack. This is the
// only place that composes it.
func (id StackID) PulumiName() string { return id.Name + "." + id.Environment }

// ParsePulumiName is the inverse of PulumiName. The environment is the part
// after the last dot.
func ParsePulumiName(s string) (StackID, error) {
	i := strings.LastIndexByte(s, '.')
	if i <= 0 || i == len(s)-1 {
		return StackID{}, fmt.Errorf("stack name %q is not of the form <stack>.<environment>", s)
	}
	return StackID{Name: s[:i], Environment: s[i+1:]}, nil
}

// Compare orders stacks by environment, then by name.
func (id StackID) Compare(other StackID) int {
	return cmp.Or(cmp.Compare(id.Environment, other.Environment), cmp.Compare(id.Name, other.Name))
}
