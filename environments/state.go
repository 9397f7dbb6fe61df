package environments

import (
	"net/url"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// stateSchemes are the kinds of state store that a URL can name.
var stateSchemes = []string{"sqlite", "postgres", "postgresql", "file", "s3", "gs", "azblob"}

// stateProblems checks the form of the store's URL, and that it holds no
// password: the file is in Git.
func stateProblems(env *Environment, root settings.Value) []Problem {
	if env.State == "" {
		return nil
	}
	problem := func(what, hint string) []Problem {
		return []Problem{{Pos: root.Map["state"].Pos, Path: "state", What: what, Hint: hint}}
	}
	scheme, _, isURL := strings.Cut(env.State, "://")
	if !isURL || !slices.Contains(stateSchemes, scheme) {
		return problem("is no URL of a state store",
			"write postgres://host/database, sqlite:///absolute/path, s3://…, gs://…, azblob://… or file://…, or leave it out")
	}
	u, err := url.Parse(env.State)
	if err != nil {
		return problem("is not a URL", "write postgres://host/database, for one")
	}
	_, inUser := u.User.Password()
	if inUser || u.Query().Has("password") || u.Query().Has("sslpassword") {
		return problem("holds a password, and this file is in Git",
			"leave it out: PGPASSWORD or a password file of PostgreSQL (PGPASSFILE) gives it to those who run trunkline")
	}
	return nil
}
