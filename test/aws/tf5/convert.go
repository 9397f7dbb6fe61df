package tf5

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// The two protocols have the same messages under different names.

func to(d *tfprotov6.DynamicValue) *pb.DynamicValue {
	if d == nil {
		return nil
	}
	return &pb.DynamicValue{Msgpack: d.MsgPack, Json: d.JSON}
}

func from(d *pb.DynamicValue) *tfprotov6.DynamicValue {
	if d == nil {
		return nil
	}
	return &tfprotov6.DynamicValue{MsgPack: d.Msgpack, JSON: d.Json}
}

func fromPath(p *pb.AttributePath) *tftypes.AttributePath {
	if p == nil || len(p.Steps) == 0 {
		return nil
	}
	out := tftypes.NewAttributePath()
	for _, step := range p.Steps {
		switch s := step.Selector.(type) {
		case *pb.AttributePath_Step_AttributeName:
			out = out.WithAttributeName(s.AttributeName)
		case *pb.AttributePath_Step_ElementKeyString:
			out = out.WithElementKeyString(s.ElementKeyString)
		case *pb.AttributePath_Step_ElementKeyInt:
			out = out.WithElementKeyInt(int(s.ElementKeyInt))
		}
	}
	return out
}

func fromPaths(paths []*pb.AttributePath) (out []*tftypes.AttributePath) {
	for _, p := range paths {
		if path := fromPath(p); path != nil {
			out = append(out, path)
		}
	}
	return out
}

func fromDiagnostics(ds []*pb.Diagnostic) (out []*tfprotov6.Diagnostic) {
	for _, d := range ds {
		out = append(out, &tfprotov6.Diagnostic{
			Severity: tfprotov6.DiagnosticSeverity(d.Severity), // the same numbers in both
			Summary:  d.Summary, Detail: d.Detail, Attribute: fromPath(d.Attribute),
		})
	}
	return out
}

func fromSchema(s *pb.Schema) (*tfprotov6.Schema, error) {
	if s == nil {
		return nil, nil
	}
	block, err := fromBlock(s.Block)
	return &tfprotov6.Schema{Version: s.Version, Block: block}, err
}

func fromSchemas(schemas map[string]*pb.Schema) (map[string]*tfprotov6.Schema, error) {
	out := make(map[string]*tfprotov6.Schema, len(schemas))
	for name, s := range schemas {
		schema, err := fromSchema(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		out[name] = schema
	}
	return out, nil
}

func fromBlock(b *pb.Schema_Block) (*tfprotov6.SchemaBlock, error) {
	if b == nil {
		return &tfprotov6.SchemaBlock{}, nil
	}
	out := &tfprotov6.SchemaBlock{
		Version: b.Version, Description: b.Description,
		DescriptionKind: tfprotov6.StringKind(b.DescriptionKind), Deprecated: b.Deprecated,
	}
	for _, a := range b.Attributes {
		attribute, err := fromAttribute(a)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		out.Attributes = append(out.Attributes, attribute)
	}
	for _, n := range b.BlockTypes {
		block, err := fromBlock(n.Block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.TypeName, err)
		}
		out.BlockTypes = append(out.BlockTypes, &tfprotov6.SchemaNestedBlock{
			TypeName: n.TypeName, Block: block, Nesting: tfprotov6.SchemaNestedBlockNestingMode(n.Nesting),
			MinItems: n.MinItems, MaxItems: n.MaxItems,
		})
	}
	return out, nil
}

func fromAttribute(a *pb.Schema_Attribute) (*tfprotov6.SchemaAttribute, error) {
	// The only decoder of a type's wire form that is exported.
	t, err := tftypes.ParseJSONType(a.Type) //nolint:staticcheck
	if err != nil {
		return nil, err
	}
	return &tfprotov6.SchemaAttribute{
		Name: a.Name, Type: t, Description: a.Description, DescriptionKind: tfprotov6.StringKind(a.DescriptionKind),
		Required: a.Required, Optional: a.Optional, Computed: a.Computed, Sensitive: a.Sensitive, Deprecated: a.Deprecated,
	}, nil
}
