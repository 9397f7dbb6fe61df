package main

import (
	"regexp"
	"strconv"
	"strings"
)

// The provider's complaints, by what they tell. SDKv2 validators come first,
// those of the plugin framework after them.
var complaints = []struct {
	form *regexp.Regexp
	note func(l *Limits, m []string)
}{
	{regexp.MustCompile(`(?s)to be one of \[(.*)\], got`), func(l *Limits, m []string) { l.OneOf = listed(m[1]) }},
	{regexp.MustCompile(`(?s)value must be one of: \[(.*)\], got`), func(l *Limits, m []string) { l.OneOf = listed(m[1]) }},
	{regexp.MustCompile(`(?s)Valid Values: \[(.*)\]`), func(l *Limits, m []string) { l.OneOf = listed(m[1]) }},
	{regexp.MustCompile(`expected length of .* to be in the range \((\d+) - (\d+)\)`), lengths},
	{regexp.MustCompile(`string length must be between (\d+) and (\d+)`), lengths},
	{regexp.MustCompile(`string length must be at least (\d+)`), func(l *Limits, m []string) { l.MinLength = whole(m[1]) }},
	{regexp.MustCompile(`string length must be at most (\d+)`), func(l *Limits, m []string) { l.MaxLength = whole(m[1]) }},
	{regexp.MustCompile(`to be in the range \((-?[\d.]+) - (-?[\d.]+)\)`), bounds},
	{regexp.MustCompile(`value must be between (-?[\d.]+) and (-?[\d.]+)`), bounds},
	{regexp.MustCompile(`to be at least \((-?[\d.]+)\)`), func(l *Limits, m []string) { l.Min = number(m[1]) }},
	{regexp.MustCompile(`to be at most \((-?[\d.]+)\)`), func(l *Limits, m []string) { l.Max = number(m[1]) }},
	{regexp.MustCompile(`value must be at least (-?[\d.]+)`), func(l *Limits, m []string) { l.Min = number(m[1]) }},
	{regexp.MustCompile(`value must be at most (-?[\d.]+)`), func(l *Limits, m []string) { l.Max = number(m[1]) }},
	{regexp.MustCompile(`to be a valid port number`), func(l *Limits, _ []string) { l.Min, l.Max = number("1"), number("65535") }},
	{regexp.MustCompile(`must contain at least (\d+) elements and at most (\d+) elements`), func(l *Limits, m []string) { l.MinItems, l.MaxItems = whole(m[1]), whole(m[2]) }},
	{regexp.MustCompile(`must contain at least (\d+) element`), func(l *Limits, m []string) { l.MinItems = whole(m[1]) }},
	{regexp.MustCompile(`must contain at most (\d+) element`), func(l *Limits, m []string) { l.MaxItems = whole(m[1]) }},
	{regexp.MustCompile(`supports (\d+) item maximum`), func(l *Limits, m []string) { l.MaxItems = whole(m[1]) }},
	{regexp.MustCompile(`requires (\d+) item minimum`), func(l *Limits, m []string) { l.MinItems = whole(m[1]) }},
	{regexp.MustCompile(`(?s)to match regular expression ("(?:[^"\\]|\\.)*"), got`), pattern},
	{regexp.MustCompile(`(?s)must match regular expression '(.*)', got`), pattern},
	{regexp.MustCompile(`(?s)doesn't comply with restrictions \(("(?:[^"\\]|\\.)*")\)`), pattern},
}

func lengths(l *Limits, m []string) { l.MinLength, l.MaxLength = whole(m[1]), whole(m[2]) }
func bounds(l *Limits, m []string)  { l.Min, l.Max = number(m[1]), number(m[2]) }

func pattern(l *Limits, m []string) {
	text, err := strconv.Unquote(m[1])
	if err != nil {
		text = m[1]
	}
	if _, err := regexp.Compile(text); err == nil {
		l.Pattern = text
	}
}

// note takes what a complaint tells, and whether it told anything.
func note(l *Limits, complaint string) bool {
	for _, c := range complaints {
		if m := c.form.FindStringSubmatch(complaint); m != nil {
			c.note(l, m)
			return true
		}
	}
	return false
}

func whole(s string) *int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return nil
	}
	return &n
}

func number(s string) *float64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	return &f
}

var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// listed reads a list as Go prints one: ["a" "b"], [1 2] or [a b].
func listed(s string) []any {
	var out []any
	if strings.Contains(s, `"`) {
		for _, q := range quoted.FindAllString(s, -1) {
			if text, err := strconv.Unquote(q); err == nil {
				if inner, err := strconv.Unquote(text); err == nil {
					text = inner
				}
				out = append(out, text)
			}
		}
		return out
	}
	for _, f := range strings.Fields(s) {
		if n, err := strconv.ParseFloat(f, 64); err == nil {
			out = append(out, n)
			continue
		}
		out = append(out, f)
	}
	return out
}

// wording makes a complaint about one value one about any.
func wording(complaint, name, value string) string {
	complaint, _, _ = strings.Cut(complaint, "\n\nPath:")
	if value != "" {
		complaint = strings.ReplaceAll(complaint, value, "{value}")
	}
	named := regexp.MustCompile(`\b([a-z0-9_]+\.\d+\.)*` + regexp.QuoteMeta(name) + `\b(\.\d+|\[[^\]]*\])?`)
	if at := named.FindStringIndex(complaint); at != nil {
		complaint = complaint[:at[0]] + "{name}" + complaint[at[1]:]
	}
	return strings.TrimSuffix(strings.TrimSpace(complaint), ":")
}
