package forge

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Config says which repository of which server is meant, and how it is reached.
type Config struct {
	// URL is the address that people open, such as "https://gitlab.example.com";
	// "" is the public server, where there is one.
	URL string
	// Repository is "owner/name"; on GitLab also "group/sub/name".
	Repository string
	// Token returns the token. It is asked before every request and may return
	// another one each time.
	Token func() (string, error)
	// Transport carries requests; nil means net/http's.
	Transport http.RoundTripper
	// Now is the clock, nil for the system's. Wait waits, nil for a timer.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
	// MaxWait bounds how long one call waits in total for a forge that is busy or
	// allows no more requests; 0 means two minutes.
	MaxWait time.Duration
}

// Profile is what tells one forge from another on the way to it.
type Profile struct {
	// Name is how people call it.
	Name string
	// Variable is the environment variable that the token usually comes from.
	Variable string
	// Header is the header that carries the token.
	Header func(token string) (name, value string)
	// Limited tells whether an answer means that no request is allowed for now, and
	// until when.
	Limited func(a Answer, now time.Time) (until time.Time, limited bool)
	// Needs says which permission of a token a request needs, "" when unknown.
	Needs func(method, path string, a Answer) string
}

// Answer is what a forge answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

var fullSHA = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// CheckSHA fails unless the name is that of a commit in full.
func CheckSHA(sha string) error {
	if !fullSHA.MatchString(sha) {
		return gitops.Errorf(gitops.Invalid, "%q is not a full commit name", sha)
	}
	return nil
}
