package review

import (
	"fmt"
	"net/url"
	"strings"
)

// Links returns what MarkdownOptions.Source and Commit are for a repository on a
// forge at a commit. The repository is the address of its page, such as
// "https://github.com/acme/infra". Both are nil where there are no pages.
func Links(forge, repository, sha string) (source func(file string, line int) string, commit func(sha string) string) {
	paths := map[string][2]string{
		"github": {"/blob/", "/commit/"},
		"gitlab": {"/-/blob/", "/-/commit/"},
		"gitea":  {"/src/commit/", "/commit/"},
	}
	path, known := paths[forge]
	if !known || linkTarget(repository) == "" || sha == "" {
		return nil, nil
	}
	page := strings.TrimSuffix(strings.TrimRight(repository, "/"), ".git")
	source = func(file string, line int) string {
		parts := strings.Split(file, "/")
		for i, p := range parts {
			parts[i] = url.PathEscape(p)
		}
		return fmt.Sprintf("%s%s%s/%s#L%d", page, path[0], url.PathEscape(sha), strings.Join(parts, "/"), line)
	}
	commit = func(sha string) string { return page + path[1] + url.PathEscape(sha) }
	return source, commit
}
