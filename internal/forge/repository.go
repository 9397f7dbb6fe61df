package forge

import (
	"regexp"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Repository splits "owner/name".
func Repository(path string) (owner, name string, err error) {
	parts := strings.Split(path, "/")
	if len(parts) != 2 {
		return "", "", gitops.Errorf(gitops.Invalid, "%q is not the path of a repository: want owner/name", path)
	}
	return parts[0], parts[1], checkRepository(path, parts)
}

// Project checks "group/…/name".
func Project(path string) error {
	parts := strings.Split(path, "/")
	if len(parts) < 2 {
		return gitops.Errorf(gitops.Invalid, "%q is not the path of a project: want group/name", path)
	}
	return checkRepository(path, parts)
}

var pathPart = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]*$`)

func checkRepository(path string, parts []string) error {
	for _, p := range parts {
		if !pathPart.MatchString(p) || p == "." || p == ".." {
			return gitops.Errorf(gitops.Invalid, "%q is not the path of a repository", path)
		}
	}
	return nil
}
