package main

import (
	"fmt"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"github.com/zclconf/go-cty/cty/msgpack"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// typeOf returns the object type of a block.
func typeOf(b *pb.Schema_Block) (cty.Type, error) {
	fields := map[string]cty.Type{}
	for _, a := range b.Attributes {
		ty, err := ctyjson.UnmarshalType(a.Type)
		if err != nil {
			return cty.NilType, fmt.Errorf("%s: %w", a.Name, err)
		}
		fields[a.Name] = ty
	}
	for _, n := range b.BlockTypes {
		ty, err := typeOf(n.Block)
		if err != nil {
			return cty.NilType, fmt.Errorf("%s: %w", n.TypeName, err)
		}
		switch n.Nesting {
		case pb.Schema_NestedBlock_LIST:
			ty = cty.List(ty)
		case pb.Schema_NestedBlock_SET:
			ty = cty.Set(ty)
		case pb.Schema_NestedBlock_MAP:
			ty = cty.Map(ty)
		}
		fields[n.TypeName] = ty
	}
	return cty.Object(fields), nil
}

// nullBlock returns what a block has when nothing is written in it: null
// attributes, and no blocks.
func nullBlock(b *pb.Schema_Block, ty cty.Type) map[string]cty.Value {
	vals := map[string]cty.Value{}
	for k, t := range ty.AttributeTypes() {
		vals[k] = cty.NullVal(t)
	}
	for _, n := range b.BlockTypes {
		switch t := ty.AttributeType(n.TypeName); {
		case t.IsListType():
			vals[n.TypeName] = cty.ListValEmpty(t.ElementType())
		case t.IsSetType():
			vals[n.TypeName] = cty.SetValEmpty(t.ElementType())
		case t.IsMapType():
			vals[n.TypeName] = cty.MapValEmpty(t.ElementType())
		}
	}
	return vals
}

// blockOf returns the object type of a nested block from the type that holds it.
func blockOf(t cty.Type) cty.Type {
	switch {
	case t.IsObjectType():
		return t
	case t.IsCollectionType() && t.ElementType().IsObjectType():
		return t.ElementType()
	}
	return cty.NilType
}

// sample returns the n-th (0 or 1) example value for an attribute. Two differ.
func sample(name string, t cty.Type, n int) cty.Value {
	switch {
	case t == cty.String:
		return cty.StringVal(text(name, n))
	case t == cty.Number:
		return cty.NumberIntVal(int64(n + 1))
	case t == cty.Bool:
		return cty.BoolVal(n == 1)
	case t.IsListType():
		return cty.ListVal([]cty.Value{sample(name, t.ElementType(), n)})
	case t.IsSetType():
		return cty.SetVal([]cty.Value{sample(name, t.ElementType(), n)})
	case t.IsMapType():
		return cty.MapVal(map[string]cty.Value{"k": sample(name, t.ElementType(), n)})
	case t.IsObjectType():
		vals := map[string]cty.Value{}
		for k, f := range t.AttributeTypes() {
			vals[k] = sample(k, f, n)
		}
		return cty.ObjectVal(vals)
	}
	return cty.NullVal(t)
}

func text(name string, n int) string {
	pick := func(a, b string) string { return []string{a, b}[n] }
	switch {
	case strings.Contains(name, "ipv6_cidr"):
		return pick("2001:db8::/56", "2001:db9::/56")
	case strings.Contains(name, "cidr"):
		return pick("10.1.0.0/16", "10.2.0.0/16")
	case strings.HasSuffix(name, "policy"):
		return pick(`{"Version":"2012-10-17","Statement":[]}`, `{"Version":"2008-10-17","Statement":[]}`)
	case strings.Contains(name, "arn"):
		return pick("arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b")
	case name == "date":
		return pick("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z")
	case name == "storage_class":
		return pick("GLACIER", "DEEP_ARCHIVE")
	case name == "transition_default_minimum_object_size":
		return pick("all_storage_classes_128K", "varies_by_storage_class")
	case name == "type":
		return pick("String", "SecureString")
	}
	return pick("a1", "b2")
}

// element returns the i-th of many different elements that are as acceptable as
// is known.
func element(l *Limits, t cty.Type, i int) cty.Value {
	switch {
	case l != nil && len(l.OneOf) > 0 && t == cty.String:
		return cty.StringVal(fmt.Sprint(l.OneOf[i%len(l.OneOf)]))
	case t == cty.Number:
		return cty.NumberIntVal(int64(i + 1))
	case l != nil && l.Format == "arn":
		return cty.StringVal(fmt.Sprintf("arn:aws:iam::123456789012:role/a%d", i))
	}
	return cty.StringVal(fmt.Sprintf("a%d", i))
}

func encode(v cty.Value, ty cty.Type) (*pb.DynamicValue, error) {
	b, err := msgpack.Marshal(v, ty)
	return &pb.DynamicValue{Msgpack: b}, err
}

func decode(d *pb.DynamicValue, ty cty.Type) (cty.Value, error) {
	if d == nil {
		return cty.NullVal(ty), nil
	}
	return msgpack.Unmarshal(d.Msgpack, ty)
}

// kind names a type in the words of the sandbox's data.
func kind(t cty.Type) string {
	switch {
	case t == cty.String, t == cty.Number, t == cty.Bool:
		return t.FriendlyName()
	case t.IsListType():
		return "list"
	case t.IsSetType():
		return "set"
	case t.IsMapType():
		return "map"
	case t.IsObjectType():
		return "object"
	}
	return "any"
}

// plain returns a known scalar as a Go value, and nil for everything else and
// for what means nothing.
func plain(v cty.Value) any {
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	switch v.Type() {
	case cty.String:
		if s := v.AsString(); s != "" {
			return s
		}
	case cty.Bool:
		return v.True()
	case cty.Number:
		f, _ := v.AsBigFloat().Float64()
		return f
	}
	return nil
}
