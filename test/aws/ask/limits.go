package main

import (
	"context"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// spot is where a value is tried: an attribute in a block, alone or as the only
// element of the attribute.
type spot struct {
	*asker
	steps []step
	name  string
	wrap  func(cty.Value) cty.Value
	// with are other attributes of the block without which the value is not
	// even looked at.
	with map[string]cty.Value
	// quiet are the complaints about the block without the attribute.
	quiet map[string]bool
}

// complain returns what the provider says against the value that it does not
// say without it.
func (s *spot) complain(ctx context.Context, v cty.Value) ([]string, error) {
	if s.wrap != nil {
		v = s.wrap(v)
	}
	all, err := s.validate(ctx, s.steps, map[string]cty.Value{s.name: v}, s.with)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(c string) bool { return s.quiet[c] || aside(c) }), nil
}

// aside tells whether a complaint is about something else than the value.
func aside(c string) bool {
	for _, start := range []string{"Missing required argument", "Missing Configuration for Required", "Invalid or unknown key", "Write-only", "Conflicting configuration",
		"Invalid combination of arguments", "Invalid Attribute Combination", "Invalid Block", "Missing Attribute Configuration", "Value for unconfigurable", "Invalid Path Expression"} {
		if strings.HasPrefix(c, start) {
			return true
		}
	}
	return false
}

// validate returns the errors about a resource that has only the block that the
// steps lead to, with these attributes in it.
func (a *asker) validate(ctx context.Context, steps []step, attrs ...map[string]cty.Value) ([]string, error) {
	a.probes++
	vals := nullBlock(a.block, a.ty)
	for k, v := range placed(steps, a.block, attrs...) {
		vals[k] = v
	}
	config, err := encode(cty.ObjectVal(vals), a.ty)
	if err != nil {
		return nil, err
	}
	r, err := a.provider.validate(ctx, &pb.ValidateResourceTypeConfig_Request{TypeName: a.name, Config: config})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, d := range r.Diagnostics {
		if d.Severity == pb.Diagnostic_ERROR {
			out = append(out, strings.TrimSpace(d.Summary+": "+d.Detail))
		}
	}
	return out, nil
}

// limits asks which values an attribute accepts.
func (a *asker) limits(ctx context.Context, f *Fact, name string, ty cty.Type, steps []step) error {
	empty, err := a.validate(ctx, steps)
	if err != nil {
		return err
	}
	s := &spot{asker: a, steps: steps, name: name, quiet: map[string]bool{}}
	for _, c := range empty {
		s.quiet[c] = true
	}
	if s.with, err = a.companions(ctx, f, s, ty); err != nil {
		return err
	}
	switch {
	case ty == cty.String:
		return s.texts(ctx, &f.Limits)
	case ty == cty.Number:
		return s.numbers(ctx, &f.Limits)
	case (ty.IsListType() || ty.IsSetType()) && (ty.ElementType() == cty.String || ty.ElementType() == cty.Number):
		s.wrap = func(v cty.Value) cty.Value {
			if ty.IsSetType() {
				return cty.SetVal([]cty.Value{v})
			}
			return cty.ListVal([]cty.Value{v})
		}
		f.Of = &Limits{}
		if ty.ElementType() == cty.String {
			err = s.texts(ctx, f.Of)
		} else {
			err = s.numbers(ctx, f.Of)
		}
		if err != nil {
			return err
		}
		if f.Of.zero() {
			f.Of = nil
		}
		s.wrap = nil
		return s.counts(ctx, f, ty)
	}
	return nil
}

// numbers tries small and large numbers.
func (s *spot) numbers(ctx context.Context, l *Limits) error {
	for _, n := range []int64{-1, 0, 1_000_000_000} {
		complaints, err := s.complain(ctx, cty.NumberIntVal(n))
		if err != nil {
			return err
		}
		for _, c := range complaints {
			if !note(l, c) {
				l.Says, l.Unlearnt = wording(c, s.name, cty.NumberIntVal(n).AsBigFloat().String()), true
			}
		}
		if len(complaints) == 0 && l.Min != nil && float64(n) < *l.Min { // such as "0, or 30 to 900"
			l.OneOf = append(l.OneOf, float64(n))
		}
	}
	return nil
}

// counts tries no elements and many.
func (s *spot) counts(ctx context.Context, f *Fact, ty cty.Type) error {
	const many = 300
	for _, n := range []int{0, many} {
		elems := make([]cty.Value, n)
		for i := range elems {
			elems[i] = element(f.Of, ty.ElementType(), i)
		}
		v := cty.ListValEmpty(ty.ElementType())
		switch {
		case n == 0 && ty.IsSetType():
			v = cty.SetValEmpty(ty.ElementType())
		case n > 0 && ty.IsSetType():
			v = cty.SetVal(elems)
		case n > 0:
			v = cty.ListVal(elems)
		}
		complaints, err := s.complain(ctx, v)
		if err != nil {
			return err
		}
		var told Limits
		for _, c := range complaints {
			note(&told, c)
		}
		if told.MinItems != nil {
			f.MinItems = told.MinItems
		}
		if told.MaxItems != nil {
			f.MaxItems = told.MaxItems
		}
	}
	return nil
}
