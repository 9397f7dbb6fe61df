package main

// Answer is what the provider says about one resource type.
type Answer struct {
	Fields map[string]*Fact `json:"fields"`
	// ExactlyOneOf and AtLeastOneOf are groups of attributes, by path, such as
	// "source" or "rule.0.source".
	ExactlyOneOf [][]string `json:"exactlyOneOf,omitempty"`
	AtLeastOneOf [][]string `json:"atLeastOneOf,omitempty"`
}

// Fact is what the provider says about one attribute or block.
type Fact struct {
	Kind     string           `json:"kind"`
	Required bool             `json:"required,omitempty"`
	Optional bool             `json:"optional,omitempty"`
	Computed bool             `json:"computed,omitempty"`
	Secret   bool             `json:"secret,omitempty"`
	Replace  bool             `json:"replace,omitempty"`
	Default  any              `json:"default,omitempty"`
	Fields   map[string]*Fact `json:"fields,omitempty"`
	// Unasked says why the provider could not tell whether a change replaces.
	Unasked string `json:"unasked,omitempty"`
	// Conflicts and Needs are paths of attributes that exclude this one, or that
	// must be there with it.
	Conflicts []string `json:"conflicts,omitempty"`
	Needs     []string `json:"needs,omitempty"`
	// Of is what the provider accepts as an element of a list or set.
	Of *Limits `json:"of,omitempty"`
	Limits
}

// Limits are the values that the provider accepts.
type Limits struct {
	OneOf []any `json:"oneOf,omitempty"`
	// AnyCase tells that letters of OneOf may be small or large.
	AnyCase bool     `json:"anyCase,omitempty"`
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	// MinLength and MaxLength bound a text, in characters.
	MinLength *int `json:"minLength,omitempty"`
	MaxLength *int `json:"maxLength,omitempty"`
	MinItems  *int `json:"minItems,omitempty"`
	MaxItems  *int `json:"maxItems,omitempty"`
	// NotEmpty tells that an empty text is refused.
	NotEmpty bool `json:"notEmpty,omitempty"`
	// Format is one of the names in formats.go.
	Format string `json:"format,omitempty"`
	// Pattern is a regular expression, from the provider's message or learnt
	// from what it accepts. NoDouble is a character that must not follow itself.
	Pattern  string `json:"pattern,omitempty"`
	NoDouble string `json:"noDouble,omitempty"`
	// Says is the provider's complaint about a text that breaks the format or
	// the pattern, with {value} and {name} for what changes.
	Says string `json:"says,omitempty"`
	// Unlearnt tells that there is a rule that Says describes and nothing else.
	Unlearnt bool `json:"unlearnt,omitempty"`
}

func (l *Limits) zero() bool {
	return l.OneOf == nil && l.Min == nil && l.Max == nil && l.MinLength == nil && l.MaxLength == nil && l.MinItems == nil &&
		l.MaxItems == nil && !l.NotEmpty && l.Format == "" && l.Pattern == "" && l.Says == ""
}
