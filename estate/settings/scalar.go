package settings

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// parseDuration reads a duration such as "90s", "1h30m" or "14d". A day has 24
// hours and must come first.
func parseDuration(s string) (time.Duration, error) {
	days, rest, found := strings.Cut(s, "d")
	if !found {
		return time.ParseDuration(s)
	}
	n, err := strconv.ParseInt(days, 10, 32)
	if err != nil || n < 0 || n > 100_000 {
		return 0, fmt.Errorf("time: invalid duration %q", s)
	}
	d := time.Duration(n) * 24 * time.Hour
	if rest == "" {
		return d, nil
	}
	more, err := time.ParseDuration(rest)
	if err != nil || more < 0 {
		return 0, fmt.Errorf("time: invalid duration %q", s)
	}
	return d + more, nil
}

// scalarProblem says what is wrong with the text of a scalar of the field's
// kind, apart from its bounds. The answer completes a sentence that begins with
// the key: "is not a duration".
func scalarProblem(k Kind, text string) (what, hint string) {
	switch k {
	case Int:
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			return "is not a whole number that fits into 64 bits", ""
		}
	case Float:
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return "is not a number", ""
		}
	case Bool:
		if text != "true" && text != "false" {
			return "is not true or false", "write true or false"
		}
	case Duration:
		if _, err := parseDuration(text); err != nil {
			return "is not a duration", `write a number with a unit, such as "90s", "12h" or "14d"`
		}
	case CIDR:
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return "is not a CIDR", `write an address and a prefix length, such as "10.0.0.0/16"`
		}
		if p != p.Masked() {
			return "is an address inside its network, not the network", "write " + p.Masked().String()
		}
	}
	return "", ""
}

// boundProblem says which rule of the field a well-formed value breaks, and
// the tag that says so. size is the number of entries of a list or map.
func boundProblem(f Field, text string, size int) (what, rule string) {
	if f.Min != "" && compare(f.Kind, text, size, f.Min) < 0 {
		return "minimum " + f.Min + unit(f.Kind), fmt.Sprintf("min:%q", f.Min)
	}
	if f.Max != "" && compare(f.Kind, text, size, f.Max) > 0 {
		return "maximum " + f.Max + unit(f.Kind), fmt.Sprintf("max:%q", f.Max)
	}
	if len(f.Enum) > 0 && !slices.Contains(f.Enum, text) {
		return "allowed: " + strings.Join(f.Enum, ", "), fmt.Sprintf("enum:%q", strings.Join(f.Enum, ","))
	}
	if f.Pattern != "" && !regexp.MustCompile(`^(?:`+f.Pattern+`)$`).MatchString(text) {
		return "must be " + cmp.Or(f.Format, "like "+f.Pattern), fmt.Sprintf("pattern:%q", f.Pattern)
	}
	return "", ""
}

// unit says what the bound of the kind counts.
func unit(k Kind) string {
	switch k {
	case String, SecretValue:
		return " characters"
	case List, Map:
		return " entries"
	case CIDR:
		return " bits of prefix"
	}
	return ""
}

// compare orders a value against a bound. Both are well formed.
func compare(k Kind, text string, size int, bound string) int {
	switch k {
	case String, SecretValue:
		size = utf8.RuneCountInString(text)
	case CIDR:
		p, _ := netip.ParsePrefix(text)
		size = p.Bits()
	case Float:
		a, _ := strconv.ParseFloat(text, 64)
		b, _ := strconv.ParseFloat(bound, 64)
		return cmp.Compare(a, b)
	case Duration:
		a, _ := parseDuration(text)
		b, _ := parseDuration(bound)
		return cmp.Compare(a, b)
	case Int:
		a, _ := strconv.ParseInt(text, 10, 64)
		b, _ := strconv.ParseInt(bound, 10, 64)
		return cmp.Compare(a, b)
	}
	n, _ := strconv.Atoi(bound)
	return cmp.Compare(size, n)
}

// defaultValue turns the text of a default tag into a value.
func defaultValue(f Field) Value {
	if f.Default == nil {
		return Value{Kind: Null}
	}
	return fromText(f, *f.Default)
}

// fromText gives a text the kind that the field asks for.
func fromText(f Field, text string) Value {
	switch f.Kind {
	case Int, Bool, Float:
		return Value{Kind: f.Kind, Text: text}
	case SecretValue:
		return Value{Kind: SecretValue, Text: text}
	case List:
		out := Value{Kind: List, List: []Value{}}
		if text == "" {
			return out
		}
		for part := range strings.SplitSeq(text, ",") {
			out.List = append(out.List, fromText(*f.Elem, strings.TrimSpace(part)))
		}
		return out
	}
	return Value{Kind: String, Text: text}
}
