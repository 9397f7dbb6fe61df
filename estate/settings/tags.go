package settings

import (
	"fmt"
	"regexp"
	"strconv"
)

// tagProblems says what is wrong with a field's own description, so that a
// mistake in the Go code is not reported as one in an environment file.
func tagProblems(f Field) []string {
	var out []string
	fail := func(format string, args ...any) {
		out = append(out, f.GoField+": "+fmt.Sprintf(format, args...))
	}
	scalar := f.Kind != List && f.Kind != Map && f.Kind != Object && f.Kind != Any
	if f.Pattern != "" {
		if _, err := regexp.Compile(f.Pattern); err != nil {
			fail("pattern:%q: %v", f.Pattern, err)
			f.Pattern = ""
		}
		if f.Kind != String && f.Kind != SecretValue {
			fail("pattern is only for a text, not for a %s", f.Kind)
		}
	}
	if len(f.Enum) > 0 && f.Kind != String && f.Kind != Int {
		fail("enum is only for a text or a whole number, not for a %s", f.Kind)
	}
	for _, b := range []struct{ tag, text string }{{"min", f.Min}, {"max", f.Max}} {
		if b.text != "" && !isBound(f.Kind, b.text) {
			fail("%s:%q is not a bound of a %s", b.tag, b.text, f.Kind)
			return out
		}
	}
	if f.Min != "" && f.Max != "" && boundsCross(f) {
		fail("min:%q is above max:%q", f.Min, f.Max)
	}
	if f.Default == nil {
		return out
	}
	switch {
	case f.Required:
		fail("a required setting has no default")
	case f.Kind == SecretValue:
		fail("a secret has no default in the code")
	case !scalar && (f.Kind != List || !isScalar(f.Elem.Kind)):
		fail("default is only for scalars and lists of scalars, not for a %s", f.Kind)
	default:
		for _, p := range checkValue(f, f.Key, defaultValue(f)) {
			fail("default:%q: %s", *f.Default, p.What)
		}
	}
	return out
}

func isScalar(k Kind) bool {
	switch k {
	case List, Map, Object, Any, SecretValue:
		return false
	}
	return true
}

// isBound tells whether the text can be a min or max of the kind.
func isBound(k Kind, text string) bool {
	switch k {
	case Int, Float, Duration:
		what, _ := scalarProblem(k, text)
		return what == ""
	case String, SecretValue, List, Map, CIDR:
		n, err := strconv.Atoi(text)
		return err == nil && n >= 0
	}
	return false
}

func boundsCross(f Field) bool {
	switch f.Kind {
	case Int, Float, Duration:
		return compare(f.Kind, f.Min, 0, f.Max) > 0
	}
	n, _ := strconv.Atoi(f.Min)
	return compare(List, "", n, f.Max) > 0
}
