package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// verdict is the heading of a comment: what happens, and whether it may.
func (v *view) verdict() string { return "### trunkline: " + v.headline() + "\n" }

func (v *view) headline() string {
	switch {
	case len(v.Deployment) > 0:
		return v.deployed()
	case v.Stage == Outdated:
		return "previewing " + v.newer() + ", what follows is older"
	case v.Stage == Superseded:
		return "superseded by " + v.newer()
	case v.Failure != nil && len(v.Stacks) == 0:
		return "**failed** before anything was previewed"
	case v.Stage == Pending:
		return "looking for the stacks that this touches …"
	case v.Stage == Running:
		return v.progress()
	case len(v.Stacks) == 0 && len(v.Same) > 0:
		return "no changes: the same resources in " + plural(len(v.Same), "stack", "stacks") + v.obstacles()
	case len(v.Stacks) == 0:
		return "no stack is affected" + v.obstacles()
	case len(v.ends()) > 0 && v.Summary().Changed() == 0: // nobody knows whether there are changes
		return strings.TrimPrefix(v.obstacles(), ", ") + v.places()
	}
	return v.happens() + v.places() + v.obstacles()
}

func (v *view) newer() string {
	if v.Newer.SHA == "" {
		return "a newer commit"
	}
	return codeSpan(v.Newer.Short())
}

// progress says how far the previews are.
func (v *view) progress() string {
	done := len(v.Stacks) - v.count(gitops.RunQueued) - v.count(gitops.RunRunning)
	if done == 0 {
		return "previewing " + plural(len(v.Stacks), "stack", "stacks") + " …"
	}
	return fmt.Sprintf("previewing, %d of %s done: ", done, plural(len(v.Stacks), "stack", "stacks")) + v.happens() + " so far"
}

// happens counts what happens, what is lost first.
func (v *view) happens() string {
	var lost, rest []string
	for _, s := range v.counts(v.Summary()) {
		switch {
		case s.Text == ", ":
		case s.Style == Replaced && v.onlyPerhaps():
			lost = append(lost, "**perhaps "+s.Text+"**")
		case s.Style == Replaced || s.Style == Deleted:
			lost = append(lost, "**"+s.Text+"**")
		default:
			rest = append(rest, s.Text)
		}
	}
	slices.Reverse(lost) // what is deleted before what is replaced
	return strings.Join(append(lost, rest...), ", ")
}

// places says in how many stacks.
func (v *view) places() string {
	changed := 0
	for _, r := range v.Stacks {
		if r.Changes.Summary().Changed() > 0 {
			changed++
		}
	}
	total := max(v.Total, len(v.Stacks))
	if changed == 0 {
		return " in " + plural(total, "stack", "stacks")
	}
	return fmt.Sprintf(" in %d of %s", changed, plural(total, "stack", "stacks"))
}

// obstacles says what is in the way.
func (v *view) obstacles() string {
	out := ""
	if n := v.count(gitops.RunFailed); n > 0 {
		out += fmt.Sprintf(", **%d failed**", n)
	}
	if n := v.count(gitops.RunSkipped) + v.count(gitops.RunCancelled); n > 0 {
		out += fmt.Sprintf(", **%d not previewed**", n)
	}
	n := 0
	for _, x := range v.Violations {
		if x.Blocks() {
			n++
		}
	}
	if len(v.Left) > 0 {
		out += ", " + v.leftNames()
	}
	if n > 0 {
		out += ", **blocked by " + plural(n, "policy violation", "policy violations") + "**"
	}
	return out
}

// subject says what of: commit, branches, how long it took, where the rest is.
func (v *view) subject() string {
	var parts []string
	if v.Head.SHA != "" {
		what := codeSpan(v.Head.Short())
		if ref := v.PullRequest.Head.Ref; ref != "" {
			what += " of " + codeSpan(shorten(ref, 100))
		}
		if ref := v.PullRequest.Base.Ref; ref != "" && v.Base.SHA != "" {
			what += " onto " + codeSpan(shorten(ref, 100)) + " at " + codeSpan(v.Base.Short())
		} else if v.Base.SHA != "" {
			what += " against " + codeSpan(v.Base.Short())
		}
		parts = append(parts, what)
	}
	if v.Took > 0 {
		parts = append(parts, Duration(v.Took))
	}
	if target := linkTarget(v.o.Link); target != "" {
		parts = append(parts, "[all of it]("+target+")")
	}
	if len(parts) == 0 {
		return ""
	}
	return "\n" + strings.Join(parts, " · ") + "\n"
}

// failure says why nothing was run.
func (v *view) failure() string {
	if v.Failure == nil {
		return ""
	}
	var lines []string
	for _, l := range ErrorLines(v.Failure) {
		lines = append(lines, shorten(l.String(), 400))
	}
	if len(lines) > 15 {
		lines = append(lines[:15], fmt.Sprintf("… and %d more lines", len(lines)-15))
	}
	return fenced("text", lines)
}
