package github

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/internal/forge"
)

// profile is how GitHub wants to be called.
var profile = forge.Profile{
	Name: "GitHub", Variable: "GITHUB_TOKEN",
	Header:  func(token string) (string, string) { return "Authorization", "Bearer " + token },
	Limited: limited,
	Needs:   needs,
}

// limited knows both limits. The primary one counts requests of an hour and says
// when that is over; the secondary one is about haste, and is over after
// Retry-After, or a minute where that is missing. Both answer 403 or 429.
//
// https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api
func limited(a forge.Answer, now time.Time) (time.Time, bool) {
	if a.Status != http.StatusForbidden && a.Status != http.StatusTooManyRequests {
		return time.Time{}, false
	}
	if until, ok := forge.RetryAfter(a.Header, now); ok {
		return until, true
	}
	if until, ok := forge.Epoch(a.Header, "X-Ratelimit-Reset"); ok && a.Header.Get("X-Ratelimit-Remaining") == "0" {
		return until, true
	}
	said := bytes.ToLower(a.Body)
	if a.Status == http.StatusTooManyRequests || bytes.Contains(said, []byte("secondary rate limit")) || bytes.Contains(said, []byte("abuse detection")) {
		return now.Add(time.Minute), true
	}
	return time.Time{}, false
}

// needs names the permission as a workflow and the settings of a token call it.
// GitHub itself says it where it can.
func needs(method, path string, a forge.Answer) string {
	if accepted := a.Header.Get("X-Accepted-Github-Permissions"); accepted != "" {
		list := strings.NewReplacer("=", ": ", ";", " or", "_", "-", ",", " and ").Replace(accepted)
		return "the permission " + strings.Join(strings.Fields(list), " ")
	}
	switch {
	case strings.Contains(path, "/check-runs"):
		return "the permission checks: write (only that of a job or of a GitHub App can have it)"
	case strings.Contains(path, "/statuses/"):
		return "the permission statuses: write"
	case strings.Contains(path, "/issues/") && method != http.MethodGet:
		return "the permission pull-requests: write"
	case strings.Contains(path, "/issues/"), strings.Contains(path, "/pulls"):
		return "the permission pull-requests: read"
	case strings.Contains(path, "/git/"):
		return "the permission contents: read"
	}
	return ""
}
