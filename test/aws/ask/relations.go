package main

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// What the provider says about attributes that do not go together, or only.
var (
	conflict  = regexp.MustCompile(`^Conflicting configuration arguments: "([^"]+)": conflicts with (\S+)`)
	together  = regexp.MustCompile(`^Missing required argument: "([^"]+)": all of .([^` + "`" + `]+). must be specified`)
	exactly   = regexp.MustCompile(`^Invalid combination of arguments: "[^"]+": one of .([^` + "`" + `]+). must be specified`)
	atLeast   = regexp.MustCompile(`^Missing required argument: "[^"]+": one of .([^` + "`" + `]+). must be specified`)
	newNot    = regexp.MustCompile(`Attribute "([^"]+)" cannot be specified when "([^"]+)" is specified`)
	newWith   = regexp.MustCompile(`Attribute "([^"]+)" must be specified when "([^"]+)" is specified`)
	newOne    = regexp.MustCompile(`(?:No attribute specified when one \(and only one\) of|Exactly one of these attributes must be configured:) \[([^\]]+)\]`)
	newSome   = regexp.MustCompile(`(?:At least one attribute out of|At least one of these attributes must be configured:) \[([^\]]+)\]`)
	newNoneOf = regexp.MustCompile(`These attributes cannot be configured together: \[([^\]]+)\]`)
)

// companions finds the attributes that must be there with this one, and returns
// examples of those in the same block.
func (a *asker) companions(ctx context.Context, f *Fact, s *spot, ty cty.Type) (map[string]cty.Value, error) {
	all, err := a.validate(ctx, s.steps, map[string]cty.Value{s.name: sample(s.name, ty, 0)})
	if err != nil {
		return nil, err
	}
	with := map[string]cty.Value{}
	add := func(path string) {
		path = strings.TrimSpace(path)
		name := path[strings.LastIndexByte(path, '.')+1:]
		if name == s.name || slices.Contains(f.Needs, path) {
			return
		}
		f.Needs = append(f.Needs, path)
		siblings := a.ty
		if n := len(s.steps); n > 0 {
			siblings = s.steps[n-1].ty
		}
		if siblings.HasAttribute(name) {
			with[name] = sample(name, siblings.AttributeType(name), 0)
		}
	}
	for _, c := range all {
		if m := together.FindStringSubmatch(c); m != nil && !s.quiet[c] && last(m[1]) == s.name {
			for path := range strings.SplitSeq(m[2], ",") {
				add(path)
			}
		}
		if m := newWith.FindStringSubmatch(c); m != nil && !s.quiet[c] && last(m[2]) == s.name {
			add(m[1])
		}
	}
	return with, nil
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// relate finds the attributes of a block that exclude each other, and the groups
// of which one must be there.
func (a *asker) relate(ctx context.Context, b *pb.Schema_Block, ty cty.Type, steps []step, facts map[string]*Fact) error {
	empty, err := a.validate(ctx, steps)
	if err != nil {
		return err
	}
	for _, c := range empty {
		for _, form := range []*regexp.Regexp{exactly, newOne} {
			if m := form.FindStringSubmatch(c); m != nil {
				a.answer.ExactlyOneOf = grouped(a.answer.ExactlyOneOf, m[1])
			}
		}
		for _, form := range []*regexp.Regexp{atLeast, newSome} {
			if m := form.FindStringSubmatch(c); m != nil {
				a.answer.AtLeastOneOf = grouped(a.answer.AtLeastOneOf, m[1])
			}
		}
	}
	full := map[string]cty.Value{}
	for _, attr := range b.Attributes {
		if attr.Required || attr.Optional {
			full[attr.Name] = sample(attr.Name, ty.AttributeType(attr.Name), 0)
		}
	}
	for _, n := range b.BlockTypes {
		if below := blockOf(ty.AttributeType(n.TypeName)); below != cty.NilType && n.TypeName != "timeouts" {
			full[n.TypeName] = wrapped(n.Nesting, cty.ObjectVal(nullBlock(n.Block, below)))
		}
	}
	return a.exclusions(ctx, steps, full, facts)
}

// exclusions gives a block everything at once and then, for each attribute that
// complains, everything but what it has named, until it is content.
func (a *asker) exclusions(ctx context.Context, steps []step, full map[string]cty.Value, facts map[string]*Fact) error {
	all, err := a.validate(ctx, steps, full)
	if err != nil {
		return err
	}
	waiting := noteConflicts(all, facts)
	for range 40 { // more than any attribute has
		if len(waiting) == 0 {
			return nil
		}
		var next []string
		for _, name := range waiting {
			some := map[string]cty.Value{}
			for k, v := range full {
				if !slices.ContainsFunc(facts[name].Conflicts, func(path string) bool { return last(path) == k }) {
					some[k] = v
				}
			}
			if all, err = a.validate(ctx, steps, some); err != nil {
				return err
			}
			if slices.Contains(noteConflicts(all, facts), name) {
				next = append(next, name)
			}
		}
		waiting = next
	}
	return nil
}

// noteConflicts returns the names of the attributes about which it learnt
// something.
func noteConflicts(complaints []string, facts map[string]*Fact) []string {
	var learnt []string
	pair := func(one, other string) {
		f := facts[last(one)]
		if f == nil || one == other || slices.Contains(f.Conflicts, other) {
			return
		}
		f.Conflicts = append(f.Conflicts, other)
		slices.Sort(f.Conflicts)
		if !slices.Contains(learnt, last(one)) {
			learnt = append(learnt, last(one))
		}
	}
	for _, c := range complaints {
		if m := conflict.FindStringSubmatch(c); m != nil {
			pair(m[1], m[2])
		}
		if m := newNot.FindStringSubmatch(c); m != nil {
			pair(m[1], m[2])
			pair(m[2], m[1])
		}
		if m := newNoneOf.FindStringSubmatch(c); m != nil {
			paths := split(m[1])
			for _, one := range paths {
				for _, other := range paths {
					pair(one, other)
				}
			}
		}
	}
	return learnt
}

func split(list string) []string {
	var out []string
	for path := range strings.SplitSeq(list, ",") {
		if i := strings.LastIndex(path, "<."); i >= 0 { // the framework writes siblings so
			path = path[i+2:]
		}
		out = append(out, strings.TrimSpace(path))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func grouped(groups [][]string, list string) [][]string {
	paths := split(list)
	for _, g := range groups {
		if slices.Equal(g, paths) {
			return groups
		}
	}
	return append(groups, paths)
}
