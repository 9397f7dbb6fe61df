package policytest

import (
	"slices"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/policy"
)

// Check returns what a policy finds, one line for each violation: "dev/site
// assets: anybody can read the bucket". They are sorted. A policy that panics or
// is not put together well ends the test.
func Check(t testing.TB, rev policy.ReviewInput, p policy.Policy) []string {
	t.Helper()
	if problems := policy.Problems(p); len(problems) > 0 {
		t.Fatal(strings.Join(problems, "\n"))
	}
	out := []string{}
	for _, v := range policy.Check(rev, p).Violations {
		if v.Panicked {
			t.Fatal(line(v))
		}
		out = append(out, line(v))
	}
	slices.Sort(out)
	return out
}

// Want fails the test unless the policy finds exactly these violations, in any
// order. Without any, it must find nothing.
func Want(t testing.TB, rev policy.ReviewInput, p policy.Policy, lines ...string) {
	t.Helper()
	want := slices.Sorted(slices.Values(lines))
	if got := Check(t, rev, p); !slices.Equal(got, want) {
		t.Errorf("policy %s finds\n\t%s\nwant\n\t%s", p.Info().Name, orNothing(got), orNothing(want))
	}
}

func orNothing(lines []string) string {
	if len(lines) == 0 {
		return "(nothing)"
	}
	return strings.Join(lines, "\n\t")
}
