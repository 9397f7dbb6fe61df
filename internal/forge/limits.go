package forge

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RetryAfter reads the header of that name: seconds or a date.
func RetryAfter(h http.Header, now time.Time) (time.Time, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds >= 0 {
		return now.Add(time.Duration(seconds) * time.Second), true
	}
	if date, err := http.ParseTime(value); err == nil {
		return date, true
	}
	return time.Time{}, false
}

// Epoch reads a header that holds a time in seconds since 1970.
func Epoch(h http.Header, name string) (time.Time, bool) {
	seconds, err := strconv.ParseInt(strings.TrimSpace(h.Get(name)), 10, 64)
	if err != nil || seconds <= 0 || seconds > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0), true
}

// TooMany is the rule of a forge that answers 429: it is over when Retry-After or
// the header reset says, else in a minute.
func TooMany(a Answer, now time.Time, reset string) (time.Time, bool) {
	if a.Status != http.StatusTooManyRequests {
		return time.Time{}, false
	}
	if until, ok := RetryAfter(a.Header, now); ok {
		return until, true
	}
	if until, ok := Epoch(a.Header, reset); ok {
		return until, true
	}
	return now.Add(time.Minute), true
}
