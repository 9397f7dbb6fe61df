package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// beyond says why a value is not among those that the provider accepts, or "".
// It names the property, what is allowed and what was given.
func beyond(l *types.Limits, name string, v any) string {
	switch v := v.(type) {
	case string:
		if v == "" {
			if l.NotEmpty {
				return fmt.Sprintf("expected %s not to be empty%s", name, allowed(l))
			}
			return ""
		}
		return beyondText(l, name, v)
	case float64:
		return beyondNumber(l, name, v)
	case []any:
		return beyondCount(l, name, len(v))
	}
	return ""
}

// beyondNumber lets a number pass that is one of a few, or in the range where
// there is one too.
func beyondNumber(l *types.Limits, name string, n float64) string {
	switch {
	case slices.Contains(l.OneOf, any(n)):
		return ""
	case len(l.OneOf) > 0 && l.Min == nil && l.Max == nil:
		return fmt.Sprintf("expected %s to be one of %v, got %v", name, l.OneOf, n)
	case l.Min != nil && l.Max != nil && (n < *l.Min || n > *l.Max):
		return fmt.Sprintf("expected %s to be in the range (%v - %v), got %v", name, whole(*l.Min), whole(*l.Max), whole(n))
	case l.Min != nil && n < *l.Min:
		return fmt.Sprintf("expected %s to be at least %v, got %v", name, whole(*l.Min), whole(n))
	case l.Max != nil && n > *l.Max:
		return fmt.Sprintf("expected %s to be at most %v, got %v", name, whole(*l.Max), whole(n))
	}
	return ""
}

// whole keeps large numbers from being printed with an exponent.
func whole(n float64) any {
	if n == float64(int64(n)) {
		return int64(n)
	}
	return n
}

func beyondCount(l *types.Limits, name string, n int) string {
	switch {
	case l.MinItems != nil && n < *l.MinItems:
		return fmt.Sprintf("expected %s to have at least %d items, got %d", name, *l.MinItems, n)
	case l.MaxItems != nil && n > *l.MaxItems:
		return fmt.Sprintf("expected %s to have at most %d items, got %d", name, *l.MaxItems, n)
	}
	return ""
}

func beyondText(l *types.Limits, name, s string) string {
	if len(l.OneOf) > 0 && !oneOf(l, s) {
		return fmt.Sprintf("expected %s to be one of %q, got %s", name, l.OneOf, s) + meant(l, s)
	}
	length := utf8.RuneCountInString(s)
	switch low, high := bounds(l); {
	case l.MaxLength != nil && (length < low || length > high):
		return fmt.Sprintf("expected length of %s to be in the range (%d - %d), got %d: %s", name, low, high, length, shortened(s))
	case length < low:
		return fmt.Sprintf("expected length of %s to be at least %d, got %d: %s", name, low, length, s)
	}
	if l.NoDouble != "" && strings.Contains(s, l.NoDouble+l.NoDouble) && !hasFormat(l, s) {
		return fmt.Sprintf("%s must not have two %q one after the other, got %s", name, l.NoDouble, s)
	}
	if reason := badFormat(l.Format, name, s); l.Format != "" && reason != "" && (l.Pattern == "" || !l.Form().MatchString(s)) {
		return reason
	}
	if l.Pattern != "" && l.Format == "" && !l.Form().MatchString(s) {
		return said(l, name, s)
	}
	return ""
}

func hasFormat(l *types.Limits, s string) bool {
	return l.Format != "" && badFormat(l.Format, "", s) == ""
}

func bounds(l *types.Limits) (low, high int) {
	if l.MinLength != nil {
		low = *l.MinLength
	}
	if l.MaxLength != nil {
		high = *l.MaxLength
	}
	return low, high
}

func oneOf(l *types.Limits, s string) bool {
	return slices.ContainsFunc(l.OneOf, func(v any) bool {
		t, ok := v.(string)
		return ok && (t == s || l.AnyCase && strings.EqualFold(t, s))
	})
}

// meant suggests one of the values.
func meant(l *types.Limits, s string) string {
	var texts []string
	for _, v := range l.OneOf {
		if t, ok := v.(string); ok {
			texts = append(texts, t)
		}
	}
	if near := types.Nearest(s, texts); near != "" {
		return fmt.Sprintf(" (did you mean %s?)", near)
	}
	return ""
}

// allowed says what would be accepted instead of nothing.
func allowed(l *types.Limits) string {
	switch {
	case len(l.OneOf) > 0:
		return fmt.Sprintf(", but to be one of %q", l.OneOf)
	case l.MaxLength != nil:
		low, high := bounds(l)
		return fmt.Sprintf(", but to have %d to %d characters", max(low, 1), high)
	}
	return ""
}

// said is the provider's own complaint about a text.
func said(l *types.Limits, name, s string) string {
	if l.Says == "" {
		return fmt.Sprintf("expected %s to match the regular expression %q, got %s", name, l.Pattern, shortened(s))
	}
	reason := strings.ReplaceAll(l.Says, "{name}", name)
	if !strings.Contains(reason, "{value}") {
		reason += ", got {value}"
	}
	return strings.ReplaceAll(reason, "{value}", shortened(s))
}

// shortened keeps a long text from filling the screen.
func shortened(s string) string {
	const most = 100
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}
