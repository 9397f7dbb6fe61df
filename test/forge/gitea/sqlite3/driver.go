// Package sqlite3 stands in for github.com/mattn/go-sqlite3, which needs a C
// compiler: it registers modernc.org/sqlite, which does not, under the same name
// and understands the same data source names as far as Gitea uses them.
package sqlite3

import (
	"database/sql"
	"database/sql/driver"
	"net/url"
	"strings"

	"modernc.org/sqlite"
)

// init registers the driver, as every package of database/sql does.
func init() { sql.Register("sqlite3", translated{&sqlite.Driver{}}) }

type translated struct{ real *sqlite.Driver }

// Open opens the database of a name as mattn/go-sqlite3 takes it.
func (t translated) Open(name string) (driver.Conn, error) { return t.real.Open(Translate(name)) }

// Translate turns the parameters of mattn/go-sqlite3 into pragmas. The cache is
// not shared between connections: those that share one do not wait for each other.
func Translate(name string) string {
	file, query, found := strings.Cut(name, "?")
	if !found {
		return name
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return name
	}
	values.Del("cache")
	values.Add("_pragma", "synchronous(off)") // what a test writes need not outlive a power cut
	for _, pragma := range []string{"busy_timeout", "foreign_keys", "journal_mode"} {
		if v := values.Get("_" + pragma); v != "" {
			values.Add("_pragma", pragma+"("+v+")")
			values.Del("_" + pragma)
		}
	}
	return file + "?" + values.Encode()
}
