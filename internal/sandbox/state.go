package sandbox

import (
	"maps"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// planned returns what a preview knows of a resource that will be created:
// inputs and defaults, and Unknown for what AWS will choose.
func planned(t *types.Type, in aws.Object) aws.Object {
	out := maps.Clone(in)
	fill(t.Properties, out, func(p *types.Property) any {
		if p.Default != nil {
			return p.Default
		}
		if p.Computed || !p.Input() {
			return aws.Unknown{}
		}
		return nil
	})
	return out
}

// built returns what a resource is after a creation (old is nil) or an update.
func built(t *types.Type, c *aws.Call, old aws.Object) aws.Object {
	out := maps.Clone(c.In)
	for k, v := range old {
		p := t.Properties[k]
		if _, given := out[k]; !given && k != "tagsAll" && p != nil && (p.Computed || !p.Input()) {
			out[k] = v
		}
	}
	fill(t.Properties, out, func(p *types.Property) any { return p.Default })
	computed := aws.For(t.Token).Outputs
	if computed != nil {
		computed(c, out)
	}
	for name, p := range t.Properties {
		generic := name == "arn" && p.Computed || p.Kind == types.String && !p.Input() && computed == nil
		if generic && (out[name] == nil || out[name] == "") {
			out[name] = aws.Generic(c, packageOf(t.Token), t.Terraform, name)
		}
	}
	for name, p := range t.Properties {
		if out[name] == nil && (p.Computed || !p.Input()) {
			out[name] = zero(p)
		}
	}
	for k, v := range out {
		if v == nil {
			delete(out, k)
		}
	}
	return out
}

// fill sets every property that is absent, here and in the objects that are
// present, to what missing returns for it, unless that is nil.
func fill(fields map[string]*types.Property, o map[string]any, missing func(*types.Property) any) {
	for name, p := range fields {
		v, ok := o[name]
		if !ok || v == nil {
			if m := missing(p); m != nil {
				o[name] = m
			}
			continue
		}
		o[name] = fillValue(p, v, missing)
	}
}

func fillValue(p *types.Property, v any, missing func(*types.Property) any) any {
	switch v := v.(type) {
	case map[string]any:
		if p.Kind == types.Object {
			v = maps.Clone(v)
			fill(p.Fields, v, missing)
		}
		return v
	case []any:
		if p.Of == nil || p.Of.Kind != types.Object {
			return v
		}
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = fillValue(p.Of, e, missing)
		}
		return out
	}
	return v
}

// zero is what AWS says of a property that has no value.
func zero(p *types.Property) any {
	switch p.Kind {
	case types.String, types.JSON:
		return ""
	case types.Bool:
		return false
	case types.Int, types.Number:
		return 0.0
	case types.List, types.Set:
		return []any{}
	case types.Map:
		return map[string]any{}
	}
	return nil
}

// inputsOf returns the inputs that describe a resource as it is: the old ones
// with today's values, and what somebody else set. Without old inputs (an
// import) it is everything that a program could have said.
func inputsOf(t *types.Type, state, olds aws.Object) aws.Object {
	out := aws.Object{}
	for name, p := range t.Properties {
		now, exists := state[name]
		was, given := olds[name]
		switch {
		case name == "tagsAll":
			if !isZero(now) {
				out[name] = now
			}
		case !p.Input() || !exists:
		case given:
			out[name] = seen(p, was, now)
		case isZero(now), p.Default != nil && equal(p, now, p.Default):
		case olds != nil && p.Computed: // AWS's choice, not the program's
		default:
			out[name] = now
		}
	}
	return out
}

// seen returns today's value in the words of the old one: what says the same
// stays as it was written, and objects have no field that only AWS sets.
func seen(p *types.Property, was, now any) any {
	if equal(p, was, now) {
		return was
	}
	if p.Kind != types.Object {
		list, ok := now.([]any)
		if !ok || p.Of == nil || p.Of.Kind != types.Object {
			return now
		}
		before, _ := was.([]any)
		out := make([]any, len(list))
		for i, e := range list {
			var b any = map[string]any{}
			if i < len(before) {
				b = before[i]
			}
			out[i] = seen(p.Of, b, e)
		}
		return out
	}
	o, ok := now.(map[string]any)
	if !ok {
		return now
	}
	before, _ := was.(map[string]any)
	out := map[string]any{}
	for name, v := range o {
		f := p.Fields[name]
		if f == nil || !f.Input() {
			continue
		}
		if w, given := before[name]; given {
			out[name] = seen(f, w, v)
		} else if !f.Computed && !isZero(v) && (f.Default == nil || !equal(f, v, f.Default)) {
			out[name] = v
		}
	}
	return out
}
