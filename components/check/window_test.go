package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/components/check"
)

func windows(daily, weekly string) string {
	var p check.Problems
	check.Windows(&p, check.Window{Field: "Backup", Text: daily, Least: 30 * time.Minute},
		check.Window{Field: "Maintenance", Text: weekly, Least: time.Hour})
	if err := p.Err("x", "y"); err != nil {
		return strings.TrimPrefix(err.Error(), `x "y": `)
	}
	return ""
}

func TestWindowsAreRefusedLikeAWSRefusesThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ daily, weekly, want string }{
		{"", "", ""},
		{"05:00-06:00", "sun:06:00-sun:07:00", ""},
		{"23:30-00:30", "sun:22:00-sun:23:30", ""},
		{"05:00-06:00", "", ""},
		{"5:00-6:00", "", `Backup: "5:00-6:00" is not a window such as 05:00-06:00, in UTC`},
		{"24:00-25:00", "", `Backup: "24:00-25:00" is not a window such as 05:00-06:00, in UTC`},
		{"", "Sun:05:00-Sun:06:00", `Maintenance: "Sun:05:00-Sun:06:00" is not a window such as sun:05:00-sun:06:00, in UTC`},
		{"05:00-05:10", "", "Backup: 05:00-05:10 lasts 10m0s, not 30m0s to 24h0m0s"},
		{"", "sun:05:00-tue:05:00", "Maintenance: sun:05:00-tue:05:00 lasts 48h0m0s, not 1h0m0s to 24h0m0s"},
		{"05:00-06:00", "sun:05:30-sun:07:00", "Backup: 05:00-06:00 overlaps with Maintenance, which is sun:05:30-sun:07:00"},
		{"23:30-00:30", "mon:00:00-mon:01:00", "Backup: 23:30-00:30 overlaps with Maintenance, which is mon:00:00-mon:01:00"},
		{"00:00-01:00", "sun:23:30-mon:00:30", "Backup: 00:00-01:00 overlaps with Maintenance, which is sun:23:30-mon:00:30"},
	} {
		if got := windows(c.daily, c.weekly); got != c.want {
			t.Errorf("%q and %q:\n%s\nwant:\n%s", c.daily, c.weekly, got, c.want)
		}
	}
}

// A minute belongs to both windows or the windows do not overlap.
func TestWindowsOverlapWhenAMinuteIsInBoth(t *testing.T) {
	t.Parallel()
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
	rapid.Check(t, func(t *rapid.T) {
		const day, week = 24 * 60, 7 * 24 * 60
		start, length := rapid.IntRange(0, day-1).Draw(t, "daily"), rapid.IntRange(30, day-1).Draw(t, "daily length")
		from, lasts := rapid.IntRange(0, week-1).Draw(t, "weekly"), rapid.IntRange(60, day).Draw(t, "weekly length")
		clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m%day/60, m%60) }
		weekday := func(m int) string { return days[m%week/day] + ":" + clock(m%week) }
		both := false
		for m := range week {
			daily := ((m-start)%day+day)%day < length
			weekly := ((m-from)%week+week)%week < lasts
			both = both || daily && weekly
		}
		got := windows(clock(start)+"-"+clock(start+length), weekday(from)+"-"+weekday(from+lasts))
		if strings.Contains(got, "overlaps") != both {
			t.Fatalf("%d+%d and %d+%d: %q, a minute in both: %v", start, length, from, lasts, got, both)
		}
	})
}

func TestNamesThatAWSWouldRefuseAreFound(t *testing.T) {
	t.Parallel()
	for name, right := range map[string]bool{
		"main": true, "a": true, "main-2": true, "exactly-ten": false, "Main": false, "2nd": false, "a--b": false, "a-": false, "a_b": false, "": false,
	} {
		var p check.Problems
		check.Name(&p, name, 10)
		if got := p.Err("database", name) == nil; got != right {
			t.Errorf("%q is right: %v", name, got)
		}
	}
}

func FuzzWindows(f *testing.F) {
	for _, s := range []string{"05:00-06:00", "sun:05:00-sun:06:00", "mon:00:00-mon:00:00", "::-::", ""} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, daily, weekly string) {
		if got := windows(daily, weekly); got == "" && (len(daily) > 11 || len(weekly) > 19) {
			t.Errorf("%q and %q are accepted", daily, weekly)
		}
	})
}
