package main

// Cases is what is asked; internal/sandbox/gen writes it.
type Cases struct {
	Types map[string]*TypeCases `json:"types"`
}

// TypeCases are the cases of one type.
type TypeCases struct {
	Properties map[string]*Property `json:"properties"`
	Changes    []Change             `json:"changes"`
	Odd        []Odd                `json:"odd"`
}

// Property is as much of a property's description as stand-ins need.
type Property struct {
	Kind   string               `json:"kind"`
	Of     *Property            `json:"of"`
	Fields map[string]*Property `json:"fields"`
}

// Change is one change of one property, and what it does.
type Change struct {
	Path   string         `json:"path"`
	How    string         `json:"how"`
	Before map[string]any `json:"before"`
	After  map[string]any `json:"after"`
	// State is the resource before the change, with stand-ins.
	State map[string]any `json:"state,omitempty"`
	// Does is "nothing", "update" or "replace"; empty when the provider did not
	// get so far, and Error says why.
	Does     string   `json:"does,omitempty"`
	Diffs    []string `json:"diffs,omitempty"`
	Replaces []string `json:"replaces,omitempty"`
	Error    string   `json:"error,omitempty"`
}

// Odd is a set of inputs one of which is odd, and whether it is refused.
type Odd struct {
	Path    string         `json:"path"`
	What    string         `json:"what"`
	In      map[string]any `json:"in"`
	Refused []Failure      `json:"refused,omitempty"`
	Error   string         `json:"error,omitempty"`
}

// Failure is a complaint of Check.
type Failure struct {
	Property string `json:"property"`
	Reason   string `json:"reason"`
}

// Facts are the answers about one type.
type Facts struct {
	Changes []Change `json:"changes"`
	Odd     []Odd    `json:"odd"`
}
