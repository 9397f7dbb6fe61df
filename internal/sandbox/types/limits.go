package types

import (
	"fmt"
	"regexp"
)

// Limits are the values that the provider accepts. The zero value accepts
// everything.
type Limits struct {
	// OneOf lists what is accepted: nothing else, or for a number with bounds,
	// this and what is within them.
	OneOf []any `json:"oneOf,omitempty"`
	// AnyCase tells that the letters of OneOf may be small or large.
	AnyCase bool     `json:"anyCase,omitempty"`
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	// MinLength and MaxLength bound a text, in characters.
	MinLength *int `json:"minLength,omitempty"`
	MaxLength *int `json:"maxLength,omitempty"`
	// MinItems and MaxItems bound a list or a set.
	MinItems *int `json:"minItems,omitempty"`
	MaxItems *int `json:"maxItems,omitempty"`
	// NotEmpty tells that an empty text is refused. Elsewhere it is accepted
	// whatever the other limits are.
	NotEmpty bool `json:"notEmpty,omitempty"`
	// Format is the name of a form of text, such as "arn" or "cidr4".
	Format string `json:"format,omitempty"`
	// Pattern is a regular expression. With a Format, either will do.
	Pattern string `json:"pattern,omitempty"`
	// NoDouble is a character that must not follow itself.
	NoDouble string `json:"noDouble,omitempty"`
	// Says is what the provider says to a text that has not the form, with
	// {name} and {value} for the property and the text.
	Says string `json:"says,omitempty"`

	form *regexp.Regexp // of Pattern
}

// Form returns the compiled pattern, or nil when there is none.
func (l *Limits) Form() *regexp.Regexp { return l.form }

// complete compiles the pattern.
func (l *Limits) complete() (err error) {
	if l.Pattern == "" {
		return nil
	}
	if l.form, err = regexp.Compile(l.Pattern); err != nil {
		return fmt.Errorf("pattern: %w", err)
	}
	return nil
}
