package ci

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// vars reads variables and remembers what is wrong with them, so that all of it
// is told at once.
type vars struct {
	get      func(string) string
	problems []string
}

func (v *vars) fail(format string, args ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, args...))
}

func (v *vars) check(what string, err error) {
	if err != nil {
		v.fail("%s: %v", what, err)
	}
}

// err returns what was found, nil when all is well.
func (v *vars) err(s System) error {
	if len(v.problems) == 0 {
		return nil
	}
	name := map[System]string{GitHub: "GitHub Actions", Gitea: "Gitea Actions", GitLab: "GitLab CI", Buildkite: "Buildkite", Plain: "the environment"}[s]
	next := "set TRUNKLINE_EVENT and describe the job with variables, when the system cannot: trunkline ci --help lists them"
	if s == Plain {
		next = "set these variables (trunkline ci --help lists all), or unset TRUNKLINE_EVENT in a CI system that is known"
	}
	all := " " + v.problems[0]
	if len(v.problems) > 1 {
		all = "\n  " + strings.Join(v.problems, "\n  ")
	}
	return &gitops.Error{Kind: gitops.Invalid, What: name + " does not say what this job is about:" + all, Next: next}
}

// need returns a variable that must be there.
func (v *vars) need(name string) string {
	s := v.get(name)
	if s == "" {
		v.fail("%s is not set%s", name, whatIs(name))
	}
	return s
}

// commit returns a variable with a full commit name.
func (v *vars) commit(name string) string {
	if s := v.need(name); s != "" {
		v.check(name, gitops.CheckCommit(s))
		return s
	}
	return ""
}

// branch returns a variable with the name of a branch.
func (v *vars) branch(name string) string {
	if s := v.need(name); s != "" {
		v.check(name, gitops.CheckBranch(s))
		return s
	}
	return ""
}

// number returns a variable with a number from 1 on.
func (v *vars) number(name string) int64 {
	s := v.need(name)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		v.fail("%s is %.40q and not a number from 1 on", name, s)
	}
	return n
}

// numberOr returns a variable with a number, or a default when it is not set.
func (v *vars) numberOr(name string, or int64) int64 {
	if v.get(name) == "" {
		return or
	}
	return v.number(name)
}

// file returns a variable with an absolute path, "" when it is not set.
func (v *vars) file(name string) string {
	s := v.get(name)
	if s != "" && (!filepath.IsAbs(s) || strings.IndexFunc(s, gitops.Unreadable) >= 0) {
		v.fail("%s is %.80q and not an absolute path", name, s)
	}
	return s
}

// link returns a variable with an address for people, "" when it is none.
func (v *vars) link(name string) string { return linkOf(v.get(name)) }

// linkOf drops what is not the address of a page. Fragments are fine here:
// Buildkite and GitLab name jobs by them.
func linkOf(s string) string {
	page, _, _ := strings.Cut(s, "#")
	if _, err := gitops.ParsePageURL(page); err != nil || strings.IndexFunc(s, gitops.Unreadable) >= 0 || strings.ContainsAny(s, " <>\"'()[]") {
		return ""
	}
	return s
}

// before turns Git's name for "no commit" into "".
func before(sha string) string {
	if strings.Trim(sha, "0") == "" {
		return ""
	}
	return sha
}

// checkRepository refuses what is not the path of a repository on a forge.
func checkRepository(path string) error {
	parts := strings.Split(path, "/")
	ok := len(parts) >= 2 && len(path) <= 255
	for _, p := range parts {
		ok = ok && p != "" && p != "." && p != ".." && p[0] != '-' && !strings.HasSuffix(p, ".git") &&
			strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
	}
	if !ok {
		return gitops.Errorf(gitops.Invalid, "%.100q is not the path of a repository, such as acme/shop", path)
	}
	return nil
}

// actor cleans the name of an account for showing.
func actor(name string) string {
	if len(name) > 100 || strings.IndexFunc(name, gitops.Unreadable) >= 0 {
		return ""
	}
	return name
}
