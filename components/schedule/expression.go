package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// expression is when a schedule runs.
type expression struct {
	// once is set for at(…), every for rate(…), cron for cron(…); the others are
	// zero.
	once  time.Time
	every time.Duration
	cron  *cron
}

// cron is a set of times: what each field allows.
type cron struct {
	minutes, hours, months, years []int
	// days are the days of the month that are named by their number, weekdays
	// the days of the week, Sunday 1. Both are nil for *, and for what depends on
	// the month: the last day, the weekday nearest to a day, the third Friday.
	days, weekdays []int
}

var rate = regexp.MustCompile(`^([1-9][0-9]{0,8}) (minute|hour|day)(s?)$`)

// parse reads at(…), rate(…) or cron(…) as EventBridge Scheduler does. What it
// accepts can be given to Scheduler as it is.
func parse(text string) (expression, error) {
	kind, rest, ok := strings.Cut(text, "(")
	inner, closed := strings.CutSuffix(rest, ")")
	if !ok || !closed {
		return expression{}, fmt.Errorf("%q is not at(…), rate(…) or cron(…)", text)
	}
	var e expression
	var err error
	switch kind {
	case "at":
		e.once, err = time.Parse("2006-01-02T15:04:05", inner)
		if err != nil || len(inner) != len("2006-01-02T15:04:05") {
			return e, fmt.Errorf("%q is not a time such as at(2030-12-24T18:00:00)", text)
		}
	case "rate":
		e.every, err = parseRate(inner)
	case "cron":
		e.cron, err = parseCron(inner)
	default:
		return e, fmt.Errorf("%q is not at(…), rate(…) or cron(…)", text)
	}
	if err != nil {
		return expression{}, fmt.Errorf("%q: %w", text, err)
	}
	return e, nil
}

func parseRate(inner string) (time.Duration, error) {
	m := rate.FindStringSubmatch(inner)
	if m == nil {
		return 0, fmt.Errorf("a rate is a whole number and minutes, hours or days, such as rate(5 minutes)")
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, err
	}
	if n > 1 && m[3] == "" {
		return 0, fmt.Errorf("%d is more than one: did you mean rate(%d %ss)?", n, n, m[2])
	}
	unit := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[m[2]]
	if days := time.Duration(n) * unit / (24 * time.Hour); days > 36500 || n > 36500*24*60 {
		return 0, fmt.Errorf("%s is more than a hundred years", inner)
	}
	return time.Duration(n) * unit, nil
}

func parseCron(inner string) (*cron, error) {
	parts := strings.Split(inner, " ")
	if len(parts) != 6 || slices.Contains(parts, "") {
		return nil, fmt.Errorf("a cron has six fields with one space between them: minutes, hours, day of month, month, day of week, year")
	}
	if (parts[2] == "?") == (parts[4] == "?") {
		return nil, fmt.Errorf("exactly one of day of month and day of week is ?, the other one says the days")
	}
	c := &cron{}
	for i, into := range []*[]int{&c.minutes, &c.hours, &c.days, &c.months, &c.weekdays, &c.years} {
		set, err := fields[i].parse(parts[i])
		if err != nil {
			return nil, fmt.Errorf("%s %q: %w", fields[i].name, parts[i], err)
		}
		*into = set
	}
	if !c.possible() {
		return nil, fmt.Errorf("there is no such day: it would never run")
	}
	return c, nil
}

// possible tells whether one of the days exists in one of the months.
func (c *cron) possible() bool {
	if c.days == nil {
		return true
	}
	longest := []int{0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	for _, m := range c.months {
		if c.days[0] <= longest[m] && (m != 2 || c.days[0] < 29 || slices.ContainsFunc(c.years, leap)) {
			return true
		}
	}
	return false
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }
