//go:build unix

package crash

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

var (
	full  = flag.Bool("full", false, "try all cases")
	table = flag.String("table", "", "write a table of the results to this file")
)

// faultsAt are the faults that are tried at a point.
func faultsAt(p point) []fault {
	faults := []fault{kill, stop, late, term, fail, panik, gone}
	return slices.DeleteFunc(faults, func(f fault) bool {
		return f == late && p.inFlight() || f == gone && !p.isProvider() ||
			f == fail && p.Call == "create" && p.After // see the package's sentence on it
	})
}

// all are all cases on one kind of store.
func all(store string) []attempt {
	var out []attempt
	for _, s := range scenarios() {
		for _, before := range s.calls {
			after := before
			after.After = true
			for _, p := range []point{before, after} {
				for _, f := range faultsAt(p) {
					out = append(out, attempt{s, p, f, store})
				}
			}
		}
	}
	return out
}

// chosen are the cases that every test run tries, on each store.
var chosen = strings.Fields(`
	create/lease.after/stop
	create/append#5.before/kill
	create/append#5.after/late
	create/renew.before/kill
	create/create.before/stop
	create/create#3.after/kill
	create/create#3.after/gone
	create/commit.before/kill
	change/append#3.after/panic
	change/renew.after/stop
	change/update.after/stop
	change/append.after/late
	change/delete.after/kill
	change/create.after/term
	change/commit.after/error
	destroy/append.before/term
	destroy/delete#5.before/term
	refresh/read#4.after/stop
`)

// cases are the cases of this test run on one kind of store.
func cases(t *testing.T, store string) []attempt {
	t.Helper()
	everything := all(store)
	if *full {
		return everything
	}
	some := slices.DeleteFunc(everything, func(a attempt) bool {
		return !slices.Contains(chosen, strings.TrimSuffix(a.String(), "/"+store))
	})
	if len(some) != len(chosen) {
		t.Fatalf("%d of the %d chosen cases are cases", len(some), len(chosen))
	}
	return some
}

func TestNoFaultLosesOrDoublesAnything(t *testing.T) {
	t.Parallel()
	from := begin(t)
	var results results
	t.Cleanup(func() { results.write(t) })
	for store, url := range map[string]func(t *testing.T) string{"sqlite": sqlite, "postgres": postgres(t)} {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			for _, a := range cases(t, store) {
				results.try(t, a, func(t *testing.T) { a.run(t, from[a.scenario.from], url(t)) })
			}
		})
	}
}

// sqlite returns the address of a new store in a file.
func sqlite(t *testing.T) string { return filepath.Join(t.TempDir(), "state.db") }

// postgres starts a server, and returns what makes a new store in it.
func postgres(t *testing.T) func(t *testing.T) string {
	server := pgtest.Start(t)
	return func(t *testing.T) string { return server.URL(t) }
}

// results are what came of the cases.
type results struct {
	mu     sync.Mutex
	failed map[string]bool // by the name of the case
}

// try runs one case beside others.
func (r *results) try(t *testing.T, a attempt, run func(t *testing.T)) {
	name := strings.TrimSuffix(a.String(), "/"+a.store)
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		t.Cleanup(func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			if r.failed == nil {
				r.failed = map[string]bool{}
			}
			r.failed[a.String()] = t.Failed()
		})
		run(t)
	})
}

// write writes the table, when one is asked for.
func (r *results) write(t *testing.T) {
	if *table == "" {
		return
	}
	var b strings.Builder
	for _, store := range []string{"sqlite", "postgres"} {
		r.section(&b, store)
	}
	if err := os.WriteFile(*table, []byte(b.String()), 0o644); err != nil {
		t.Error(err)
	}
}

// section writes the rows of one store: a row for each point, a column for each
// fault.
func (r *results) section(b *strings.Builder, store string) {
	faults := []fault{kill, stop, late, term, fail, panik, gone}
	fmt.Fprintf(b, "%-24s", store)
	for _, f := range faults {
		fmt.Fprintf(b, " %-6s", f)
	}
	row := ""
	for _, a := range all(store) {
		if name := a.scenario.name + "/" + a.at.String(); name != row {
			row = name
			fmt.Fprintf(b, "\n%-24s", row)
			for _, f := range faults {
				fmt.Fprintf(b, " %-6s", r.cell(attempt{a.scenario, a.at, f, store}))
			}
		}
	}
	b.WriteString("\n\n")
}

// cell is the word for a case.
func (r *results) cell(a attempt) string {
	failed, tried := r.failed[a.String()]
	switch {
	case !tried:
		return "-"
	case failed:
		return "FAIL"
	}
	return "ok"
}
