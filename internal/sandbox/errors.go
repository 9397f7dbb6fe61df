package sandbox

import (
	"context"
	"errors"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
)

// broken says of a failure of the file what to do about it. Other errors pass
// through.
func (c *Cloud) broken(err error) error {
	var ours *gitops.Error
	var fault *injectedError
	var refusal *aws.Error
	if err == nil || errors.As(err, &ours) || errors.As(err, &fault) || errors.As(err, &refusal) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &gitops.Error{Kind: gitops.Failed, What: "the sandbox in " + c.path + " cannot be read or written", Err: err,
		Next: "check the disk and the file's permissions; to start with an empty cloud, move the file away"}
}

// injectedError is a failure that somebody asked for.
type injectedError struct{ message string }

func (e *injectedError) Error() string { return e.message }
