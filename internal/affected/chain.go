package affected

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// mostFiles is how many files of a package a chain names.
const mostFiles = 5

// Explain returns the reasons of one of the affected stacks, each with the way
// from the stack to what changed: the packages on a shortest way of imports and
// the files, the places in the environment files, the stacks in between.
func Explain(base, head Revision, all []gitops.Affected, id gitops.StackID) []gitops.Reason {
	e := explainer{base: base, head: head, reasons: map[gitops.StackID][]gitops.Reason{}}
	for _, a := range all {
		e.reasons[a.StackID] = a.Reasons
	}
	out := slices.Clone(e.reasons[id])
	for i, r := range out {
		out[i].Chain = e.chain(id, r, map[gitops.StackID]bool{id: true})
	}
	return out
}

type explainer struct {
	base, head Revision
	reasons    map[gitops.StackID][]gitops.Reason
}

// chain is the way to one reason. passed are the stacks that it came through.
func (e explainer) chain(id gitops.StackID, r gitops.Reason, passed map[gitops.StackID]bool) []string {
	switch r.Kind {
	case Package:
		if module, isCopy := strings.CutPrefix(r.Subject, vendorDir); isCopy {
			return append(e.toModule(id.Name, module), r.Subject+" changed")
		}
		return e.toPackage(id.Name, r.Subject)
	case Module:
		return append(e.toModule(id.Name, r.Subject), r.Detail)
	case Config:
		return append([]string{r.Detail}, e.places(id, r.Subject)...)
	case Upstream:
		return append([]string{id.Name}, e.through(gitops.StackID{Name: r.Subject, Environment: id.Environment}, passed)...)
	}
	return []string{r.Detail}
}

// toPackage leads to the files of a package that changed.
func (e explainer) toPackage(stack, dir string) []string {
	way := e.head.Code.way(stack, dir)
	if way == nil {
		way = e.base.Code.way(stack, dir)
	}
	return append(way, filesThatDiffer(dir, e.base.Code.Packages[dir].Files, e.head.Code.Packages[dir].Files))
}

// toModule leads to a package that uses the module.
func (e explainer) toModule(stack, module string) []string {
	for _, c := range []Code{e.head.Code, e.base.Code} {
		if way := c.wayToModule(stack, module); way != nil {
			return way
		}
	}
	return nil
}

// places are where a setting stands in both revisions.
func (e explainer) places(id gitops.StackID, path string) []string {
	var out []string
	for _, side := range []struct {
		name string
		r    Revision
	}{{"base", e.base}, {"head", e.head}} {
		if s, ok := side.r.setting(id, path); ok && s.At != "" {
			out = append(out, s.At+" in "+side.name)
		}
	}
	return out
}

// through goes on to what changed about an upstream stack itself.
func (e explainer) through(up gitops.StackID, passed map[gitops.StackID]bool) []string {
	reasons := e.reasons[up]
	if passed[up] || len(reasons) == 0 {
		return []string{up.Name}
	}
	passed[up] = true
	first := reasons[0] // upstreams come last: a reason of its own, when there is one
	if first.Kind == Upstream {
		return e.chain(up, first, passed)
	}
	return append([]string{up.Name}, e.chain(up, first, passed)...)
}

// setting returns the value of one setting of a stack.
func (r Revision) setting(id gitops.StackID, path string) (Setting, bool) {
	for _, env := range r.Environments {
		if env.Name != id.Environment {
			continue
		}
		if s, ok := env.Stacks[id.Name][path]; ok {
			return s, true
		}
		s, ok := env.Shared[path]
		return s, ok
	}
	return Setting{}, false
}

// way returns the packages from that of a stack to another one, by imports, or
// from the program's own package. nil: there is none.
func (c Code) way(stack, dir string) []string {
	for _, start := range []string{c.Roots[stack].Package, c.Program} {
		found := c.reach(start)
		if _, ok := found[dir]; ok {
			return back(found, dir)
		}
	}
	return nil
}

// wayToModule is way to the nearest package that imports one which leads to the
// module; that import is the last step.
func (c Code) wayToModule(stack, module string) []string {
	for _, start := range []string{c.Roots[stack].Package, c.Program} {
		var best []string
		found := c.reach(start)
		for dir := range found {
			for _, ext := range c.Packages[dir].External {
				if !slices.Contains(c.External[ext], module) {
					continue
				}
				way := append(back(found, dir), ext)
				if best == nil || len(way) < len(best) || len(way) == len(best) && slices.Compare(way, best) < 0 {
					best = way
				}
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// back follows the importers from a package to where the search began.
func back(importers map[string]string, dir string) []string {
	way := []string{dir}
	for importers[way[0]] != "" {
		way = slices.Insert(way, 0, importers[way[0]])
	}
	return way
}

// filesThatDiffer says which files of a package changed.
func filesThatDiffer(dir string, before, after map[string]string) string {
	changes := differences(Package, before, after, func(name, _, _ string, was, is bool) string {
		switch {
		case !was:
			return path.Join(dir, name) + " added"
		case !is:
			return path.Join(dir, name) + " removed"
		}
		return path.Join(dir, name) + " changed"
	})
	if len(changes) == 0 {
		return dir + " changed"
	}
	var out []string
	for _, r := range changes[:min(mostFiles, len(changes))] {
		out = append(out, r.Detail)
	}
	if more := len(changes) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	return strings.Join(out, ", ")
}
