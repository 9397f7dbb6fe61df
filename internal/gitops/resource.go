package gitops

// Resource is a resource of a stack that was previewed, with all of its inputs,
// whether or not it changes.
type Resource struct {
	URN, Type, Name, Parent string
	Op                      Op
	ReplaceKeys             []string
	// Source is the "file:line" in the repository that declares it.
	Source              string
	Protected, Retained bool
	// Old and New are its inputs before and after, plain JSON values with Masked
	// and Unknown among them; nil where there is no such side.
	Old, New map[string]any
}
