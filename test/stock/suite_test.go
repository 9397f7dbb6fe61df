package stock

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/test/stock/cli"
)

// TestOursDoesWhatTheStockCLIDoes runs every program over the CLI and in this
// process, compares all that both show, and prints a table.
func TestOursDoesWhatTheStockCLIDoes(t *testing.T) {
	t.Parallel()
	root, err := cli.Root(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	on := NewPurpose(deliberate)
	report := &report{}
	t.Run("programs", func(t *testing.T) {
		for _, p := range Programs() {
			t.Run(p.Name, func(t *testing.T) {
				t.Parallel()
				both(t, p, root, on, report)
			})
		}
	})
	fmt.Print(report.table())
	if len(report.rows) == len(Programs()) { // not a part of the suite
		for _, d := range on.Unmet() {
			t.Errorf("this difference is gone, delete its entry: %s: %s", d.Where, d.Reason)
		}
	}
}

// tries is how often a program is run before a difference counts. What the
// display shows of steps that run at the same time, and what a failure cuts off,
// is a matter of time on the CLI's side, too; what is different is so every time.
const tries = 3

// both runs one program on all sides until they agree, and reports the
// differences of the last try when they do not.
func both(t *testing.T, p Program, root string, on *Purpose, r *report) {
	for try := 1; ; try++ {
		row, wrong := once(t, p, root, on, r)
		row.tries = try
		if len(wrong) > 0 && try < tries {
			continue
		}
		for _, w := range wrong {
			t.Error(w)
		}
		r.add(row)
		return
	}
}

func once(t *testing.T, p Program, root string, on *Purpose, r *report) (out row, wrong []string) {
	seen := map[string][]Observation{}
	for _, side := range []Side{Stock(root), Embedded(), Attached()} {
		w := NewWorld(t, side, p)
		w.Run(p.Steps)
		seen[side.Name] = w.Seen
	}
	if os.Getenv("STOCK_SHOW") != "" {
		show(t, seen["stock"])
	}
	out.program = p
	for _, side := range []string{"embedded", "attached"} {
		r.mu.Lock()
		diffs := Compare(side, p.Name, seen["stock"], seen[side], on)
		r.mu.Unlock()
		for _, d := range diffs {
			if d.Excuse != "" {
				out.excuses = append(out.excuses, d.Excuse)
				continue
			}
			out.wrong++
			wrong = append(wrong, fmt.Sprintf("%s, step %s: %s differs (-stock +%s):\n%s", p.Name, d.Step, d.Fact, side, d.Diff))
		}
	}
	return out, wrong
}

// show prints what was seen.
func show(t *testing.T, seen []Observation) {
	for _, o := range seen {
		for _, f := range o.Facts {
			t.Logf("%s: %s\n%s", o.Step, f.Name, f.Text)
		}
	}
}

// report collects the rows of the printed table.
type report struct {
	mu   sync.Mutex
	rows []row
}

type row struct {
	program Program
	wrong   int
	tries   int
	excuses []string
}

func (r *report) add(x row) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows = append(r.rows, x)
}

func (r *report) table() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	slices.SortFunc(r.rows, func(x, y row) int {
		return strings.Compare(x.program.Theme+"/"+x.program.Name, y.program.Theme+"/"+y.program.Name)
	})
	var reasons []string
	same := 0
	for _, x := range r.rows {
		result := "same"
		switch {
		case x.wrong > 0:
			result = fmt.Sprintf("DIFFERENT (%d facts)", x.wrong)
		case len(x.excuses) > 0:
			result = "same, but for differences on purpose"
		}
		if x.wrong == 0 {
			same++
		}
		if x.tries > 1 {
			result += fmt.Sprintf(", at try %d", x.tries)
		}
		fmt.Fprintf(&b, "%-14s %-44s %2d steps  %s\n", x.program.Theme, x.program.Name, len(x.program.Steps), result)
		for _, e := range x.excuses {
			reasons = append(reasons, strings.Split(e, "; ")...)
		}
	}
	fmt.Fprintf(&b, "%d of %d programs are the same on all sides\n", same, len(r.rows))
	slices.Sort(reasons)
	if reasons = slices.Compact(reasons); len(reasons) > 0 {
		fmt.Fprintf(&b, "Differences on purpose that were met:\n  - %s\n", strings.Join(reasons, "\n  - "))
	}
	return b.String()
}
