// Package line holds the rule of waiting for a stack: who stands in line, who
// has left it, and whose turn it is.
package line

import (
	"slices"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Place is one ticket in the line for a stack.
type Place struct {
	// Seq is the place's number; the line is in the order of the numbers.
	Seq    int64
	Ticket string
	// As is who waits, for what and since when.
	As gitops.LeaseInfo
	// Until is when the ticket leaves the line unless it is shown again before.
	Until time.Time
	// Gone tells that the process that waits is known to have ended.
	Gone bool
}

// Answer is what a request for a stack is told.
type Answer struct {
	// Wait is nil when it is the request's turn. Otherwise it says who has the
	// stack or is first in line, and the request's own place.
	Wait *gitops.LockedError
	// There are those who wait, in order. At is the request's index among them,
	// -1 when it does not stand there yet.
	There []Place
	At    int
	// Left are those to take out of the line: their time is over, or they are
	// gone.
	Left []Place
}

// Ask answers a request at the time now. line is everybody who was not taken
// out of it, ticket is "" for a request that does not wait, and held is the
// lease that has the stack, nil when it is free.
func Ask(line []Place, ticket string, held *gitops.LeaseInfo, now time.Time) Answer {
	a := Answer{At: -1}
	for _, p := range line {
		if p.Gone || !now.Before(p.Until) {
			a.Left = append(a.Left, p)
		} else {
			a.There = append(a.There, p)
		}
	}
	if ticket != "" {
		a.At = slices.IndexFunc(a.There, func(p Place) bool { return p.Ticket == ticket })
	}
	if held == nil && (a.At == 0 || len(a.There) == 0) {
		return a
	}
	a.Wait = &gitops.LockedError{}
	switch {
	case ticket == "": // has no place
	case a.At < 0:
		a.Wait.Position = len(a.There) + 1 // the new end
	default:
		a.Wait.Position = a.At + 1
	}
	if held != nil {
		a.Wait.Lease = *held
	} else {
		a.Wait.Lease = a.There[0].As
	}
	return a
}
