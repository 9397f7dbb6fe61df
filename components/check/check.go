// Package check collects everything that is wrong with the arguments of a
// component, so that its user reads all of it at once.
package check

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Problems is what is wrong with the arguments of one component. The zero
// value is ready to use.
type Problems struct{ list []string }

// Addf notes a problem with a field.
func (p *Problems) Addf(field, format string, args ...any) {
	p.list = append(p.list, field+": "+fmt.Sprintf(format, args...))
}

// Between notes a problem unless lo <= v <= hi.
func Between[T cmp.Ordered](p *Problems, field string, v, lo, hi T) {
	if v < lo || v > hi {
		p.Addf(field, "%v is not between %v and %v", v, lo, hi)
	}
}

// OneOf notes a problem unless v is one of the allowed values.
func OneOf[T ~string](p *Problems, field string, v T, allowed ...T) {
	if slices.Contains(allowed, v) {
		return
	}
	names := make([]string, len(allowed))
	for i, a := range allowed {
		names[i] = string(a)
	}
	p.Addf(field, "%q is not one of %s", string(v), strings.Join(names, ", "))
}

// Err returns nil when there is no problem, and otherwise one error that names
// the component and lists every problem in the order in which it was noted.
func (p *Problems) Err(component, name string) error {
	switch len(p.list) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("%s %q: %s", component, name, p.list[0])
	}
	return errors.New(fmt.Sprintf("%s %q: %d problems:\n  ", component, name, len(p.list)) +
		strings.Join(p.list, "\n  "))
}

// logDays are the days for which CloudWatch keeps logs.
var logDays = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// LogDays notes a problem unless CloudWatch keeps logs for so many days.
func LogDays(p *Problems, field string, days int) {
	if !slices.Contains(logDays, days) {
		p.Addf(field, "%d is not one of %v", days, logDays)
	}
}

// Seconds notes a problem unless lo <= d <= hi and d is whole seconds.
func Seconds(p *Problems, field string, d, lo, hi time.Duration) {
	Between(p, field, d, lo, hi)
	if d%time.Second != 0 {
		p.Addf(field, "%v is not a whole number of seconds", d)
	}
}

// domainLabel is one part of a domain name. Names of services begin with _.
var domainLabel = regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$`)

// IsDomain tells whether the name is a domain in lower case without a dot at its
// end: "example.com", or "*.example.com" for all below it.
func IsDomain(name string) bool {
	labels := strings.Split(strings.TrimPrefix(name, "*."), ".")
	if len(name) > 253 || len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if !domainLabel.MatchString(label) {
			return false
		}
	}
	return true
}
