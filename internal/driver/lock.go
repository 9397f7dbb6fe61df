package driver

import (
	"errors"
	"fmt"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// locked turns the news that somebody else holds a stack into an error that
// says who, and what to do. Other errors pass unchanged.
func locked(id gitops.StackID, err error) error {
	var held *gitops.LockedError
	var lost *gitops.FencedError
	var told *gitops.Error
	switch {
	case errors.As(err, &held) && errors.As(err, &told) && told.Next != "":
		return err // the Pulumi CLI holds it, which a lease's ID does not end
	case errors.As(err, &held):
		l := held.Lease
		if l.ID == "" {
			return &gitops.Error{Kind: gitops.Locked, What: fmt.Sprintf("%s is free, but %s waits for it", id, l.Holder), Next: "wait in line: leave --no-wait out"}
		}
		return &gitops.Error{
			Kind: gitops.Locked,
			What: fmt.Sprintf("%s is locked by %s (%s) since %s", id, l.Holder, l.Operation, l.Since.Format(time.RFC3339)),
			Next: fmt.Sprintf("wait for it; if it is dead: trunkline stack unlock -e %s -s %s %s", id.Environment, id.Name, l.ID),
		}
	case errors.As(err, &lost):
		return &gitops.Error{Kind: gitops.Locked, Err: err,
			What: fmt.Sprintf("%s was taken over by another run", id),
			Next: fmt.Sprintf("trunkline history -e %s -s %s", id.Environment, id.Name)}
	}
	return err
}
