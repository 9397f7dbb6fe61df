package state

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// defaultSchema is where the tables are when the URL does not say otherwise.
const defaultSchema = "trunkline"

// pgAddress is what a URL says about a PostgreSQL store.
type pgAddress struct {
	config *pgx.ConnConfig
	schema string
	// name is how messages call the store: the URL without its secrets.
	name string
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// isPostgres tells whether a URL is meant for PostgreSQL.
func isPostgres(s string) bool {
	return strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://")
}

// parsePostgres reads a URL postgres://user:password@host:port/database with
// the parameters of libpq, such as sslmode, and schema. No error shows any part
// of the URL that could be a secret.
func parsePostgres(raw string) (pgAddress, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return pgAddress{}, invalidPostgres("the address of the PostgreSQL state store", "it is not a URL",
			"percent-encode special characters in the user name and the password")
	}
	q := u.Query()
	a := pgAddress{schema: defaultSchema, name: publicName(u, q)}
	if q.Has("schema") {
		a.schema = q.Get("schema")
		q.Del("schema")
	}
	if !schemaName.MatchString(a.schema) || strings.HasPrefix(a.schema, "pg_") {
		return a, invalidPostgres(a.name, fmt.Sprintf("%q cannot be its schema", a.schema),
			"use lower-case letters, digits and underscores, such as ?schema="+defaultSchema)
	}
	u.RawQuery = q.Encode()
	a.config, err = pgx.ParseConfig(u.String())
	if err != nil { // its text may hold what must not be shown
		return a, invalidPostgres(a.name, "a parameter or the port is not understood",
			"write postgres://user@host:5432/database?sslmode=verify-full; the password comes from PGPASSWORD or from the file ~/.pgpass")
	}
	return a, nil
}

func invalidPostgres(name, why, next string) error {
	return &gitops.Error{
		Kind: gitops.Invalid, What: fmt.Sprintf("%s does not name a PostgreSQL state store: %s", name, why), Next: next,
	}
}

// publicName is the URL with the user and the place only.
func publicName(u *url.URL, q url.Values) string {
	public := url.URL{Scheme: "postgres", Host: u.Host, Path: u.Path}
	if name := u.User.Username(); name != "" {
		public.User = url.User(name)
	}
	shown := url.Values{}
	for _, key := range []string{"host", "port", "dbname", "user", "schema"} {
		if q.Has(key) {
			shown[key] = q[key]
		}
	}
	public.RawQuery = strings.ReplaceAll(shown.Encode(), "%2F", "/")
	return public.String()
}
