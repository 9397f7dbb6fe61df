package describe

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// estate makes a description from lines such as "app: network, data".
func estate(lines ...string) Description {
	d := Description{Schema: SchemaVersion}
	for _, line := range lines {
		name, needs, _ := strings.Cut(line, ":")
		s := Stack{Name: name, Source: "stacks/" + name + "/" + name + ".go:9"}
		for need := range strings.SplitSeq(needs, ",") {
			if need = strings.TrimSpace(need); need != "" {
				s.Needs = append(s.Needs, need)
			}
		}
		d.Stacks = append(d.Stacks, s)
	}
	return d
}

func TestCheckReportsHowStacksContradictEachOther(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		estate Description
		want   []string
	}{
		"fine":  {estate("app: network, data", "network", "data: network"), nil},
		"empty": {estate(), nil},
		"twice": {estate("app", "app"), []string{`stacks/app/app.go:9: stack "app" is already defined at stacks/app/app.go:9`}},
		"unknown need": {estate("app: netwrk", "network"),
			[]string{`stacks/app/app.go:9: stack "app" needs "netwrk", which is not in the table of estate.Main; did you mean network?`}},
		"itself": {estate("app: app"), []string{`stacks/app/app.go:9: stacks need each other in a circle: app → app`}},
		"circle": {estate("x: a", "a: b", "b: c", "c: a"),
			[]string{`stacks/a/a.go:9: stacks need each other in a circle: a → b → c → a`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, c.estate.Check()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Whatever the needs are, the circle that Check names is really one, and
// without one the stacks can be put into an order.
func TestCheckNamesACircleExactlyWhenThereIsOne(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e"}
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for _, n := range names {
			needs := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 2, rapid.ID).Draw(t, n)
			lines = append(lines, n+": "+strings.Join(needs, ","))
		}
		d := estate(lines...)
		cycle := d.cycle()
		if (cycle == nil) != ordered(d) {
			t.Fatalf("circle %v in %v", cycle, lines)
		}
		for i := 1; i < len(cycle); i++ {
			s, _ := d.Stack(cycle[i-1])
			if !strings.Contains(" "+strings.Join(s.Needs, " ")+" ", " "+cycle[i]+" ") {
				t.Fatalf("%v is not a circle in %v", cycle, lines)
			}
		}
	})
}

// ordered removes stacks whose needs are gone until none is left.
func ordered(d Description) bool {
	gone := map[string]bool{}
	for range d.Stacks {
		for _, s := range d.Stacks {
			ready := true
			for _, need := range s.Needs {
				ready = ready && gone[need]
			}
			if ready {
				gone[s.Name] = true
			}
		}
	}
	return len(gone) == len(d.Stacks)
}
