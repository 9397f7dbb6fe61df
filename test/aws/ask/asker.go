package main

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"
	"google.golang.org/protobuf/proto"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// planTime bounds one question: a provider that wants to reach AWS for an
// answer would otherwise retry for minutes. After patience such questions the
// type's other plans are not asked for.
const (
	planTime = 5 * time.Second
	patience = 4
)

// asker asks about one resource type.
type asker struct {
	provider *session
	name     string
	block    *pb.Schema_Block
	ty       cty.Type
	base     map[string]cty.Value // an existing resource of which nothing was configured
	// more are examples of what may have to be configured for a plan: nothing,
	// what is required, everything.
	more   [3]map[string]cty.Value
	answer Answer
	shapes map[string]*Fact // nested blocks that were asked about, by name and shape

	// deepest is how many blocks deep questions go.
	deepest             int
	plans, probes, slow int
}

// Three of QuickSight's types and two of WAF's have thousands of blocks, up to
// fourteen deep, and a question about them takes long. Those are asked about
// their outer blocks; of the inner ones the schema alone is taken.
const (
	manyAttributes = 5000
	outer          = 2
)

func attributes(b *pb.Schema_Block) int {
	n := len(b.Attributes)
	for _, t := range b.BlockTypes {
		n += attributes(t.Block)
	}
	return n
}

// step leads into a nested block.
type step struct {
	name    string
	nesting pb.Schema_NestedBlock_NestingMode
	ty      cty.Type
	block   *pb.Schema_Block
}

// ask returns the facts about every attribute and block.
func (a *asker) ask(ctx context.Context) (*Answer, error) {
	var err error
	if a.ty, err = typeOf(a.block); err != nil {
		return nil, err
	}
	a.shapes, a.deepest = map[string]*Fact{}, 99
	if attributes(a.block) > manyAttributes {
		a.deepest = outer
	}
	created := a.created(ctx, nil)
	a.base = created.AsValueMap()
	a.more = [3]map[string]cty.Value{{}, {}, {}}
	empty := nullBlock(a.block, a.ty)
	for k, v := range a.base {
		if !v.IsWhollyKnown() {
			a.base[k] = empty[k]
		}
	}
	a.base["id"] = cty.StringVal("x-1")
	for _, attr := range a.block.Attributes {
		example := sample(attr.Name, a.ty.AttributeType(attr.Name), 0)
		if attr.Required {
			a.more[1][attr.Name] = example
		}
		if attr.Required || attr.Optional {
			a.more[2][attr.Name] = example
		}
	}
	a.answer.Fields, err = a.facts(ctx, a.block, a.ty, nil)
	delete(a.answer.Fields, "id")
	return &a.answer, err
}

// facts asks about the block that the steps lead to.
func (a *asker) facts(ctx context.Context, b *pb.Schema_Block, ty cty.Type, steps []step) (map[string]*Fact, error) {
	out := map[string]*Fact{}
	if len(steps) > a.deepest {
		return a.schema(ctx, b, ty, steps)
	}
	created := a.created(ctx, steps)
	for _, attr := range b.Attributes {
		ty := ty.AttributeType(attr.Name)
		f := &Fact{Kind: kind(ty), Required: attr.Required, Optional: attr.Optional, Computed: attr.Computed, Secret: attr.Sensitive}
		out[attr.Name] = f
		if !attr.Required && !attr.Optional {
			continue
		}
		if attr.Optional {
			f.Default = plain(created.GetAttr(attr.Name))
		}
		if err := a.limits(ctx, f, attr.Name, ty, steps); err != nil {
			return nil, fmt.Errorf("%s: %w", attr.Name, err)
		}
		f.Replace, f.Unasked = a.replaces(ctx, attr.Name, ty, steps, f.OneOf)
	}
	for _, n := range b.BlockTypes {
		if n.TypeName == "timeouts" {
			continue
		}
		f, err := a.blockFacts(ctx, n, steps)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.TypeName, err)
		}
		f.Computed = !created.GetAttr(n.TypeName).IsKnown() // the schema does not say it of blocks
		out[n.TypeName] = f
	}
	return out, a.relate(ctx, b, ty, steps, out)
}

// schema returns what the schema alone says about a block.
func (a *asker) schema(ctx context.Context, b *pb.Schema_Block, ty cty.Type, steps []step) (map[string]*Fact, error) {
	out := map[string]*Fact{}
	for _, attr := range b.Attributes {
		out[attr.Name] = &Fact{Kind: kind(ty.AttributeType(attr.Name)), Required: attr.Required, Optional: attr.Optional, Computed: attr.Computed,
			Secret: attr.Sensitive, Unasked: "not asked: too deep in a type of thousands of blocks"}
	}
	for _, n := range b.BlockTypes {
		f, err := a.blockFacts(ctx, n, steps)
		if err != nil {
			return nil, err
		}
		out[n.TypeName] = f
	}
	return out, nil
}

var nestings = map[pb.Schema_NestedBlock_NestingMode]string{
	pb.Schema_NestedBlock_SINGLE: "object", pb.Schema_NestedBlock_GROUP: "object", pb.Schema_NestedBlock_MAP: "map",
	pb.Schema_NestedBlock_LIST: "list", pb.Schema_NestedBlock_SET: "set",
}

