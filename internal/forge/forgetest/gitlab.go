package forgetest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// GitLab returns a world whose server answers as GitLab does: pages that
// X-Next-Page names, notes of its own between those of people, states that cannot
// follow each other, and lines with a slash that it carries out. dial connects to
// it at the address.
func GitLab(t *testing.T, dial func(c Connection, url string, rt http.RoundTripper) (gitops.Forge, error)) *Server {
	s := newWorld(t, func(h *Hub) http.Handler { return gitlabServer{h}.routes() }, dial)
	s.alike = true
	return s
}

type gitlabServer struct{ *Hub }

// routes are those of the project team/sub/infra.
func (g gitlabServer) routes() http.Handler {
	mux := http.NewServeMux()
	const project = "/api/v4/projects/{project}"
	mux.HandleFunc("GET /api/v4/user", g.as(func(w http.ResponseWriter, r *http.Request, who Account) {
		reply(w, 200, object{"id": 1, "username": who})
	}))
	mux.HandleFunc("GET "+project+"/merge_requests/{n}", g.as(func(w http.ResponseWriter, r *http.Request, _ Account) {
		if p := g.pull(at(r, "n")); p != nil {
			reply(w, 200, g.mergeJSON(r, p))
			return
		}
		g.missing(w, "404 Not found")
	}))
	mux.HandleFunc("GET "+project+"/repository/branches/main", g.as(func(w http.ResponseWriter, r *http.Request, _ Account) {
		reply(w, 200, object{"name": "main", "commit": object{"id": g.trunk}})
	}))
	mux.HandleFunc("GET "+project+"/repository/commits/{sha}/merge_requests", g.as(g.mergesOfCommit))
	mux.HandleFunc("GET "+project+"/merge_requests/{n}/notes", g.as(g.listNotes))
	mux.HandleFunc("POST "+project+"/merge_requests/{n}/notes", g.as(g.createNote))
	mux.HandleFunc(project+"/merge_requests/{n}/notes/{id}", g.as(g.oneNote))
	mux.HandleFunc("POST "+project+"/statuses/{sha}", g.as(g.setStatus))
	mux.HandleFunc("/", g.as(func(w http.ResponseWriter, r *http.Request, _ Account) {
		reply(w, 404, object{"error": "404 Not Found"})
	}))
	return mux
}

func (g gitlabServer) as(do func(http.ResponseWriter, *http.Request, Account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := account(cmp.Or(r.Header.Get("Private-Token"), r.Header.Get("Job-Token")))
		switch p := r.PathValue("project"); {
		case who == "":
			reply(w, 401, object{"message": "401 Unauthorized"})
		case p != "" && p != "team/sub/infra":
			g.missing(w, "404 Project Not Found")
		default:
			do(w, r, who)
		}
	}
}

func (g gitlabServer) missing(w http.ResponseWriter, what string) {
	reply(w, 404, object{"message": what})
}

func (g gitlabServer) mergeJSON(r *http.Request, p *pull) object {
	state := "opened"
	if p.Closed {
		state = "closed"
	}
	out := object{
		"iid": p.Number, "title": p.Title, "state": state, "draft": p.Draft, "author": object{"username": p.Author},
		"web_url":       fmt.Sprintf("http://%s/team/sub/infra/-/merge_requests/%d", r.Host, p.Number),
		"source_branch": p.Head.Ref, "target_branch": p.Base.Ref, "source_project_id": 1, "target_project_id": 1,
		"sha": p.Head.SHA, "merge_commit_sha": nil, "squash_commit_sha": nil,
		"diff_refs": object{"base_sha": strings.Repeat("b", 40), "start_sha": strings.Repeat("b", 40), "head_sha": p.Head.SHA},
	}
	switch {
	case p.Merged != "" && p.squashed:
		out["state"], out["squash_commit_sha"] = "merged", p.Merged
	case p.Merged != "":
		out["state"], out["merge_commit_sha"] = "merged", p.Merged
	}
	return out
}

// mergesOfCommit finds also those that are open.
func (g gitlabServer) mergesOfCommit(w http.ResponseWriter, r *http.Request, _ Account) {
	sha := r.PathValue("sha")
	if !g.commits[sha] {
		g.missing(w, "404 Commit Not Found")
		return
	}
	list := []object{}
	for _, p := range g.pulls {
		if p.Merged == sha || p.Head.SHA == sha {
			list = append(list, g.mergeJSON(r, g.pull(p.Number)))
		}
	}
	reply(w, 200, list)
}

