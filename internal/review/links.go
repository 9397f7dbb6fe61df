package review

import (
	"net/url"
	"path"
	"strconv"
	"strings"
)

// pages are the paths under which forges show a line of a file and a commit.
var pages = map[string]struct{ file, commit string }{
	"github": {"/blob/", "/commit/"},
	"gitlab": {"/-/blob/", "/-/commit/"},
	"gitea":  {"/src/commit/", "/commit/"},
}

// Links returns what MarkdownOptions.Source and Commit are for a repository on a
// forge, whose page is at an address such as "https://github.com/acme/infra". Its
// files are those of a commit; the estate is in dir, "" for the whole repository.
// Both are nil where there are no pages.
func Links(forge, repository, sha, dir string) (source func(file string, line int) string, commit func(sha string) string) {
	at, known := pages[forge]
	if !known || sha == "" || linkTarget(repository) == "" {
		return nil, nil
	}
	repository = strings.TrimSuffix(strings.TrimRight(repository, "/"), ".git")
	source = func(file string, line int) string {
		escaped := (&url.URL{Path: path.Join(dir, file)}).EscapedPath()
		return repository + at.file + sha + "/" + strings.TrimPrefix(escaped, "/") + "#L" + strconv.Itoa(line)
	}
	commit = func(sha string) string { return repository + at.commit + url.PathEscape(sha) }
	return source, commit
}
