package forgetest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func (g githubServer) noteJSON(r *http.Request, n *note) object {
	return object{
		"id": n.id, "body": n.body, "user": object{"login": n.author, "type": "User"},
		"html_url":  fmt.Sprintf("http://%s/team/infra/pull/%d#issuecomment-%d", r.Host, n.pull, n.id),
		"issue_url": fmt.Sprintf("http://%s/api/v3/repos/team/infra/issues/%d", r.Host, n.pull),
	}
}

func (g githubServer) listComments(w http.ResponseWriter, r *http.Request, _ Account) {
	if g.pull(at(r, "n")) == nil {
		g.missing(w)
		return
	}
	var all []object
	for _, n := range g.notes(at(r, "n")) {
		if !n.system { // GitHub has them elsewhere
			all = append(all, g.noteJSON(r, n))
		}
	}
	page := query(r, "page", 1)
	list, pages := slice(all, page, min(query(r, "per_page", 30), 100))
	if page < pages {
		next := *r.URL
		q := next.Query()
		q.Set("page", fmt.Sprint(page+1))
		next.RawQuery = q.Encode()
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s>; rel="next", <http://%s%s>; rel="last"`, r.Host, next.String(), r.Host, next.String()))
	}
	if list == nil {
		list = []object{}
	}
	g.tagged(w, r, list)
}

// write reads a comment that somebody wrote, and refuses what is too long.
func (g githubServer) write(w http.ResponseWriter, r *http.Request) (string, bool) {
	var in struct{ Body string }
	if !body(r, &in) || in.Body == "" {
		reply(w, 422, object{"message": "Validation Failed", "errors": []object{{"resource": "IssueComment", "code": "missing_field", "field": "body"}}})
		return "", false
	}
	if characters(in.Body) > 65_536 {
		reply(w, 422, object{"message": "Validation Failed", "errors": []object{{"resource": "IssueComment", "code": "unprocessable", "field": "data", "message": "Body is too long (maximum is 65536 characters)"}}})
		return "", false
	}
	return in.Body, true
}

func (g githubServer) createComment(w http.ResponseWriter, r *http.Request, who Account) {
	if g.pull(at(r, "n")) == nil {
		g.missing(w)
	} else if text, ok := g.write(w, r); ok {
		reply(w, 201, g.noteJSON(r, g.add(at(r, "n"), who, text)))
	}
}

// oneComment reads, edits and deletes. The bot may write to the repository, so
// GitHub would let it change what others wrote.
func (g githubServer) oneComment(w http.ResponseWriter, r *http.Request, who Account) {
	n := g.note(at(r, "id"))
	switch {
	case n == nil || n.system:
		g.missing(w)
	case r.Method == http.MethodGet:
		g.tagged(w, r, g.noteJSON(r, n))
	case n.author != string(who) && who != Bot:
		reply(w, 403, object{"message": "Must have admin rights to Repository."})
	case r.Method == http.MethodDelete:
		g.remove(n)
		w.WriteHeader(204)
	case r.Method == http.MethodPatch:
		if text, ok := g.write(w, r); ok {
			n.body = text
			reply(w, 200, g.noteJSON(r, n))
		}
	default:
		w.WriteHeader(405)
	}
}

// checkJSON is what a client says about a check run.
type checkJSON struct {
	Name       string
	HeadSHA    string  `json:"head_sha"`
	DetailsURL string  `json:"details_url"`
	Status     string  `json:"status"`
	Conclusion *string `json:"conclusion"`
	Output     struct {
		Title, Summary string
		Annotations    []struct {
			Path      string
			StartLine int    `json:"start_line"`
			EndLine   int    `json:"end_line"`
			Level     string `json:"annotation_level"`
			Title     string
			Message   string
		}
	}
}

// apply changes a check run: annotations are added to those that are there.
func (in checkJSON) apply(c *check) string {
	state := map[string]gitops.StatusState{"success": gitops.StatusSuccess, "failure": gitops.StatusFailure}
	switch {
	case len(in.Output.Annotations) > 50:
		return "annotations exceeds the maximum of 50"
	case len(in.Output.Summary) > 65_535 || in.Output.Title == "" || in.Output.Summary == "":
		return "output is missing or too long"
	case (in.Status == "completed") != (in.Conclusion != nil):
		return "conclusion and status do not fit"
	}
	c.run.Name, c.run.URL, c.run.Title, c.run.Summary = in.Name, in.DetailsURL, in.Output.Title, in.Output.Summary
	c.run.State = gitops.StatusPending
	if in.Conclusion != nil {
		c.run.State = state[*in.Conclusion]
	}
	for _, a := range in.Output.Annotations {
		if a.StartLine < 1 || a.StartLine != a.EndLine || a.Message == "" || a.Path == "" || strings.HasPrefix(a.Path, "/") {
			return "an annotation is not on a line"
		}
		c.run.Annotations = append(c.run.Annotations, gitops.Annotation{File: a.Path, Line: a.StartLine, Level: a.Level, Title: a.Title, Message: a.Message})
	}
	return ""
}

func (g githubServer) createCheckRun(w http.ResponseWriter, r *http.Request, _ Account) {
	var in checkJSON
	if g.userToken {
		reply(w, 403, object{"message": "You must authenticate via a GitHub App.", "documentation_url": "https://docs.github.com/rest/checks/runs#create-a-check-run"})
		return
	}
	if !body(r, &in) || !g.commits[in.HeadSHA] {
		reply(w, 422, object{"message": "No commit found for SHA: " + in.HeadSHA})
		return
	}
	c := &check{id: g.number(), sha: in.HeadSHA}
	if why := in.apply(c); why != "" {
		reply(w, 422, object{"message": "Invalid request.\n\n" + why})
		return
	}
	g.checks = slices.DeleteFunc(g.checks, func(o *check) bool { return o.sha == c.sha && o.run.Name == in.Name })
	g.checks = append(g.checks, c)
	reply(w, 201, object{"id": c.id})
}

func (g githubServer) updateCheckRun(w http.ResponseWriter, r *http.Request, _ Account) {
	var in checkJSON
	i := slices.IndexFunc(g.checks, func(c *check) bool { return c.id == at(r, "id") })
	if i < 0 || !body(r, &in) {
		g.missing(w)
		return
	}
	if why := in.apply(g.checks[i]); why != "" {
		reply(w, 422, object{"message": "Invalid request.\n\n" + why})
		return
	}
	reply(w, 200, object{"id": g.checks[i].id})
}