func (g gitlabServer) noteJSON(n *note) object {
	return object{"id": n.id, "body": n.body, "author": object{"username": n.author}, "system": n.system, "noteable_iid": n.pull}
}

func (g gitlabServer) listNotes(w http.ResponseWriter, r *http.Request, _ Account) {
	if g.pull(at(r, "n")) == nil {
		g.missing(w, "404 Not found")
		return
	}
	notes := g.notes(at(r, "n"))
	if r.URL.Query().Get("sort") != "asc" { // the newest first, unless asked otherwise
		notes = slices.Clone(notes)
		slices.Reverse(notes)
	}
	page := query(r, "page", 1)
	list, pages := slice(notes, page, min(query(r, "per_page", 20), 100))
	w.Header().Set("X-Next-Page", "")
	if page < pages {
		w.Header().Set("X-Next-Page", fmt.Sprint(page+1))
	}
	out := []object{}
	for _, n := range list {
		out = append(out, g.noteJSON(n))
	}
	reply(w, 200, out)
}

// write reads a note, and carries out what stands after a slash.
func (g gitlabServer) write(w http.ResponseWriter, r *http.Request) (string, bool) {
	var in struct{ Body string }
	switch {
	case !body(r, &in) || in.Body == "":
		reply(w, 400, object{"error": "body is missing"})
	case characters(in.Body) > 1_000_000:
		reply(w, 400, object{"message": object{"note": []string{"is too long (maximum is 1000000 characters)"}}})
	case strings.HasPrefix(in.Body, "/merge") || strings.Contains(in.Body, "\n/merge"):
		g.actions++
		reply(w, 202, object{"commands_changes": object{"merge": "sha"}, "summary": []string{"Merged this merge request."}})
	default:
		return in.Body, true
	}
	return "", false
}

func (g gitlabServer) createNote(w http.ResponseWriter, r *http.Request, who Account) {
	if g.pull(at(r, "n")) == nil {
		g.missing(w, "404 Not found")
	} else if text, ok := g.write(w, r); ok {
		reply(w, 201, g.noteJSON(g.add(at(r, "n"), who, text)))
	}
}

func (g gitlabServer) oneNote(w http.ResponseWriter, r *http.Request, who Account) {
	n := g.note(at(r, "id"))
	switch {
	case n == nil || n.pull != at(r, "n"):
		g.missing(w, "404 Note Not Found")
	case r.Method == http.MethodGet:
		reply(w, 200, g.noteJSON(n))
	case n.author != string(who) && who != Bot:
		reply(w, 403, object{"message": "403 Forbidden"})
	case r.Method == http.MethodDelete:
		g.remove(n)
		w.WriteHeader(204)
	case r.Method == http.MethodPut:
		if text, ok := g.write(w, r); ok {
			n.body = text
			reply(w, 200, g.noteJSON(n))
		}
	default:
		w.WriteHeader(405)
	}
}

// setStatus changes the newest status of a name while it goes on, and makes a new
// one after it has ended.
func (g gitlabServer) setStatus(w http.ResponseWriter, r *http.Request, _ Account) {
	var in struct {
		State       string
		Name        string
		Description string
		TargetURL   string `json:"target_url"`
	}
	sha := r.PathValue("sha")
	if !body(r, &in) || !g.commits[sha] {
		g.missing(w, "404 Commit Not Found")
		return
	}
	if characters(in.Description) > 255 {
		reply(w, 400, object{"message": object{"description": []string{"is too long (maximum is 255 characters)"}}})
		return
	}
	state, known := map[string]gitops.StatusState{
		"running": gitops.StatusPending, "success": gitops.StatusSuccess, "failed": gitops.StatusFailure,
	}[in.State]
	if !known {
		reply(w, 400, object{"error": "state does not have a valid value"})
		return
	}
	s := gitops.Status{Context: in.Name, State: state, Description: in.Description, URL: in.TargetURL}
	for i, old := range g.statuses[sha] {
		if old.Context != in.Name || old.State != gitops.StatusPending {
			continue
		}
		if state == gitops.StatusPending {
			reply(w, 400, object{"message": `Cannot transition status via :run from :running (Reason(s): Status cannot transition via "run")`})
			return
		}
		g.statuses[sha][i] = s
		reply(w, 201, object{"id": 1})
		return
	}
	g.statuses[sha] = append(g.statuses[sha], s)
	reply(w, 201, object{"id": 1})
}
