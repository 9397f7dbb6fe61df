package review

import (
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// LeftBehind is an environment that the estate no longer has and that stays
// deployed: nothing destroys an environment because its file is gone.
type LeftBehind struct {
	Environment string `json:"environment"`
	// Stacks are those that are deployed, Resources how many resources they have.
	Stacks    []gitops.StackID `json:"stacks"`
	Resources int              `json:"resources"`
	// Unread says why nobody knows what is deployed; the stacks are then those that
	// its file had.
	Unread string `json:"unread,omitempty"`
	// Next says how to destroy it.
	Next string `json:"next"`
}

// what says in words what stays.
func (l LeftBehind) what() string {
	names := make([]string, len(l.Stacks))
	for i, id := range l.Stacks {
		names[i] = shorten(id.Name, 80)
	}
	stacks := plural(len(names), "stack", "stacks") + " (" + shorten(enumerate(names), 300) + ")"
	switch {
	case l.Unread != "":
		return "what is deployed of its " + stacks + " stays deployed; " + shorten(l.Unread, 200)
	case len(names) == 1:
		return stacks + " with " + plural(l.Resources, "resource", "resources") + " stays deployed"
	}
	return stacks + " with " + plural(l.Resources, "resource", "resources") + " stay deployed"
}

// mostLeft is how many environments are named that stay deployed.
const mostLeft = 8

// left are the environments that are gone from the estate and not from the cloud.
func (v *view) left() string {
	if len(v.Left) == 0 {
		return ""
	}
	var lines []string
	for i, l := range v.Left {
		if i == mostLeft {
			lines = append(lines, "- and "+plural(len(v.Left)-i, "more", "more"))
			break
		}
		lines = append(lines, "- **"+prose(shorten(l.Environment, 80))+"**: "+prose(l.what())+". To destroy it: "+codeSpan(shorten(l.Next, 300)))
	}
	head := "**" + plural(len(v.Left), "environment is", "environments are") + " no longer in the estate, and not destroyed for that.** No push, review or drift report looks after what stays.\n"
	return v.alert("WARNING", head, lines)
}

// leftNames names them in a heading.
func (v *view) leftNames() string {
	if len(v.Left) > 3 {
		return "**" + plural(len(v.Left), "removed environment stays", "removed environments stay") + " deployed**"
	}
	names := make([]string, len(v.Left))
	for i, l := range v.Left {
		names[i] = prose(shorten(l.Environment, 80))
	}
	return "**" + enumerate(names) + map[bool]string{true: " is removed and stays", false: " are removed and stay"}[len(names) == 1] + " deployed**"
}

// left says the same on a terminal.
func (l *layout) left(d Document) {
	for _, x := range d.Left {
		l.para(0, Line{{x.Environment, Strong}, {" is no longer in the estate: " + x.what() + ", and nobody looks after it", Warning}})
		l.para(2, Line{{"to destroy it: " + x.Next, Normal}})
	}
	if len(d.Left) > 0 {
		l.lines = append(l.lines, Line{})
	}
}
