package forgetest

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Gitea returns a world whose server answers as Gitea 1.26 does; what is
// surprising in it was seen there. dial connects to it at the address.
func Gitea(t *testing.T, dial func(c Connection, url string, rt http.RoundTripper) (gitops.Forge, error)) *Server {
	return newWorld(t, func(h *Hub) http.Handler { return giteaServer{h}.routes() }, dial)
}

type giteaServer struct{ *Hub }

// routes are those of the repository team/infra.
func (g giteaServer) routes() http.Handler {
	mux := http.NewServeMux()
	const repo = "/api/v1/repos/team/infra"
	mux.HandleFunc("GET /api/v1/user", g.as(func(w http.ResponseWriter, r *http.Request, who Account) {
		reply(w, 200, object{"id": 1, "login": who, "username": who})
	}))
	mux.HandleFunc("GET "+repo, g.as(func(w http.ResponseWriter, r *http.Request, who Account) {
		reply(w, 200, object{"id": 1, "full_name": "team/infra"})
	}))
	mux.HandleFunc("GET "+repo+"/pulls/{n}", g.as(g.pullRequest))
	mux.HandleFunc("GET "+repo+"/commits/{sha}/pull", g.as(g.pullOfCommit))
	mux.HandleFunc("GET "+repo+"/git/commits/{sha}", g.as(g.oneCommit))
	mux.HandleFunc(repo+"/issues/{a}/{b}", issues(g.as(g.listComments), g.as(g.createComment), g.as(g.oneComment)))
	mux.HandleFunc("POST "+repo+"/statuses/{sha}", g.as(g.setStatus))
	mux.HandleFunc("/", g.as(func(w http.ResponseWriter, r *http.Request, who Account) { g.missing(w) }))
	return mux
}

func (g giteaServer) as(do func(http.ResponseWriter, *http.Request, Account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := account(r.Header.Get("Authorization"))
		if who == "" {
			reply(w, 401, object{"message": "user does not exist [uid: 0, name: ]", "url": "http://" + r.Host + "/api/swagger"})
			return
		}
		do(w, r, who)
	}
}

func (g giteaServer) missing(w http.ResponseWriter) {
	reply(w, 404, object{"errors": nil, "message": "not found", "url": "http://gitea/api/swagger"})
}

func (g giteaServer) pullJSON(r *http.Request, p *pull) object {
	head := object{"label": p.Head.Ref, "ref": p.Head.Ref, "sha": p.Head.SHA, "repo_id": 1}
	if p.Merged != "" { // the branch is gone
		head["ref"] = fmt.Sprintf("refs/pull/%d/head", p.Number)
	}
	state := "open"
	if p.Closed {
		state = "closed"
	}
	out := object{
		"id": p.Number + 100, "number": p.Number, "title": p.Title, "state": state, "draft": p.Draft,
		"user": object{"login": p.Author}, "html_url": g.web(r, p.Number), "head": head,
		"base":   object{"label": p.Base.Ref, "ref": p.Base.Ref, "sha": p.Base.SHA, "repo_id": 1},
		"merged": p.Merged != "", "merge_commit_sha": nil,
	}
	if p.Merged != "" {
		out["merge_commit_sha"] = p.Merged
	}
	return out
}

func (g giteaServer) web(r *http.Request, number int) string {
	return fmt.Sprintf("http://%s/team/infra/pulls/%d", r.Host, number)
}

func (g giteaServer) pullRequest(w http.ResponseWriter, r *http.Request, _ Account) {
	if p := g.pull(at(r, "n")); p != nil {
		reply(w, 200, g.pullJSON(r, p))
		return
	}
	g.missing(w)
}

// pullOfCommit finds only the commit that a merge made.
func (g giteaServer) pullOfCommit(w http.ResponseWriter, r *http.Request, _ Account) {
	for _, p := range g.pulls {
		if p.Merged != "" && p.Merged == r.PathValue("sha") {
			reply(w, 200, g.pullJSON(r, g.pull(p.Number)))
			return
		}
	}
	g.missing(w)
}

func (g giteaServer) oneCommit(w http.ResponseWriter, r *http.Request, _ Account) {
	if sha := r.PathValue("sha"); g.commits[sha] {
		reply(w, 200, object{"sha": sha})
		return
	}
	g.missing(w)
}

func (g giteaServer) noteJSON(r *http.Request, n *note) object {
	return object{
		"id": n.id, "body": n.body, "user": object{"login": n.author}, "issue_url": "",
		"html_url":         fmt.Sprintf("%s#issuecomment-%d", g.web(r, n.pull), n.id),
		"pull_request_url": g.web(r, n.pull),
	}
}

// listComments answers all comments, whatever page is asked for.
func (g giteaServer) listComments(w http.ResponseWriter, r *http.Request, _ Account) {
	if g.pull(at(r, "n")) == nil {
		reply(w, 500, object{"message": "", "url": "http://gitea/api/swagger"})
		return
	}
	list := []object{}
	for _, n := range g.notes(at(r, "n")) {
		if !n.system {
			list = append(list, g.noteJSON(r, n))
		}
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(list)))
	reply(w, 200, list)
}

func (g giteaServer) createComment(w http.ResponseWriter, r *http.Request, who Account) {
	var in struct{ Body string }
	if g.pull(at(r, "n")) == nil {
		reply(w, 500, object{"message": "", "url": "http://gitea/api/swagger"})
		return
	}
	if !body(r, &in) || in.Body == "" {
		reply(w, 422, object{"message": "[Body]: Required"})
		return
	}
	reply(w, 201, g.noteJSON(r, g.add(at(r, "n"), who, in.Body)))
}

// oneComment reads, edits and deletes. The bot may write to the repository, so
// Gitea would let it change what others wrote.
func (g giteaServer) oneComment(w http.ResponseWriter, r *http.Request, who Account) {
	n := g.note(at(r, "id"))
	switch {
	case n == nil:
		g.missing(w)
	case r.Method == http.MethodGet && n.system:
		w.WriteHeader(204)
	case r.Method == http.MethodGet:
		reply(w, 200, g.noteJSON(r, n))
	case n.author != string(who) && who != Bot:
		w.WriteHeader(403)
	case r.Method == http.MethodDelete:
		g.remove(n)
		w.WriteHeader(204)
	case r.Method == http.MethodPatch:
		var in struct{ Body string }
		if !body(r, &in) {
			reply(w, 422, object{"message": "[Body]: Required"})
			return
		}
		n.body = in.Body
		reply(w, 200, g.noteJSON(r, n))
	default:
		w.WriteHeader(405)
	}
}

func (g giteaServer) setStatus(w http.ResponseWriter, r *http.Request, _ Account) {
	var in struct {
		State       string
		Context     string
		Description string
		TargetURL   string `json:"target_url"`
	}
	sha := r.PathValue("sha")
	if !g.commits[sha] || !body(r, &in) {
		reply(w, 500, object{"message": "", "url": "http://gitea/api/swagger"})
		return
	}
	s := gitops.Status{Context: in.Context, State: gitops.StatusState(in.State), Description: in.Description, URL: in.TargetURL}
	g.statuses[sha] = append(g.statuses[sha], s)
	reply(w, 201, object{"id": g.number(), "status": in.State, "context": in.Context})
}
