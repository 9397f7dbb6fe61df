package check

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Window is a time span in UTC that comes again every day, such as
// "23:30-00:30", or every week, such as "sun:23:30-mon:00:30".
type Window struct {
	// Field is the argument that holds it.
	Field string
	// Text is the window; "" leaves the choice to AWS.
	Text string
	// Least is the shortest that AWS accepts. The longest is a day.
	Least time.Duration
}

const (
	day  = 24 * 60 // minutes
	week = 7 * day
)

var (
	dailyForm  = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$`)
	weeklyForm = regexp.MustCompile(`^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):([0-5]\d)-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):([0-5]\d)$`)
)

// Windows notes a daily and a weekly window that are not in the form of AWS,
// too short or too long, and that they overlap, which AWS refuses.
func Windows(p *Problems, daily, weekly Window) {
	d, ok1 := daily.parse(p, dailyForm, day, "05:00-06:00")
	w, ok2 := weekly.parse(p, weeklyForm, week, "sun:05:00-sun:06:00")
	if ok1 && ok2 && overlap(d, w) {
		p.Addf(daily.Field, "%s overlaps with %s, which is %s", daily.Text, weekly.Field, weekly.Text)
	}
}

// span is a time span in minutes that comes again.
type span struct{ start, length int }

func (w Window) parse(p *Problems, form *regexp.Regexp, cycle int, example string) (span, bool) {
	if w.Text == "" {
		return span{}, false
	}
	if !form.MatchString(w.Text) {
		p.Addf(w.Field, "%q is not a window such as %s, in UTC", w.Text, example)
		return span{}, false
	}
	from, to, _ := strings.Cut(w.Text, "-")
	s := span{start: minutes(from)}
	s.length = ((minutes(to)-s.start)%cycle + cycle) % cycle
	length := time.Duration(s.length) * time.Minute
	if length < w.Least || length > day*time.Minute {
		p.Addf(w.Field, "%s lasts %v, not %v to 24h0m0s", w.Text, length, w.Least)
		return span{}, false
	}
	return s, true
}

// minutes since midnight, or since Monday's midnight, of a time that matches
// its form.
func minutes(text string) int {
	name, clock, weekly := strings.Cut(text, ":")
	at := 0
	if weekly && len(name) == 3 {
		at = strings.Index("montuewedthufrisatsun", name) / 3 * day
	} else {
		clock = text
	}
	var hour, minute int
	if _, err := fmt.Sscanf(clock, "%d:%d", &hour, &minute); err != nil {
		panic(err) // the form has digits there
	}
	return at + hour*60 + minute
}

// overlap tells whether a span of every day and one of every week meet.
func overlap(daily, weekly span) bool {
	for d := range 7 {
		start := d*day + daily.start
		if ((weekly.start-start)%week+week)%week < daily.length || ((start-weekly.start)%week+week)%week < weekly.length {
			return true
		}
	}
	return false
}
