package checkout_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/checkout"
)

const token = "ghs_canary0123456789abcdefghijklmnopqrs"

// forge serves bare repositories over http with git's own server.
type forge struct {
	*httptest.Server
	dir string

	mu      sync.Mutex
	asked   []string // "METHOD path"
	headers []string // of Authorization
	// before, when set, answers instead of git when it returns true.
	before func(http.ResponseWriter, *http.Request) bool
	// want is the Authorization that is asked for; "" lets everybody in.
	want string
}

func newForge(t *testing.T) *forge {
	t.Helper()
	exe, err := exec.Command("git", "--exec-path").Output()
	if err != nil {
		t.Fatal(err)
	}
	f := &forge{dir: t.TempDir()}
	backend := &cgi.Handler{
		Path:   filepath.Join(strings.TrimSpace(string(exe)), "git-http-backend"),
		Env:    []string{"GIT_PROJECT_ROOT=" + f.dir, "GIT_HTTP_EXPORT_ALL=1", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null"},
		Stderr: os.Stderr,
	}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		f.mu.Lock()
		f.asked = append(f.asked, req.Method+" "+req.URL.Path)
		f.headers = append(f.headers, req.Header.Get("Authorization"))
		f.mu.Unlock()
		if f.before != nil && f.before(w, req) {
			return
		}
		if f.want != "" && req.Header.Get("Authorization") != f.want {
			w.Header().Set("WWW-Authenticate", `Basic realm="forge"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		if p := req.Header.Get("Git-Protocol"); p != "" {
			backend := *backend
			backend.Env = append(backend.Env[:len(backend.Env):len(backend.Env)], "GIT_PROTOCOL="+p)
			backend.ServeHTTP(w, req)
			return
		}
		backend.ServeHTTP(w, req)
	}))
	t.Cleanup(f.Close)
	return f
}

// publish makes name.git on the forge out of a repository.
func (f *forge) publish(r repo, name string) checkout.Remote {
	r.t.Helper()
	r.git("clone", "-q", "--bare", ".", filepath.Join(f.dir, name+".git"))
	r.git("remote", "add", "origin", filepath.Join(f.dir, name+".git"))
	return checkout.Remote{URL: f.URL + "/" + name + ".git"}
}

// fetches counts the packs that were asked for.
func (f *forge) fetches() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		if strings.HasSuffix(a, "/git-upload-pack") {
			n++
		}
	}
	return n
}

// clone clones from the forge like a CI job does.
func (f *forge) clone(t *testing.T, from checkout.Remote, args ...string) repo {
	t.Helper()
	r := repo{t, t.TempDir()}
	r.git(append(append([]string{"clone", "-q"}, args...), from.URL, ".")...)
	f.mu.Lock()
	f.asked = nil
	f.mu.Unlock()
	return r
}

// proposed is a repository with a branch of its own beside main:
//
//	start ─ … ─ main        (behind commits after start)
//	   └─── … ─ feature     (ahead commits after start)
func proposed(t *testing.T, behind, ahead int) (r repo, start, base, head string) {
	t.Helper()
	r = newRepo(t, map[string]string{"a": "1"})
	start = r.git("rev-parse", "HEAD")
	r.git("checkout", "-q", "-b", "feature")
	for range ahead {
		r.git("commit", "-q", "--allow-empty", "-m", "ahead")
	}
	head = r.commit("on feature", map[string]string{"feature": "2"})
	r.git("checkout", "-q", "main")
	for range behind {
		r.git("commit", "-q", "--allow-empty", "-m", "behind")
	}
	base = r.commit("on main", map[string]string{"main": "2"})
	return r, start, base, head
}

// sorted returns the lines of a text in order.
func sorted(text string) []string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return lines
}

// readAll reads the body of a request and puts it back.
func readAll(to *strings.Builder, req *http.Request) (int64, error) {
	in := io.Reader(req.Body)
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(req.Body)
		if err != nil {
			return 0, err
		}
		in = z
		req.Header.Del("Content-Encoding")
	}
	n, err := io.Copy(to, in)
	req.Body = io.NopCloser(strings.NewReader(to.String()))
	req.ContentLength = n
	return n, err
}
