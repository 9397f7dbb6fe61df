package delivery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/driver"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Approval is what somebody has agreed to: nothing when its Digest is "".
type Approval struct {
	// Digest is that of the preview.
	Digest string
	// Environment is the only one that it is for, "" for each that asks.
	Environment string
	// Commit is the one that was looked at, "" for whichever the job is about.
	Commit string
}

// of is the digest that counts in an environment.
func (a Approval) of(environment string) string {
	if a.Environment != "" && a.Environment != environment {
		return ""
	}
	return a.Digest
}

// current refuses what was approved of another commit.
func (d *Delivery) current(context.Context) error {
	if a := d.Approved; a.Digest != "" && a.Commit != "" && a.Commit != d.Context.Head.SHA {
		return outdated(a.Commit, d.Context.Head.Short())
	}
	return nil
}

// approvable refuses an approval of an environment that is not there.
func (d *Delivery) approvable(context.Context) error {
	name, all := d.Approved.Environment, d.head.EnvironmentNames()
	if d.Approved.Digest == "" || name == "" || slices.Contains(all, name) {
		return nil
	}
	return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("what was approved is for %.60q, which is no environment", name),
		Next: "approve one of " + strings.Join(all, ", ")}
}

// outdated is the refusal of an approval that looked at an older commit.
func outdated(approved, now string) error {
	return &gitops.Error{Kind: gitops.Stale,
		What: fmt.Sprintf("what was approved is about %s, and the trunk branch is at %s", gitops.Revision{SHA: approved}.Short(), now),
		Next: "look at what the job of the newer commit waits for, and approve that"}
}

// waits says what an environment waits for when somebody must agree first.
func (d *Delivery) waits(st *review.DeployedStep, verb string, sel driver.Selection, preview *driver.Report, err error) error {
	var e *gitops.Error
	if preview == nil || !errors.As(err, &e) || e.Kind != gitops.NeedsReview && e.Kind != gitops.Stale {
		return err
	}
	st.Waiting = "approval: " + plainly(st.Environment, e.What)
	if way, ok := d.Context.Approval(st.Environment, preview.Digest()); ok {
		st.Next, st.Where, st.WhereURL = way.Text, way.Where, way.URL
	} else {
		st.Next = byHand(verb, sel, d.doc.Head.SHA, preview.Digest())
	}
	return waiting(*st, e.Kind)
}

// byHand is the command of a person who agrees outside of the CI system.
func byHand(verb string, sel driver.Selection, sha, digest string) string {
	s := fmt.Sprintf("trunkline %s -e %s -s %s", verb, sel.Environments[0], strings.Join(sel.Stacks, ","))
	if verb == "up" {
		s += " --at " + sha
	}
	return s + " --approve " + digest
}

// waiting is the error of an environment that waits for somebody.
func waiting(st review.DeployedStep, kind gitops.Kind) error {
	next := "have the preview reviewed, then: " + st.Next
	if st.Where != "" {
		next += ", " + st.Where + ": " + st.WhereURL
	}
	return &gitops.Error{Kind: kind, What: st.Environment + " waits for " + st.Waiting, Next: next}
}
