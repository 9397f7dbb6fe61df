package ci

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
)

// readPlain reads a job that is described by variables of our own. They are for
// CI systems that Detect does not know, and go before those that it knows.
func readPlain(v *vars, _ []byte) (Context, error) {
	c := Context{System: Plain, Actor: actor(v.get("TRUNKLINE_ACTOR"))}
	if f := v.get("TRUNKLINE_FORGE"); f != "" {
		c.Forge = plainForge(v, f)
		c.URL, c.Repository = v.get("TRUNKLINE_FORGE_URL"), v.get("TRUNKLINE_REPOSITORY")
		if c.Forge != "" {
			v.need("TRUNKLINE_FORGE_URL")
		}
		if c.Forge == "local" && c.URL != "" && !filepath.IsAbs(c.URL) {
			v.fail("TRUNKLINE_FORGE_URL is %.80q and not an absolute path, as the forge \"local\" wants", c.URL)
		}
		if c.Forge != "" && c.Forge != "local" {
			v.need("TRUNKLINE_REPOSITORY")
		}
	}
	c.Run = Run{Number: v.numberOr("TRUNKLINE_RUN", 1), Attempt: v.numberOr("TRUNKLINE_RUN_ATTEMPT", 1), URL: v.link("TRUNKLINE_RUN_URL")}
	c.Head.SHA = v.commit("TRUNKLINE_HEAD")
	if v.get("TRUNKLINE_BASE") != "" {
		c.Base.SHA = v.commit("TRUNKLINE_BASE")
	}
	if v.get("TRUNKLINE_HEAD_BRANCH") != "" {
		c.Head.Ref = v.branch("TRUNKLINE_HEAD_BRANCH")
	}
	if v.get("TRUNKLINE_BASE_BRANCH") != "" {
		c.Base.Ref = v.branch("TRUNKLINE_BASE_BRANCH")
	}
	c.Outputs, c.Summary = v.file("TRUNKLINE_OUTPUTS"), v.file("TRUNKLINE_SUMMARY")
	c.Event = Event(v.get("TRUNKLINE_EVENT"))
	switch c.Event {
	case PullRequest:
		c.Fork = v.flag("TRUNKLINE_FORK")
		if v.get("TRUNKLINE_FORGE") != "" {
			c.Number = int(v.number("TRUNKLINE_PULL_REQUEST"))
		}
		if v.get("TRUNKLINE_BASE")+v.get("TRUNKLINE_BASE_BRANCH") == "" {
			v.fail("TRUNKLINE_BASE or TRUNKLINE_BASE_BRANCH is not set (what is proposed to)")
		}
	case Push, Manual:
		v.need("TRUNKLINE_HEAD_BRANCH")
		v.need("TRUNKLINE_TRUNK")
	case Schedule:
	default:
		v.fail("TRUNKLINE_EVENT is %.60q and not %s", c.Event, join([]Event{PullRequest, Push, Schedule, Manual}))
	}
	return c, nil
}

// flag returns a variable that is true or false; "" is false.
func (v *vars) flag(name string) bool {
	s := v.get(name)
	if s == "" {
		return false
	}
	on, err := strconv.ParseBool(s)
	if err != nil {
		v.fail("%s is %.40q and neither true nor false", name, s)
	}
	return on
}

func plainForge(v *vars, forge string) string {
	kinds := []string{"github", "gitlab", "gitea", "local"}
	if !slices.Contains(kinds, forge) {
		v.fail("TRUNKLINE_FORGE is %.40q and not %s", forge, join(kinds))
		return ""
	}
	return forge
}

// join lists words for people to choose from.
func join[T ~string](words []T) string {
	s := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s += " or "
		default:
			s += ", "
		}
		s += fmt.Sprint(w)
	}
	return s
}
