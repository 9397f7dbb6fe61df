// Package record compares what two revisions of a program ask for: the resource
// graphs that they register, without an engine, a state or a cloud.
//
// What only a cloud can know is symbolic: a Token stands for it, and goes with it
// through everything that the program does to texts.
package record

import "github.com/trunkline-dev/trunkline/internal/gitops"

// Recording is all that the program of one revision registered for one stack.
type Recording struct {
	Stack gitops.StackID `json:"stack"`
	// Resources are in the order of their URNs. The stack itself is not among
	// them.
	Resources []Resource `json:"resources"`
	// Outputs are the stack's, as values of Resource.Inputs are.
	Outputs map[string]any `json:"outputs"`
	// Reads are the names of the stacks whose outputs it asked for, as Pulumi has
	// them: "organization/project/data.dev".
	Reads []string `json:"reads,omitempty"`
	// Providers is what default providers are configured with and made of:
	// "aws:region", "plugin aws". The same registrations mean something else to
	// another provider.
	Providers map[string]string `json:"providers,omitempty"`
	// Assumed are the functions that were answered with what is usual in the
	// region and not with what is there.
	Assumed []Call `json:"assumed,omitempty"`
	// Gaps are why the recording is not all of it.
	Gaps []Gap `json:"gaps,omitempty"`
}

// Complete tells whether everything that the program would ask for is in it.
func (r Recording) Complete() bool { return len(r.Gaps) == 0 }

// Call is a function of a provider that the program called.
type Call struct {
	Function string `json:"function"`
	// Args are the arguments as JSON.
	Args string `json:"args"`
}

// Gap is why a recording is not complete.
type Gap struct {
	// What is one sentence without a full stop.
	What string `json:"what"`
	// Function is the function of a provider whose answer is missing, or "".
	Function string `json:"function,omitempty"`
	// Where is "file:line" in the repository, several with commas between, or "".
	Where string `json:"where,omitempty"`
}

// String returns "what (file:line)".
func (g Gap) String() string {
	if g.Where == "" {
		return g.What
	}
	return g.What + " (" + g.Where + ")"
}

// Resource is one registration.
type Resource struct {
	URN    string `json:"urn"`
	Type   string `json:"type"`
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
	// Read tells that the resource is only looked up.
	Read bool `json:"read,omitempty"`
	// Inputs are plain JSON values, among which Unknown and Secret may be.
	Inputs map[string]any `json:"inputs"`
	// Options are resource options under Pulumi's names, without those that are
	// not set. Lists whose order means nothing are sorted.
	Options map[string]any `json:"options,omitempty"`
	// Links are options that name other resources by URN: dependsOn, provider,
	// deletedWith, sorted.
	Links map[string][]string `json:"links,omitempty"`
	// Aliases are the names that it had, as far as they do not depend on the
	// names that its parents had.
	Aliases []Alias `json:"aliases,omitempty"`
	// Source is the "file:line" in the repository that declares the resource.
	Source string `json:"source,omitempty"`
}

// Alias is a name that a resource had. What is empty is as it is now, unless URN
// is set.
type Alias struct {
	URN     string `json:"urn,omitempty"`
	Name    string `json:"name,omitempty"`
	Type    string `json:"type,omitempty"`
	Project string `json:"project,omitempty"`
	Stack   string `json:"stack,omitempty"`
	Parent  string `json:"parent,omitempty"`
	// NoParent tells that the stack itself was its parent.
	NoParent bool `json:"noParent,omitempty"`
}
