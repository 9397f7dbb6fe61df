package forge

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var errTooLarge = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)

// verdict is what to do about an answer that is not a success.
type verdict struct {
	again bool
	after time.Duration
	// err is what is returned when there is no time or no use to try again.
	err error
}

// judge decides whether a request is made again. A refusal because of too many
// requests did nothing and may be repeated; anything else only where a repetition
// does no harm.
func (t *transport) judge(req *http.Request, a Answer, err error, n int, r redact) verdict {
	backoff := time.Second << n
	if err != nil {
		e := gitops.Errorf(gitops.Failed, "cannot reach %s at %s: %s", t.profile.Name, t.base.Host, r.text(cause(err)))
		if errors.Is(err, context.DeadlineExceeded) {
			e.Kind = gitops.Timeout
		}
		if errors.Is(err, errTooLarge) {
			return verdict{err: unknownIf(!repeatable(req), gitops.Errorf(gitops.Failed, "%s at %s: %w", t.profile.Name, t.base.Host, err))}
		}
		return verdict{repeatable(req) && n < maxRepeats, backoff, unknownIf(!repeatable(req), e)}
	}
	now := t.config.Now()
	if until, limited := t.profile.Limited(a, now); limited {
		after := max(until.Sub(now), backoff)
		return verdict{n < 2*maxRepeats, after, &gitops.Error{
			Kind: gitops.Timeout,
			What: fmt.Sprintf("%s allows no more requests until %s (in %s)", t.profile.Name, now.Add(after).UTC().Format("15:04:05 MST"), after.Round(time.Second)),
			Next: "try again then, or use a token with a higher limit",
		}}
	}
	e := t.refusal(req, a, r)
	if a.Status == http.StatusConflict && repeatable(req) { // another request was changing the same
		return verdict{n < maxRepeats, backoff, e}
	}
	if a.Status >= 500 && a.Status != http.StatusNotImplemented {
		return verdict{repeatable(req) && n < maxRepeats, backoff, unknownIf(!repeatable(req), e)}
	}
	return verdict{err: e}
}

type repeatableKey struct{}

// Repeatable marks the requests of a context as such that may be sent twice
// without harm, also when they are POSTs.
func Repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatableKey{}, true)
}

// repeatable tells whether a request may be sent again when nobody knows whether
// it took effect. Everything but a POST replaces as a whole or takes away.
func repeatable(req *http.Request) bool {
	return req.Method != http.MethodPost || req.Context().Value(repeatableKey{}) != nil
}

// outcomeUnknown is an error of a write that may have taken effect.
type outcomeUnknown struct{ error }

func (u outcomeUnknown) Unwrap() error { return u.error }

func unknownIf(unknown bool, err error) error {
	if unknown {
		return outcomeUnknown{err}
	}
	return err
}

// OutcomeUnknown tells whether a write that failed may have taken effect.
func OutcomeUnknown(err error) bool {
	var u outcomeUnknown
	return errors.As(err, &u)
}

func contextError(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return gitops.Errorf(gitops.Timeout, "%w", err)
	}
	return gitops.Errorf(gitops.Cancelled, "%w", err)
}

// cause is the innermost of the errors that a transport wraps: the outer ones
// repeat the address.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
