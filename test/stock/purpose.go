package stock

import (
	"regexp"
	"slices"
	"strings"
)

// Deliberate is a difference on purpose: lines of one fact that only one side
// has.
type Deliberate struct {
	// Where is "program/step/fact", any part of it "*".
	Where string
	// Side is the side of ours that it is about; "" is each.
	Side string
	// Stock and Ours match whole lines, taken out of that side's text before the
	// comparison. nil takes nothing out.
	Stock, Ours *regexp.Regexp
	Reason      string
	// Sometimes tells that it need not occur in every run.
	Sometimes bool
}

// Purpose is the table of deliberate differences, and which of them were met.
type Purpose struct {
	list []Deliberate
	met  []int
}

// NewPurpose starts with none of them met.
func NewPurpose(list []Deliberate) *Purpose {
	return &Purpose{list: list, met: make([]int, len(list))}
}

// settle takes the deliberate differences out of a fact that differs. The excuse
// joins the reasons of those that were met.
func (p *Purpose) settle(side, program, step, fact, stock, ours string) (a, b, excuse string) {
	if stock == ours {
		return stock, ours, ""
	}
	_, step, _ = strings.Cut(step, " ") // without its number
	var reasons []string
	for i, d := range p.list {
		if d.Side != "" && d.Side != side || !d.about(program, step, fact) {
			continue
		}
		s, o := without(stock, d.Stock), without(ours, d.Ours)
		if s != stock || o != ours {
			p.met[i]++
			reasons = append(reasons, d.Reason)
		}
		stock, ours = s, o
	}
	return stock, ours, strings.Join(reasons, "; ")
}

func (d Deliberate) about(program, step, fact string) bool {
	want := strings.Split(d.Where, "/")
	for i, have := range []string{program, step, fact} {
		if want[i] != "*" && want[i] != have {
			return false
		}
	}
	return true
}

func without(text string, lines *regexp.Regexp) string {
	if lines == nil || text == "" {
		return text
	}
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), lines.MatchString), "\n")
}

// Unmet returns the deliberate differences that no longer exist: their entries
// are to be deleted.
func (p *Purpose) Unmet() []Deliberate {
	var out []Deliberate
	for i, n := range p.met {
		if n == 0 && !p.list[i].Sometimes {
			out = append(out, p.list[i])
		}
	}
	return out
}
