package ci

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// variable is an environment variable that describes a job.
type variable struct {
	name string
	// when says when it is needed, "" when it never has to be set.
	when string
	// what is what it says.
	what string
}

// variables are those that describe a job in a CI system that Detect does not
// know, and further ones that change what a job does in any system.
func variables() []variable {
	return []variable{
		{"TRUNKLINE_EVENT", "always", "pull_request, push, schedule or manual; goes before what a known CI system says"},
		{"TRUNKLINE_HEAD", "always", "the full name of the commit that the job is about"},
		{"TRUNKLINE_HEAD_BRANCH", "push, manual", "its branch"},
		{"TRUNKLINE_TRUNK", "push, manual", "the branch that environments are updated from; a known system says it"},
		{"TRUNKLINE_BASE", "pull_request", "the full name of the commit that is proposed to, or"},
		{"TRUNKLINE_BASE_BRANCH", "pull_request", "its branch"},
		{"TRUNKLINE_FORK", "", "true when the head is in another repository"},
		{"TRUNKLINE_FORGE", "", "who is told: github, gitlab, gitea, or local for a directory of files"},
		{"TRUNKLINE_FORGE_URL", "a forge", "its address, such as https://git.example.com; the directory's path"},
		{"TRUNKLINE_REPOSITORY", "a forge", "owner/name, on GitLab with all groups; not for local"},
		{"TRUNKLINE_PULL_REQUEST", "pull_request, a forge", "its number"},
		{"TRUNKLINE_FORGE_TOKEN", "", "the forge's token; GITHUB_TOKEN, GITLAB_TOKEN or GITEA_TOKEN do as well"},
		{"TRUNKLINE_FORGE_TOKEN_FILE", "", "a file with it, read each time that it is used"},
		{"TRUNKLINE_RUN", "", "a number that grows with each run of the repository: the newest keeps the comment"},
		{"TRUNKLINE_RUN_ATTEMPT", "", "which repetition of the run it is, from 1"},
		{"TRUNKLINE_RUN_URL", "", "where its log is"},
		{"TRUNKLINE_ACTOR", "", "who caused it"},
		{"TRUNKLINE_OUTPUTS", "", "a file that gets outputs, such as changed=true"},
		{"TRUNKLINE_SUMMARY", "", "a file that gets the review in Markdown"},
		{"TRUNKLINE_APPROVALS", "", "where the pipeline takes approvals: the workflow's file, on GitLab the environments with a job approve-NAME"},
	}
}

// ofPipelines are variables of the pipelines that "init ci" writes, which
// trunkline itself does not read.
var ofPipelines = []string{"TRUNKLINE_VERSION", "TRUNKLINE_KEY", "TRUNKLINE_APPROVE"}

// VariableTable is a table of the variables for people.
func VariableTable() string {
	var b strings.Builder
	for _, v := range variables() {
		fmt.Fprintf(&b, "  %-26s  %-21s  %s\n", v.name, v.when, v.what)
	}
	return b.String()
}

// whatIs says in parentheses what a variable of ours is.
func whatIs(name string) string {
	for _, v := range variables() {
		if v.name == name {
			what, _, _ := strings.Cut(v.what, ";")
			return " (" + strings.TrimSuffix(what, ", or") + ")"
		}
	}
	return ""
}

// CheckNames looks for misspelt variables among the names of all that are set: one
// that looks like one of ours is refused, for what it was to say would be missing.
// Others that begin like ours are returned, for a note.
func CheckNames(names []string) (unknown []string, err error) {
	known := slices.Clone(ofPipelines)
	for _, v := range variables() {
		known = append(known, v.name)
	}
	var wrong []string
	for _, name := range slices.Sorted(slices.Values(names)) {
		if !strings.HasPrefix(name, "TRUNKLINE_") || slices.Contains(known, name) {
			continue
		}
		if i := slices.IndexFunc(known, func(k string) bool { return slip(name, k) }); i >= 0 {
			wrong = append(wrong, fmt.Sprintf("%.60q is no variable of trunkline; did you mean %s?", name, known[i]))
			continue
		}
		unknown = append(unknown, name)
	}
	if len(wrong) > 0 {
		return unknown, &gitops.Error{Kind: gitops.Invalid, What: strings.Join(wrong, "\n"), Next: "rename it; trunkline ci --help lists those that there are"}
	}
	return unknown, nil
}

// slip tells whether a is b with a typing error, two in a long name: a letter that is
// missing, wrong or one too many, two that changed places, underscores that are not
// there.
func slip(a, b string) bool {
	if strings.ReplaceAll(a, "_", "") == strings.ReplaceAll(b, "_", "") {
		return true
	}
	const short = len("TRUNKLINE_FORGE")
	far := settings.Distance(a, b)
	return far <= 1 || far == 2 && len(b) > short
}
