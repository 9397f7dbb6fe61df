package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// field is one of the six fields of a cron expression.
type field struct {
	name      string
	low, high int
	// names stand for low, low+1, …
	names []string
	// special recognises what depends on the month, nil when nothing does.
	special *regexp.Regexp
}

var (
	months   = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	weekdays = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
)

// fields are those of EventBridge Scheduler, in their order:
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html.
var fields = []field{
	{name: "minutes", low: 0, high: 59},
	{name: "hours", low: 0, high: 23},
	// The last day of the month; the working day nearest to a day.
	{name: "day of month", low: 1, high: 31, special: regexp.MustCompile(`^(L|([1-9]|[12][0-9]|3[01])W)$`)},
	{name: "month", low: 1, high: 12, names: months},
	// The last day of the week; the last Friday of the month; its third Friday.
	{name: "day of week", low: 1, high: 7, names: weekdays, special: regexp.MustCompile(`^(L|([1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)(L|#[1-5]))$`)},
	{name: "year", low: 1970, high: 2199},
}

// parse returns the values that a field allows, in order; nil for any day, no
// day, and days that depend on the month.
func (f field) parse(text string) ([]int, error) {
	days := f.special != nil
	if days && (text == "?" || text == "*" || f.special.MatchString(text)) {
		return nil, nil
	}
	allowed := map[int]bool{}
	for item := range strings.SplitSeq(text, ",") {
		if err := f.item(item, allowed); err != nil {
			return nil, err
		}
	}
	var set []int
	for v := f.low; v <= f.high; v++ {
		if allowed[v] {
			set = append(set, v)
		}
	}
	return set, nil
}

// item adds the values of one part: 5, 1-5, *, with or without a step behind /.
func (f field) item(text string, allowed map[int]bool) error {
	span, step, stepped := strings.Cut(text, "/")
	every := 1
	if stepped {
		n, err := number(step)
		if err != nil || n < 1 || n > f.high {
			return fmt.Errorf("the step %q is not between 1 and %d", step, f.high)
		}
		every = n
	}
	from, to := f.low, f.high
	if span != "*" {
		first, last, ranged := strings.Cut(span, "-")
		var err error
		if from, err = f.value(first); err != nil {
			return err
		}
		switch {
		case ranged:
			if to, err = f.value(last); err != nil {
				return err
			}
		case !stepped:
			to = from
		}
		if from > to {
			return fmt.Errorf("%s comes after %s: write two parts, such as %s-%d,%d-%s", first, last, first, f.high, f.low, last)
		}
	}
	for v := from; v <= to; v += every {
		allowed[v] = true
	}
	return nil
}

func (f field) value(text string) (int, error) {
	if i := slices.Index(f.names, text); i >= 0 {
		return f.low + i, nil
	}
	n, err := number(text)
	if err != nil || n < f.low || n > f.high {
		if len(f.names) > 0 {
			return 0, fmt.Errorf("%q is not between %d and %d, nor one of %s", text, f.low, f.high, strings.Join(f.names, " "))
		}
		return 0, fmt.Errorf("%q is not between %d and %d", text, f.low, f.high)
	}
	return n, nil
}

// number reads at most four digits: no sign, no space.
func number(text string) (int, error) {
	for _, r := range text {
		if r < '0' || r > '9' {
			return 0, strconv.ErrSyntax
		}
	}
	if len(text) > 4 {
		return 0, strconv.ErrRange
	}
	return strconv.Atoi(text)
}
