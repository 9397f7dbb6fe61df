package driver

import (
	"cmp"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// signedIn is the backend that "pulumi login" has chosen, "" when it never ran.
func (s *pulumiSource) signedIn() (string, error) {
	home := s.Getenv("PULUMI_HOME")
	if home == "" {
		home = filepath.Join(cmp.Or(s.Getenv("HOME"), "/"), ".pulumi")
	}
	text, err := os.ReadFile(filepath.Join(home, "credentials.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	var doc struct {
		Current string `json:"current"`
	}
	if err == nil {
		err = json.Unmarshal(text, &doc)
	}
	if err != nil {
		return "", &gitops.Error{Kind: gitops.Invalid, What: "cannot tell where pulumi login has put the states", Err: err, Next: "say it: --state URL"}
	}
	return doc.Current, nil
}

// backendURL is where the states are, "" when nothing says it: the first of what
// is asked for, PULUMI_BACKEND_URL, the project, and pulumi login, as the Pulumi
// CLI has it. A directory is taken from that of the project.
func (s *pulumiSource) backendURL() (text string, err error) {
	if text = cmp.Or(s.State, s.Getenv("PULUMI_BACKEND_URL")); text == "" && s.project.Backend != nil {
		text = s.project.Backend.URL
	}
	if text == "" {
		if text, err = s.signedIn(); err != nil {
			return "", err
		}
	}
	u, err := url.Parse(text)
	if err != nil {
		return "", gitops.Errorf(gitops.Invalid, "the backend is no URL: %w", err)
	}
	switch dir, file := strings.CutPrefix(text, "file://"); {
	case text == "":
		return "", nil
	case u.Scheme == "https", u.Scheme == "http":
		return "", &gitops.Error{Kind: gitops.Invalid, What: "the states of " + string(s.project.Name) + " are at " + u.Host + ", which only the Pulumi CLI can read",
			Next: "pulumi stack export --show-secrets --stack STACK --file FILE, then add --state STACK=FILE for each stack"}
	case file && dir != "~" && !strings.HasPrefix(dir, "~/") && !filepath.IsAbs(dir):
		return "file://" + filepath.ToSlash(filepath.Join(s.dir, dir)), nil
	}
	return text, nil
}

// exportedFile reads the file that was given for a stack; nil when none was.
func (s *pulumiSource) exportedFile(stack string) ([]byte, error) {
	for _, name := range []string{string(s.project.Name) + "/" + stack, stack} {
		file, given := s.Exported[name]
		if !given || name == stack && len(s.Projects) > 1 {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the state of " + name, Err: err, Next: "pulumi stack export --show-secrets --file FILE writes it"}
		}
		return text, nil
	}
	return nil, nil
}
