package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestExpressionsMeanWhatTheySay(t *testing.T) {
	t.Parallel()
	every := func(low, high int) (all []int) {
		for v := low; v <= high; v++ {
			all = append(all, v)
		}
		return all
	}
	anyYear, anyMonth := every(1970, 2199), every(1, 12)
	tests := map[string]expression{
		"at(2030-12-24T18:00:00)": {once: time.Date(2030, 12, 24, 18, 0, 0, 0, time.UTC)},
		"rate(1 minute)":          {every: time.Minute},
		"rate(1 minutes)":         {every: time.Minute},
		"rate(5 minutes)":         {every: 5 * time.Minute},
		"rate(36 hours)":          {every: 36 * time.Hour},
		"rate(7 days)":            {every: 7 * 24 * time.Hour},
		"cron(0 6 ? * MON-FRI *)": {cron: &cron{minutes: []int{0}, hours: []int{6}, months: anyMonth, weekdays: []int{2, 3, 4, 5, 6}, years: anyYear}},
		"cron(*/15 8-17/3 1,15 JAN,JUL ? 2030-2032)": {cron: &cron{
			minutes: []int{0, 15, 30, 45}, hours: []int{8, 11, 14, 17}, days: []int{1, 15}, months: []int{1, 7}, years: []int{2030, 2031, 2032},
		}},
		"cron(5/20 0 L * ? *)":             {cron: &cron{minutes: []int{5, 25, 45}, hours: []int{0}, months: anyMonth, years: anyYear}},
		"cron(0 0 15W 12 ? *)":             {cron: &cron{minutes: []int{0}, hours: []int{0}, months: []int{12}, years: anyYear}},
		"cron(15 10 ? * 6L 2030-2031)":     {cron: &cron{minutes: []int{15}, hours: []int{10}, months: anyMonth, years: []int{2030, 2031}}},
		"cron(0 9 ? 3-5 FRI#3 *)":          {cron: &cron{minutes: []int{0}, hours: []int{9}, months: []int{3, 4, 5}, years: anyYear}},
		"cron(0 0 29 2 ? 2030-2032)":       {cron: &cron{minutes: []int{0}, hours: []int{0}, days: []int{29}, months: []int{2}, years: []int{2030, 2031, 2032}}},
		"cron(0 0 * * ? *)":                {cron: &cron{minutes: []int{0}, hours: []int{0}, months: anyMonth, years: anyYear}},
		"cron(0 0 ? * SUN,2,WED-THU 2199)": {cron: &cron{minutes: []int{0}, hours: []int{0}, months: anyMonth, weekdays: []int{1, 2, 4, 5}, years: []int{2199}}},
	}
	for text, want := range tests {
		got, err := parse(text)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(expression{}, cron{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestExpressionsThatSchedulerRefusesAreRefusedWithTheReason(t *testing.T) {
	t.Parallel()
	const shape = "is not at(…), rate(…) or cron(…)"
	const six = "a cron has six fields with one space between them"
	tests := map[string]string{
		"":                          shape,
		"daily":                     shape,
		"cron(0 6 * * ? *":          shape,
		"every(5 minutes)":          shape,
		"Rate(5 minutes)":           shape,
		"at(2030-02-30T00:00:00)":   "is not a time such as at(2030-12-24T18:00:00)",
		"at(2030-12-24T18:00:00Z)":  "is not a time such as at(2030-12-24T18:00:00)",
		"at(2030-12-24T18:00:00.5)": "is not a time such as at(2030-12-24T18:00:00)",
		"rate(0 minutes)":           "a rate is a whole number and minutes, hours or days, such as rate(5 minutes)",
		"rate(5 seconds)":           "a rate is a whole number and minutes, hours or days, such as rate(5 minutes)",
		"rate(5  minutes)":          "a rate is a whole number and minutes, hours or days, such as rate(5 minutes)",
		"rate(5 minute)":            "5 is more than one: did you mean rate(5 minutes)?",
		"rate(999999999 days)":      "999999999 days is more than a hundred years",
		"cron(0 6 * * *)":           six,
		"cron(0 6 * * ?  *)":        six,
		"cron(0 6 * * * *)":         "exactly one of day of month and day of week is ?, the other one says the days",
		"cron(0 6 ? * ? *)":         "exactly one of day of month and day of week is ?, the other one says the days",
		"cron(60 6 * * ? *)":        `minutes "60": "60" is not between 0 and 59`,
		"cron(-5 6 * * ? *)":        `minutes "-5": "" is not between 0 and 59`,
		"cron(0 24 * * ? *)":        `hours "24": "24" is not between 0 and 23`,
		"cron(0 6 0 * ? *)":         `day of month "0": "0" is not between 1 and 31`,
		"cron(0 6 32W * ? *)":       `day of month "32W": "32W" is not between 1 and 31`,
		"cron(0 6 1,L * ? *)":       `day of month "1,L": "L" is not between 1 and 31`,
		"cron(0 6 ? * 8 *)":         `day of week "8": "8" is not between 1 and 7, nor one of SUN MON TUE WED THU FRI SAT`,
		"cron(0 6 ? * mon *)":       `day of week "mon": "mon" is not between 1 and 7, nor one of SUN MON TUE WED THU FRI SAT`,
		"cron(0 6 ? * FRI-MON *)":   `day of week "FRI-MON": FRI comes after MON: write two parts, such as FRI-7,1-MON`,
		"cron(0 6 ? * FRI#6 *)":     `day of week "FRI#6": "FRI#6" is not between 1 and 7`,
		"cron(*/0 6 * * ? *)":       `minutes "*/0": the step "0" is not between 1 and 59`,
		"cron(0 6 * 13 ? *)":        `month "13": "13" is not between 1 and 12, nor one of JAN`,
		"cron(0 6 * * ? 1969)":      `year "1969": "1969" is not between 1970 and 2199`,
		"cron(0 6 31 APR,JUN ? *)":  "there is no such day: it would never run",
		"cron(0 6 29 2 ? 2031)":     "there is no such day: it would never run",
	}
	for text, want := range tests {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"at(2030-12-24T18:00:00)", "rate(5 minutes)", "cron(*/15 8-17/3 1,15 JAN,JUL ? 2030-2032)", "cron(15 10 ? * 6L 2030)",
		"cron(0 9 ? 3-5 FRI#3 *)", "cron(0 0 L * ? *)", "cron(0 0 15W 12 ? *)", "cron(", ")", "cron(- / , # L W)",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := parse(text)
		if err != nil {
			if e != (expression{}) {
				t.Errorf("%q is refused and yet means %v", text, e)
			}
			return
		}
		kinds := 0
		for _, is := range []bool{!e.once.IsZero(), e.every > 0, e.cron != nil} {
			if is {
				kinds++
			}
		}
		if kinds != 1 && text != "at(0001-01-01T00:00:00)" {
			t.Errorf("%q is %d kinds of expression", text, kinds)
		}
		if strings.TrimSpace(text) != text || strings.ContainsAny(text, "\n\t") {
			t.Errorf("%q is accepted with its white space", text)
		}
		if c := e.cron; c != nil {
			for i, set := range [][]int{c.minutes, c.hours, c.months, c.years} {
				of := []field{fields[0], fields[1], fields[3], fields[5]}[i]
				if len(set) == 0 || !slices.IsSorted(set) || set[0] < of.low || set[len(set)-1] > of.high {
					t.Errorf("%q: %s are %v", text, of.name, set)
				}
			}
		}
	})
}
