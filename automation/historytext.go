package automation

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// tellHistory writes the history for people, as the CLI does.
func (s *session) tellHistory(records []gitops.UpdateRecord, page int, fullDates bool) error {
	var b bytes.Buffer
	switch {
	case len(records) == 0 && page > 1:
		fmt.Fprintf(&b, "No stack updates found on page '%d'\n", page)
	case len(records) == 0:
		fmt.Fprintln(&b, "Stack has never been updated")
	}
	for _, r := range records {
		fmt.Fprintf(&b, "Version: %d\nUpdateKind: %v\nStatus: %v\nMessage: %v\n", r.Version, r.Operation, r.Result, r.Message)
		fmt.Fprintf(&b, "+%d-%d~%d %d", r.Changes["create"], r.Changes["delete"], r.Changes["update"], r.Changes["same"])
		began, took := r.Started.Truncate(time.Second), time.Duration(0)
		if !r.Ended.IsZero() {
			took = r.Ended.Truncate(time.Second).Sub(began)
		}
		when := began.Local().String()
		if !fullDates {
			when = ago(time.Since(began))
		}
		fmt.Fprintf(&b, " Updated %s took %s\n", when, took)
		for _, k := range slices.Sorted(maps.Keys(r.Environment)) {
			if v := r.Environment[k]; strings.TrimSpace(v) != "" {
				fmt.Fprintf(&b, "    %s: %s\n", k, v)
			}
		}
		fmt.Fprintln(&b)
	}
	_, err := s.out.Write(b.Bytes())
	return err
}

// ago says how long something is ago, in the largest unit.
func ago(d time.Duration) string {
	const day = 24 * time.Hour
	for _, u := range []struct {
		size time.Duration
		name string
	}{{365 * day, "year"}, {30 * day, "month"}, {7 * day, "week"}, {day, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		switch n := int(d / u.size); {
		case n == 1:
			return "1 " + u.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, u.name)
		}
	}
	return "now"
}
