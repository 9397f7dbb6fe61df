// Package types describes the AWS resource types that the sandbox knows, which
// are all of pulumi-aws.
//
// The description is data: the generator internal/sandbox/gen writes it from the
// SDK's source and the real provider's answers into the archive types.zip, and
// people write what neither knows into overrides.json. A type is read when it is
// first asked for; nothing happens before. To look at one:
//
//	go run ./internal/sandbox/gen show aws:sqs/queue:Queue
package types

// The kinds of a property.
const (
	String = "string"
	Int    = "int"
	Number = "number"
	Bool   = "bool"
	List   = "list"
	Set    = "set" // a list whose order means nothing
	Map    = "map"
	Object = "object"
	JSON   = "json"  // a JSON document as a string or as an object
	Asset  = "asset" // a file or an archive
	Any    = "any"
)

// Property describes one property of a resource type or of an object in it.
type Property struct {
	Kind string `json:"kind"`
	// Of is the element of a list, set or map.
	Of *Property `json:"of,omitempty"`
	// Fields are the properties of an object.
	Fields map[string]*Property `json:"fields,omitempty"`
	// In is "required", "optional", or empty for what only AWS sets.
	In string `json:"in,omitempty"`
	// Computed tells that AWS chooses the value when the input is left out.
	Computed bool `json:"computed,omitempty"`
	// Default is the value that the provider gives when the input is left out.
	Default any `json:"default,omitempty"`
	// Replace tells that a change of the property needs a new resource.
	Replace bool `json:"replace,omitempty"`
	// ReplaceIf names the boolean input that makes a change need a new resource.
	ReplaceIf string `json:"replaceIf,omitempty"`
	Secret    bool   `json:"secret,omitempty"`
	// Source is "docs" where the provider was asked about the type but could not
	// tell whether a change of this property replaces: then the SDK's comment
	// decides.
	Source string `json:"source,omitempty"`
	// Conflicts and Needs are the paths of inputs that must not, or must, be
	// given with this one.
	Conflicts []string `json:"conflicts,omitempty"`
	Needs     []string `json:"needs,omitempty"`
	Limits
}

// Input tells whether a program may set the property.
func (p *Property) Input() bool { return p.In != "" }

// Required tells whether a program must set the property.
func (p *Property) Required() bool { return p.In == "required" }

// Name says how a resource gets its physical name when the program gives none.
type Name struct {
	// Property is the input that holds the name.
	Property string `json:"property"`
	// Max is the longest name in bytes.
	Max    int    `json:"max"`
	Lower  bool   `json:"lower,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	// Suffix ends the name when the boolean input SuffixIf is true.
	Suffix   string `json:"suffix,omitempty"`
	SuffixIf string `json:"suffixIf,omitempty"`
}

// Type describes one resource type.
type Type struct {
	// Token is Pulumi's name of the type, such as "aws:ec2/vpc:Vpc".
	Token string `json:"-"`
	// Terraform is the name in the provider that pulumi-aws is built on.
	Terraform string `json:"terraform"`
	// Source says where replace rules and defaults come from: "provider" (the
	// real provider was asked) or "docs" (the SDK's comments).
	Source     string               `json:"source"`
	Name       *Name                `json:"name,omitempty"`
	Properties map[string]*Property `json:"properties"`
	// ExactlyOneOf and AtLeastOneOf are groups of inputs, by path.
	ExactlyOneOf [][]string `json:"exactlyOneOf,omitempty"`
	AtLeastOneOf [][]string `json:"atLeastOneOf,omitempty"`
}
