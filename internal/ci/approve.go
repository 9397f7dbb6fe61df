package ci

import (
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Way is how somebody agrees to what waits, in the CI system itself.
type Way struct {
	// Text is what to type: a command, or values to fill in.
	Text string
	// Where says where, in words, and URL is that place.
	Where, URL string
}

// Approval is how somebody agrees to what a digest is about; false when the
// pipeline of this job takes no approvals for the environment.
func (c Context) Approval(environment, digest string) (Way, bool) {
	page := strings.TrimSuffix(c.URL, "/") + "/" + c.Repository
	switch {
	case len(c.Approvals) == 0 || strings.Trim(c.Head.Ref, inert+"/") != "":
		return Way{}, false
	case c.System == GitHub:
		repository := c.Repository
		if host := strings.TrimPrefix(strings.TrimSuffix(c.URL, "/"), "https://"); host != "github.com" {
			repository = host + "/" + repository
		}
		return Way{
			Text: "gh workflow run " + c.Approvals[0] + " --repo " + repository + " --ref " + c.Head.Ref +
				" -f environment=" + environment + " -f commit=" + c.Head.SHA + " -f digest=" + digest,
			Where: "or the same as inputs of Run workflow", URL: page + "/actions/workflows/" + c.Approvals[0],
		}, true
	case c.System == Gitea:
		return Way{
			Text:  "environment=" + environment + " commit=" + c.Head.SHA + " digest=" + digest,
			Where: "as inputs of Run Workflow on " + c.Head.Ref, URL: page + "/actions?workflow=" + c.Approvals[0],
		}, true
	case c.System == GitLab && slices.Contains(c.Approvals, environment):
		return Way{
			Text:  "TRUNKLINE_APPROVE=" + digest,
			Where: "as a variable of the manual job approve-" + environment, URL: c.Run.URL,
		}, true
	}
	return Way{}, false
}

// approvals reads where approvals are taken: on GitHub and Gitea the file of the
// workflow, on GitLab the environments that have a job approve-NAME.
func (v *vars) approvals() []string {
	words := strings.Fields(v.get("TRUNKLINE_APPROVALS"))
	for _, w := range words {
		if gitops.CheckBranch(w) != nil || strings.Trim(w, inert) != "" {
			v.fail("TRUNKLINE_APPROVALS has %.60q, which is neither a workflow's file nor an environment", w)
		}
	}
	return words
}

// inert are characters that mean nothing to a shell, a page or an address.
const inert = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
