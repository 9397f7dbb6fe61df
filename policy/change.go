package policy

// Op is what happens to a resource.
type Op string

// The operations.
const (
	Create  Op = "create"
	Update  Op = "update"
	Replace Op = "replace"
	Delete  Op = "delete"
	// Import takes a resource that exists into the stack.
	Import Op = "import"
	// Same leaves it as it is.
	Same Op = "same"
)

// Change is one resource, with what happens to it.
type Change struct {
	URN string `json:"urn"`
	// Type is such as "aws:s3/bucketV2:BucketV2".
	Type   string `json:"type"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
	Op     Op     `json:"op"`
	// ReplaceKeys are the properties that force a replacement.
	ReplaceKeys []string `json:"replaceKeys,omitempty"`
	// Source is the "file:line" that declares the resource.
	Source string `json:"source,omitempty"`
	// Protected tells that the resource refuses to be deleted, Retained that it
	// stays in the cloud when it is deleted from the stack.
	Protected bool `json:"protected,omitempty"`
	Retained  bool `json:"retained,omitempty"`
	// OldInputs and NewInputs are plain JSON values, with Masked and Unknown among
	// them; nil where there is no such side. Old and New read them.
	OldInputs map[string]any `json:"old,omitempty"`
	NewInputs map[string]any `json:"new,omitempty"`
	// Partial tells that there are more inputs than these, and that they are given
	// by their paths: what is not among them is unclear, not absent.
	Partial bool `json:"partial,omitempty"`

	// Stack is the stack of the resource, without its resources, and Environment
	// where it is. They are there when a policy is called.
	Stack       Stack       `json:"-"`
	Environment Environment `json:"-"`
}

// Masked stands for the value of a secret, Unknown for a value that is known only
// after the update. They may also be a part of a text.
const (
	Masked  = "[secret]"
	Unknown = "[unknown]"
)

// Old reads an input as it is before, by Pulumi's property path: "acl",
// "rules[0].port", `tags["cost.center"]`. A path that is none panics.
func (c Change) Old(path string) Value {
	return c.side(c.OldInputs, c.Op != Create && c.Op != Import, path)
}

// New reads an input as it will be.
func (c Change) New(path string) Value { return c.side(c.NewInputs, c.Op != Delete, path) }

func (c Change) side(inputs map[string]any, exists bool, path string) Value {
	partial := c.Partial && exists
	raw, exact := inputs[path]
	if exact && partial {
		return Value{path: path, raw: raw, there: raw != nil}
	}
	v := Value{raw: inputs, there: true}.At(path)
	if top, _, _, err := step(path); err == nil && partial && inputs[top] == nil {
		v.hidden = "is not part of what is known of the resource"
	}
	return v
}

// Stays tells whether the resource will be there afterwards.
func (c Change) Stays() bool { return c.Op != Delete }

// Loses tells whether the cloud loses something by the change.
func (c Change) Loses() bool { return (c.Op == Delete || c.Op == Replace) && !c.Retained }

// Changed tells whether an input will be another one than before. It is Unclear
// when one of them is.
func (c Change) Changed(path string) Answer {
	before, after := c.Old(path), c.New(path)
	if hides(before.raw) || hides(after.raw) || before.hidden != "" || after.hidden != "" {
		return Unclear
	}
	return answer(before.there != after.there || before.String() != after.String())
}
