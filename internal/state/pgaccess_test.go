package state

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

func readOnlyUser(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	l := leased(t, s)
	commit(t, l)
	reader := open(t, makeUser(t, s, "reader", "GRANT USAGE ON SCHEMA %[1]s TO %[2]s; GRANT SELECT ON ALL TABLES IN SCHEMA %[1]s TO %[2]s"))
	if state, err := reader.Load(t.Context(), dev); err != nil || state.Version != 1 {
		t.Errorf("version %d, %v", state.Version, err)
	}
	_, err := reader.Lease(t.Context(), dev, gitops.LeaseRequest{TTL: 1})
	wantError(t, err, gitops.Denied, "permission denied", "grant the user the rights")
}

func powerlessUser(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	address := strings.Replace(makeUser(t, s, "powerless", ""), "schema=test", "schema=other", 1)
	_, err := Open(t.Context(), address)
	wantError(t, err, gitops.Denied, "may not make the tables", `CREATE SCHEMA "other`)
	wantNoSecret(t, err, "hunter2")
}

func foreignTables(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	inSchema(t, s, "CREATE SCHEMA theirs; CREATE TABLE theirs.stacks (x int); INSERT INTO theirs.stacks VALUES (7)")
	_, err := Open(t.Context(), server.Address(url.Values{"schema": {"theirs"}}))
	wantError(t, err, gitops.Failed, "holds tables of something else", "?schema=trunkline")
	if got := scalar(t, s.writer, "SELECT count(*) FROM information_schema.columns WHERE table_schema = 'theirs' AND table_name = 'stacks'"); got != "1" {
		t.Errorf("their table has %s columns now", got)
	}
}

func missingDatabase(t *testing.T, server *pgtest.Server) {
	_, err := Open(t.Context(), strings.Replace(server.URL(t), "/postgres?", "/elsewhere?", 1))
	wantError(t, err, gitops.Failed, `database "elsewhere" does not exist`, "createdb")
	wantNoSecret(t, err, pgtest.Password)
}

func wrongPassword(t *testing.T, server *pgtest.Server) {
	address, err := url.Parse(server.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, password := range []string{"hunter2", "hun ter/2%", "p@ss:w?rd#"} {
		address.User = url.UserPassword(pgtest.User, password)
		_, err := Open(t.Context(), address.String())
		wantError(t, err, gitops.Denied, "password authentication failed", "PGPASSWORD or from the file ~/.pgpass")
		wantNoSecret(t, err, password, url.QueryEscape(password), url.PathEscape(password))
	}
}

func missingTables(t *testing.T, server *pgtest.Server) {
	s := open(t, server.URL(t))
	inSchema(t, s, "DROP TABLE journal")
	if err := s.Create(t.Context(), dev, tiny); err != nil {
		t.Fatal(err)
	}
	_, err := s.Load(t.Context(), dev)
	wantError(t, err, gitops.Failed, `relation "journal" does not exist`, "restore a backup")
}

func TestAServerThatCannotBeReachedIsReportedWithoutThePassword(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]string{
		"no such socket": "postgres://ana:hunter2@/db?host=" + url.QueryEscape(t.TempDir()),
		"nobody listens": "postgres://ana:hunter2@127.0.0.1:1/db",
		"no such host":   "postgres://ana:hunter2@host.invalid/db",
		"in a parameter": "postgres://127.0.0.1:1/db?user=ana&password=hunter2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &fakePace{}
			_, err := Open(t.Context(), address, clock.use)
			wantError(t, err, gitops.Failed, "cannot open the state store postgres://", "check that the server runs")
			wantNoSecret(t, err, "hunter2")
			if clock.sleeps < 5 {
				t.Errorf("given up after %d tries", clock.sleeps+1)
			}
		})
	}
}

func TestNoURLThatIsRefusedShowsItsPassword(t *testing.T) {
	t.Parallel()
	for address, what := range map[string]string{
		"postgres://u:hunter2%zz@h/db":                                           "not a URL",
		"postgres://u:hunter2@h:port/db":                                         "not a URL",
		"postgres://u:hun#ter2@h/db":                                             "not a URL",
		"postgres://u:hunter2@h/db?sslmode=maybe":                                "is not understood",
		"postgres://u:hunter2@h:99999999/db":                                     "is not understood",
		"postgres://u:hunter2@h/db?schema=A-b":                                   "cannot be its schema",
		"postgres://u:hunter2@h/db?schema=pg_x":                                  "cannot be its schema",
		"postgres://u:hunter2@h/db?schema=":                                      "cannot be its schema",
		"postgresql://u@h/db?password=hunter2&connect_timeout=x&sslmode=require": "is not understood",
	} {
		_, err := Open(t.Context(), address)
		wantError(t, err, gitops.Invalid, what, "")
		wantNoSecret(t, err, "hunter2", "ter2")
	}
}

func TestAnErrorWithThePasswordIsCleaned(t *testing.T) {
	t.Parallel()
	s := &Store{secret: "p@ss"}
	cause := errors.New("dial postgres://ana:p%40ss@host: refused p@ss")
	if got := s.scrub(cause).Error(); got != "dial postgres://ana:[password]@host: refused [password]" {
		t.Errorf("got %q", got)
	}
	if got := s.scrub(errNoGeneration); got != errNoGeneration {
		t.Errorf("an error without it became %v", got)
	}
}

func FuzzParsePostgres(f *testing.F) {
	for _, s := range []string{"postgres://u:p@h:1/d?sslmode=disable", "postgresql:///d?host=/tmp&schema=a", "postgres://%zz", "postgres://h/d?schema=A", "postgres:x"} {
		f.Add(s, "secret-word")
	}
	f.Fuzz(func(t *testing.T, s, password string) {
		if len(password) < 8 || strings.Contains(s, password) {
			return
		}
		if u, err := url.Parse(s); err == nil && u.User != nil && u.Opaque == "" {
			u.User = url.UserPassword(u.User.Username(), password)
			s = u.String()
		}
		a, err := parsePostgres(s)
		if err != nil && gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q gives an error of kind %d: %v", s, gitops.KindOf(err), err)
		}
		if strings.Contains(a.name, password) || err != nil && strings.Contains(err.Error(), password) {
			t.Errorf("%q is shown as %q, %v", s, a.name, err)
		}
	})
}
