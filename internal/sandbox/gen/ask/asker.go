package main

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// planTime bounds one question: a provider that wants to reach AWS for an
// answer would otherwise retry for minutes.
const planTime = 20 * time.Second

// asker asks about one resource type.
type asker struct {
	provider *session
	name     string
	block    *pb.Schema_Block
	ty       cty.Type
	base     map[string]cty.Value // an existing resource of which nothing was configured
	plans    int
}

// step leads into a nested block.
type step struct {
	name    string
	nesting pb.Schema_NestedBlock_NestingMode
	ty      cty.Type
}

// ask returns the facts about every attribute and block.
func (a *asker) ask(ctx context.Context) (map[string]*Fact, error) {
	var err error
	if a.ty, err = typeOf(a.block); err != nil {
		return nil, err
	}
	created := a.created(ctx, nil)
	a.base = created.AsValueMap()
	for k, v := range a.base {
		if !v.IsWhollyKnown() {
			a.base[k] = absent(v.Type())
		}
	}
	a.base["id"] = cty.StringVal("x-1")
	facts, err := a.facts(ctx, a.block, nil)
	delete(facts, "id")
	return facts, err
}

// facts asks about the block that the steps lead to.
func (a *asker) facts(ctx context.Context, b *pb.Schema_Block, steps []step) (map[string]*Fact, error) {
	created := a.created(ctx, steps)
	out := map[string]*Fact{}
	for _, attr := range b.Attributes {
		ty, err := ctyjson.UnmarshalType(attr.Type)
		if err != nil {
			return nil, err
		}
		f := &Fact{Kind: kind(ty), Required: attr.Required, Optional: attr.Optional, Computed: attr.Computed, Secret: attr.Sensitive}
		if attr.Optional {
			f.Default = plain(created.GetAttr(attr.Name))
		}
		if attr.Required || attr.Optional {
			f.Replace, f.Unasked = a.replaces(ctx, attr.Name, ty, steps)
		}
		out[attr.Name] = f
	}
	for _, n := range b.BlockTypes {
		if n.TypeName == "timeouts" {
			continue
		}
		ty, err := typeOf(n.Block)
		if err != nil {
			return nil, err
		}
		f := &Fact{Kind: nestings[n.Nesting], Required: n.MinItems > 0, Optional: n.MinItems == 0,
			Computed: !created.GetAttr(n.TypeName).IsKnown()} // the schema does not say it of blocks
		below := append(append([]step{}, steps...), step{n.TypeName, n.Nesting, ty})
		if f.Fields, err = a.facts(ctx, n.Block, below); err != nil {
			return nil, fmt.Errorf("%s: %w", n.TypeName, err)
		}
		out[n.TypeName] = f
	}
	return out, nil
}

var nestings = map[pb.Schema_NestedBlock_NestingMode]string{
	pb.Schema_NestedBlock_SINGLE: "object", pb.Schema_NestedBlock_GROUP: "object", pb.Schema_NestedBlock_MAP: "map",
	pb.Schema_NestedBlock_LIST: "list", pb.Schema_NestedBlock_SET: "set",
}

// created plans a new resource that has nothing but the block that the steps
// lead to, and returns that block; all null when it cannot be planned.
func (a *asker) created(ctx context.Context, steps []step) cty.Value {
	config, ty := nullObject(a.ty), a.ty
	if len(steps) > 0 {
		vals := config.AsValueMap()
		maps.Copy(vals, place(steps, "", cty.NilVal))
		config, ty = cty.ObjectVal(vals), steps[len(steps)-1].ty
	}
	planned, _, err := a.plan(ctx, cty.NullVal(a.ty), config, config)
	if err != nil {
		return nullObject(ty)
	}
	for _, s := range steps {
		planned = planned.GetAttr(s.name)
		if !planned.IsKnown() || planned.IsNull() {
			return nullObject(ty)
		}
		if !planned.Type().IsObjectType() {
			if planned.LengthInt() == 0 {
				return nullObject(ty)
			}
			planned = planned.AsValueSlice()[0]
		}
	}
	return planned
}

// place returns the top-level value that holds only the leaf, below the steps.
func place(steps []step, leaf string, v cty.Value) map[string]cty.Value {
	for i := len(steps) - 1; i >= 0; i-- {
		s := steps[i]
		vals := nullObject(s.ty).AsValueMap()
		if leaf != "" {
			vals[leaf] = v
		}
		leaf, v = s.name, cty.ObjectVal(vals)
		switch s.nesting {
		case pb.Schema_NestedBlock_LIST:
			v = cty.ListVal([]cty.Value{v})
		case pb.Schema_NestedBlock_SET:
			v = cty.SetVal([]cty.Value{v})
		case pb.Schema_NestedBlock_MAP:
			v = cty.MapVal(map[string]cty.Value{"k": v})
		}
	}
	return map[string]cty.Value{leaf: v}
}

// replaces asks whether a change of one attribute needs a new resource.
func (a *asker) replaces(ctx context.Context, name string, ty cty.Type, steps []step) (replace bool, unasked string) {
	prior, proposed, config := maps.Clone(a.base), maps.Clone(a.base), nullObject(a.ty).AsValueMap()
	maps.Copy(prior, place(steps, name, sample(name, ty, 0)))
	changed := place(steps, name, sample(name, ty, 1))
	maps.Copy(proposed, changed)
	maps.Copy(config, changed)
	_, paths, err := a.plan(ctx, cty.ObjectVal(prior), cty.ObjectVal(config), cty.ObjectVal(proposed))
	if err != nil {
		return false, err.Error()
	}
	asked := name
	for i := len(steps) - 1; i >= 0; i-- {
		asked = steps[i].name + "." + asked
	}
	for _, p := range paths { // the provider may name the block instead of the attribute in it
		if asked == p || strings.HasPrefix(asked, p+".") {
			return true, ""
		}
	}
	return false, ""
}

// names returns the names on a path, without indexes: "ebs_block_device.size".
func names(p *pb.AttributePath) string {
	var out []string
	for _, s := range p.Steps {
		if n, ok := s.Selector.(*pb.AttributePath_Step_AttributeName); ok {
			out = append(out, n.AttributeName)
		}
	}
	return strings.Join(out, ".")
}

// plan asks for the plan of one change. replace holds the paths that need a new
// resource.
func (a *asker) plan(ctx context.Context, prior, config, proposed cty.Value) (planned cty.Value, replace []string, err error) {
	a.plans++
	req := &pb.PlanResourceChange_Request{TypeName: a.name}
	for _, side := range []struct {
		to   **pb.DynamicValue
		from cty.Value
	}{{&req.PriorState, prior}, {&req.Config, config}, {&req.ProposedNewState, proposed}} {
		if *side.to, err = encode(side.from, a.ty); err != nil {
			return cty.NilVal, nil, err
		}
	}
	r, err := a.provider.plan(ctx, req)
	if err != nil {
		return cty.NilVal, nil, err
	}
	if err := failure(r.Diagnostics); err != nil {
		return cty.NilVal, nil, err
	}
	for _, p := range r.RequiresReplace {
		replace = append(replace, names(p))
	}
	planned, err = decode(r.PlannedState, a.ty)
	return planned, replace, err
}
