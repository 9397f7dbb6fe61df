package delivery

import (
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/ci"
)

// links makes addresses of what a forge shows about a repository.
type links struct {
	forge, repository string
	// sha is the commit whose files are meant, dir where the estate is in it.
	sha, dir string
}

func linksOf(c ci.Context, sha, dir string) links {
	l := links{forge: c.Forge, sha: sha, dir: dir}
	if c.Forge != "" && c.Forge != "local" {
		l.repository = strings.TrimSuffix(c.URL, "/") + "/" + c.Repository
	}
	return l
}

// source is the address of a line of a file of the estate, "" without a forge.
func (l links) source(file string, line int) string {
	part, ok := map[string]string{"github": "/blob/", "gitlab": "/-/blob/", "gitea": "/src/commit/"}[l.forge]
	if !ok || l.sha == "" {
		return ""
	}
	escaped := (&url.URL{Path: path.Join(l.dir, file)}).EscapedPath()
	return l.repository + part + l.sha + "/" + strings.TrimPrefix(escaped, "/") + "#L" + strconv.Itoa(line)
}

// commit is the address of a commit, "" without a forge.
func (l links) commit(sha string) string {
	part, ok := map[string]string{"github": "/commit/", "gitlab": "/-/commit/", "gitea": "/commit/"}[l.forge]
	if !ok {
		return ""
	}
	return l.repository + part + sha
}