// alike is how deep a block is nested before one of the same name and shape is
// taken to behave as the first did. A few types repeat theirs ten thousand times.
const alike = 2

func (a *asker) blockFacts(ctx context.Context, n *pb.Schema_NestedBlock, steps []step) (*Fact, error) {
	f := &Fact{Kind: nestings[n.Nesting], Required: n.MinItems > 0, Optional: n.MinItems == 0}
	if n.MaxItems > 1 {
		f.MaxItems = new(int(n.MaxItems))
	}
	if n.MinItems > 1 {
		f.MinItems = new(int(n.MinItems))
	}
	shape, err := proto.MarshalOptions{Deterministic: true}.Marshal(n)
	if err != nil {
		return nil, err
	}
	if known := a.shapes[string(shape)]; known != nil && len(steps) >= alike {
		f.Fields = known.Fields
		return f, nil
	}
	ty, err := typeOf(n.Block)
	if err != nil {
		return nil, err
	}
	below := append(append([]step{}, steps...), step{n.TypeName, n.Nesting, ty, n.Block})
	f.Fields, err = a.facts(ctx, n.Block, ty, below)
	a.shapes[string(shape)] = f
	return f, err
}

// created plans a new resource that has nothing but the block that the steps
// lead to, and returns that block; all null when it cannot be planned.
func (a *asker) created(ctx context.Context, steps []step) cty.Value {
	vals, block, ty := nullBlock(a.block, a.ty), a.block, a.ty
	if len(steps) > 0 {
		maps.Copy(vals, placed(steps, a.block))
		block, ty = steps[len(steps)-1].block, steps[len(steps)-1].ty
	}
	nothing := cty.ObjectVal(nullBlock(block, ty))
	config := cty.ObjectVal(vals)
	planned, _, err := a.plan(ctx, cty.NullVal(a.ty), config, config)
	if err != nil {
		return nothing
	}
	for _, s := range steps {
		planned = planned.GetAttr(s.name)
		if !planned.IsKnown() || planned.IsNull() {
			return nothing
		}
		if !planned.Type().IsObjectType() {
			if planned.LengthInt() == 0 {
				return nothing
			}
			planned = planned.AsValueSlice()[0]
		}
	}
	return planned
}

// placed returns what a resource with only one nested block has: the block that
// the steps lead to, with the attributes in it. Without steps it is the
// attributes themselves.
func placed(steps []step, top *pb.Schema_Block, attrs ...map[string]cty.Value) map[string]cty.Value {
	vals := map[string]cty.Value{}
	for i := len(steps); i >= 0; i-- {
		if i == len(steps) {
			if i > 0 {
				vals = nullBlock(steps[i-1].block, steps[i-1].ty)
			}
			for _, more := range attrs {
				maps.Copy(vals, more)
			}
			continue
		}
		v := wrapped(steps[i].nesting, cty.ObjectVal(vals))
		vals = map[string]cty.Value{}
		if i > 0 {
			vals = nullBlock(steps[i-1].block, steps[i-1].ty)
		}
		vals[steps[i].name] = v
	}
	return vals
}

// wrapped puts a block where its nesting wants it.
func wrapped(nesting pb.Schema_NestedBlock_NestingMode, v cty.Value) cty.Value {
	switch nesting {
	case pb.Schema_NestedBlock_LIST:
		return cty.ListVal([]cty.Value{v})
	case pb.Schema_NestedBlock_SET:
		return cty.SetVal([]cty.Value{v})
	case pb.Schema_NestedBlock_MAP:
		return cty.MapVal(map[string]cty.Value{"k": v})
	}
	return v
}

// replaces asks whether a change of one attribute needs a new resource: with
// nothing else configured, and where that cannot be planned, with examples.
func (a *asker) replaces(ctx context.Context, name string, ty cty.Type, steps []step, oneOf []any) (replace bool, unasked string) {
	values := [2]cty.Value{sample(name, ty, 0), sample(name, ty, 1)}
	if ty == cty.String && len(oneOf) > 1 {
		values = [2]cty.Value{cty.StringVal(fmt.Sprint(oneOf[0])), cty.StringVal(fmt.Sprint(oneOf[1]))}
	}
	for _, more := range a.more {
		if a.slow >= patience {
			return false, "not asked: the provider wants to reach AWS to plan this type"
		}
		prior, proposed, config := maps.Clone(a.base), maps.Clone(a.base), nullBlock(a.block, a.ty)
		for _, side := range []map[string]cty.Value{prior, proposed, config} {
			maps.Copy(side, more)
		}
		maps.Copy(prior, placed(steps, a.block, map[string]cty.Value{name: values[0]}))
		changed := placed(steps, a.block, map[string]cty.Value{name: values[1]})
		maps.Copy(proposed, changed)
		maps.Copy(config, changed)
		_, paths, err := a.plan(ctx, cty.ObjectVal(prior), cty.ObjectVal(config), cty.ObjectVal(proposed))
		if err != nil {
			unasked = err.Error()
			continue
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
	return false, unasked
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
	began := time.Now()
	r, err := a.provider.plan(ctx, req)
	if time.Since(began) > planTime/2 {
		a.slow++
	}
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
