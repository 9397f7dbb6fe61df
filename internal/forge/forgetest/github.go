package forgetest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// GitHub returns a world whose server answers as GitHub does: pages that the Link
// header names, ETags, a limit of requests, and what is too long refused with
// 422. dial connects to it at the address.
func GitHub(t *testing.T, dial func(c Connection, url string, rt http.RoundTripper) (gitops.Forge, error)) *Server {
	return newWorld(t, func(h *Hub) http.Handler { return githubServer{h}.routes() }, dial)
}

type githubServer struct{ *Hub }

// routes are those of the repository team/infra.
func (g githubServer) routes() http.Handler {
	mux := http.NewServeMux()
	const api, repo = "/api/v3", "/api/v3/repos/team/infra"
	mux.HandleFunc("GET "+api+"/user", g.as(g.user))
	mux.HandleFunc("POST /api/graphql", g.as(g.viewer))
	mux.HandleFunc("GET "+repo+"/pulls/{n}", g.as(g.pullRequest))
	mux.HandleFunc("GET "+repo+"/git/ref/heads/main", g.as(func(w http.ResponseWriter, r *http.Request, _ Account) {
		g.tagged(w, r, object{"ref": "refs/heads/main", "object": object{"sha": g.trunk, "type": "commit"}})
	}))
	mux.HandleFunc("GET "+repo+"/commits/{sha}/pulls", g.as(g.pullsOfCommit))
	mux.HandleFunc(repo+"/issues/{a}/{b}", issues(g.as(g.listComments), g.as(g.createComment), g.as(g.oneComment)))
	mux.HandleFunc("POST "+repo+"/statuses/{sha}", g.as(g.setStatus))
	mux.HandleFunc("POST "+repo+"/check-runs", g.as(g.createCheckRun))
	mux.HandleFunc("PATCH "+repo+"/check-runs/{id}", g.as(g.updateCheckRun))
	mux.HandleFunc("/", g.as(func(w http.ResponseWriter, r *http.Request, _ Account) { g.missing(w) }))
	return mux
}

// as lets through who has a token, in the version of the API that is meant.
func (g githubServer) as(do func(http.ResponseWriter, *http.Request, Account)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		who := account(r.Header.Get("Authorization"))
		w.Header().Set("X-GitHub-Request-Id", "0001:2345")
		w.Header().Set("X-RateLimit-Limit", "5000")
		switch {
		case who == "" || !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer "):
			reply(w, 401, object{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"})
		case r.Header.Get("X-GitHub-Api-Version") == "":
			reply(w, 400, object{"message": "the test wants X-GitHub-Api-Version"})
		case g.limited():
			w.Header().Set("X-RateLimit-Remaining", "0")
			w.Header().Set("X-RateLimit-Reset", fmt.Sprint(g.reset.Unix()))
			reply(w, 403, object{"message": "API rate limit exceeded for installation ID 1.", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"})
		default:
			do(w, r, who)
		}
	}
}

func (g githubServer) missing(w http.ResponseWriter) {
	reply(w, 404, object{"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
}

// tagged answers a read with an ETag, or that nothing has changed.
func (g githubServer) tagged(w http.ResponseWriter, r *http.Request, v any) {
	data, _ := json.Marshal(v) // plain maps
	tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(data))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		g.unchanged++
		w.WriteHeader(304)
		return
	}
	reply(w, 200, json.RawMessage(data))
}

// user knows users; the token of a job has none.
func (g githubServer) user(w http.ResponseWriter, r *http.Request, who Account) {
	if g.jobToken {
		reply(w, 403, object{"message": "Resource not accessible by integration", "documentation_url": "https://docs.github.com/rest/users/users#get-the-authenticated-user", "status": "403"})
		return
	}
	g.tagged(w, r, object{"login": who, "id": 1, "type": "User"})
}

func (g githubServer) viewer(w http.ResponseWriter, r *http.Request, who Account) {
	var in struct{ Query string }
	if !body(r, &in) || in.Query != "query{viewer{login}}" {
		reply(w, 200, object{"errors": []object{{"message": "no such query"}}})
		return
	}
	reply(w, 200, object{"data": object{"viewer": object{"login": who}}})
}

func (g githubServer) pullJSON(r *http.Request, p *pull) object {
	state := "open"
	if p.Closed {
		state = "closed"
	}
	repo := object{"id": 1, "full_name": "team/infra"}
	out := object{
		"number": p.Number, "title": p.Title, "state": state, "draft": p.Draft, "user": object{"login": p.Author},
		"html_url": fmt.Sprintf("http://%s/team/infra/pull/%d", r.Host, p.Number),
		"head":     object{"ref": p.Head.Ref, "sha": p.Head.SHA, "repo": repo},
		// The base is the one of the last push; the branch has gone on.
		"base":             object{"ref": p.Base.Ref, "sha": strings.Repeat("b", 40), "repo": repo},
		"merged_at":        nil,
		"merge_commit_sha": strings.Repeat("a", 40), // the trial
	}
	if p.Merged != "" {
		out["merged_at"], out["merge_commit_sha"] = "2026-01-02T03:04:05Z", p.Merged
	}
	return out
}

func (g githubServer) pullRequest(w http.ResponseWriter, r *http.Request, _ Account) {
	if p := g.pull(at(r, "n")); p != nil {
		g.tagged(w, r, g.pullJSON(r, p))
		return
	}
	g.missing(w)
}

// pullsOfCommit finds also those that are open.
func (g githubServer) pullsOfCommit(w http.ResponseWriter, r *http.Request, _ Account) {
	sha := r.PathValue("sha")
	if !g.commits[sha] {
		reply(w, 422, object{"message": "No commit found for SHA: " + sha})
		return
	}
	list := []object{}
	for _, p := range g.pulls {
		if p.Merged == sha || p.Head.SHA == sha {
			list = append(list, g.pullJSON(r, g.pull(p.Number)))
		}
	}
	g.tagged(w, r, list)
}

func (g githubServer) setStatus(w http.ResponseWriter, r *http.Request, _ Account) {
	var in struct {
		State       string
		Context     string
		Description string
		TargetURL   *string `json:"target_url"`
	}
	sha := r.PathValue("sha")
	switch {
	case !body(r, &in):
		reply(w, 400, object{"message": "Problems parsing JSON"})
	case !g.commits[sha]:
		reply(w, 422, object{"message": "No commit found for SHA: " + sha})
	case characters(in.Description) > 140:
		reply(w, 422, object{"message": "Validation Failed", "errors": []object{{"resource": "Status", "code": "custom", "field": "description", "message": "description is too long (maximum is 140 characters)"}}})
	case in.TargetURL != nil && !strings.HasPrefix(*in.TargetURL, "http"):
		reply(w, 422, object{"message": "Validation Failed", "errors": []object{{"resource": "Status", "code": "custom", "field": "target_url", "message": "must use http(s) scheme"}}})
	default:
		s := gitops.Status{Context: in.Context, State: gitops.StatusState(in.State), Description: in.Description}
		if in.TargetURL != nil {
			s.URL = *in.TargetURL
		}
		g.statuses[sha] = append(g.statuses[sha], s)
		reply(w, 201, object{"id": g.number(), "state": in.State, "context": in.Context})
	}
}
