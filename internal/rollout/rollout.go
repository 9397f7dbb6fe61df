// Package rollout decides in which order stacks run.
//
// A stack runs after the stacks it needs; an environment after those it is
// promoted from; a destroy runs the other way round. Everything here is a pure
// function of its arguments and gives the same answer for them every time.
package rollout

import (
	"errors"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Definition is a stack definition and the names of those it needs.
type Definition struct {
	Name  string   `json:"stack"`
	Needs []string `json:"needs"`
}

// Environment is an environment and those it comes after.
type Environment struct {
	Name  string
	After []string
}

// Waves orders stack definitions: each wave needs only earlier ones, and the
// names in a wave are sorted. An unknown need, a name given twice and a cycle
// are errors of kind Invalid; all unknown needs are reported at once.
func Waves(defs []Definition) ([][]string, error) {
	needs := make(map[string][]string, len(defs))
	var errs []error
	for _, d := range defs {
		if _, twice := needs[d.Name]; twice {
			errs = append(errs, gitops.Errorf(gitops.Invalid, "stack %q is defined twice", d.Name))
		}
		needs[d.Name] = d.Needs
	}
	for _, d := range defs {
		for _, n := range d.Needs {
			if _, ok := needs[n]; !ok {
				errs = append(errs, unknownNeed(d.Name, n, defs))
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	waves, rest := kahn(needs, strings.Compare)
	if len(rest) > 0 {
		return nil, cycleError("stacks need each other in a circle: ", needs, rest)
	}
	return waves, nil
}

func unknownNeed(stack, need string, defs []Definition) error {
	names := make([]string, 0, len(defs))
	for _, d := range defs {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return &gitops.Error{
		Kind: gitops.Invalid,
		What: "stack \"" + stack + "\" needs \"" + need + "\", which is not defined",
		Next: "defined are " + strings.Join(names, ", "),
	}
}

// kahn sorts the keys of needs into waves. What is left over is part of a
// cycle or needs one; it is sorted.
func kahn[K comparable](needs map[K][]K, compare func(a, b K) int) (waves [][]K, rest []K) {
	done := make(map[K]bool, len(needs))
	for len(done) < len(needs) {
		var wave []K
		for k, ns := range needs {
			if !done[k] && !slices.ContainsFunc(ns, func(n K) bool { return !done[n] }) {
				wave = append(wave, k)
			}
		}
		if len(wave) == 0 {
			break
		}
		slices.SortFunc(wave, compare)
		for _, k := range wave {
			done[k] = true
		}
		waves = append(waves, wave)
	}
	for k := range needs {
		if !done[k] {
			rest = append(rest, k)
		}
	}
	slices.SortFunc(rest, compare)
	return waves, rest
}

// cycleError names one cycle among the names that could not be ordered, as
// "a → b → a", starting at its first name.
func cycleError(what string, needs map[string][]string, rest []string) error {
	left := make(map[string]bool, len(rest))
	for _, r := range rest {
		left[r] = true
	}
	var path []string
	at, seen := rest[0], map[string]int{}
	for {
		if i, again := seen[at]; again {
			path = path[i:]
			break
		}
		seen[at] = len(path)
		path = append(path, at)
		next := slices.Sorted(slices.Values(needs[at]))
		at = next[slices.IndexFunc(next, func(n string) bool { return left[n] })]
	}
	first := slices.Index(path, slices.Min(path))
	path = append(slices.Clone(path[first:]), path[:first]...)
	path = append(path, path[0])
	return &gitops.Error{
		Kind: gitops.Invalid,
		What: what + strings.Join(path, " → "),
		Next: "remove one of these needs",
	}
}
