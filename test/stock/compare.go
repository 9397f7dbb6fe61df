package stock

import (
	"fmt"
	"slices"
	"strings"
)

// Difference is a fact on which two sides disagree.
type Difference struct {
	Program, Step, Fact string
	// Diff has the stock lines with - and ours with +.
	Diff string
	// Excuse is why it is on purpose; empty when it is not.
	Excuse string
}

// Compare returns where a side of ours differs from stock. Facts are compared line by line
// after the deliberate differences are taken out.
func Compare(side, program string, stock, ours []Observation, on *Purpose) []Difference {
	var out []Difference
	for i := range max(len(stock), len(ours)) {
		if i >= len(stock) || i >= len(ours) {
			return append(out, Difference{Program: program, Fact: "steps", Diff: fmt.Sprintf("-%d steps\n+%d steps", len(stock), len(ours))})
		}
		out = append(out, compareStep(side, program, stock[i], ours[i], on)...)
	}
	return out
}

func compareStep(side, program string, stock, ours Observation, on *Purpose) []Difference {
	var out []Difference
	for _, name := range names(stock, ours) {
		a, b := stock.text(name), ours.text(name)
		a, b, excuse := on.settle(side, program, stock.Step, name, a, b)
		if a != b {
			out = append(out, Difference{program, stock.Step, name, lineDiff(a, b), ""})
		} else if excuse != "" {
			out = append(out, Difference{program, stock.Step, name, "", excuse})
		}
	}
	return out
}

func names(stock, ours Observation) []string {
	var out []string
	for _, f := range append(slices.Clone(stock.Facts), ours.Facts...) {
		if !slices.Contains(out, f.Name) {
			out = append(out, f.Name)
		}
	}
	return out
}

// text joins the facts of one name: a step may give several.
func (o Observation) text(name string) string {
	var all []string
	for _, f := range o.Facts {
		if f.Name == name {
			all = append(all, f.Text)
		}
	}
	return strings.Join(all, "\n")
}

// lineDiff shows the lines that only one side has, whole, or the order when that
// is all.
func lineDiff(stock, ours string) string {
	a, b := strings.Split(stock, "\n"), strings.Split(ours, "\n")
	var out strings.Builder
	for _, l := range beyond(a, b) {
		out.WriteString("- " + l + "\n")
	}
	for _, l := range beyond(b, a) {
		out.WriteString("+ " + l + "\n")
	}
	if out.Len() == 0 {
		return "the lines are in another order\n- " + strings.Join(a, "\n- ") + "\n+ " + strings.Join(b, "\n+ ")
	}
	return out.String()
}

// beyond returns the lines of a that b does not have, or not as often.
func beyond(a, b []string) []string {
	have := map[string]int{}
	for _, l := range b {
		have[l]++
	}
	var out []string
	for _, l := range a {
		if have[l]--; have[l] < 0 {
			out = append(out, l)
		}
	}
	return out
}
