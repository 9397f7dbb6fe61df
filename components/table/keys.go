package table

import (
	"cmp"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/dynamodb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Attribute is an attribute that is part of a key. Only those have a type in
// DynamoDB; items may have any others.
type Attribute struct {
	// Name is at most 255 bytes.
	Name string
	// Type is what the attribute holds.
	Type Type
}

// Type is what an attribute of a key holds.
type Type string

// The types of keys, in the words of DynamoDB.
const (
	Text   Type = "S"
	Digits Type = "N"
	Bytes  Type = "B"
)

// String is an attribute that holds text.
func String(name string) Attribute { return Attribute{name, Text} }

// Number is an attribute that holds a number.
func Number(name string) Attribute { return Attribute{name, Digits} }

// Binary is an attribute that holds bytes.
func Binary(name string) Attribute { return Attribute{name, Bytes} }

// GlobalIndex finds items by other attributes than the table's keys. It is kept
// in step with the table, and costs storage and writes of its own.
type GlobalIndex struct {
	// Name is 3 to 255 letters, digits, underscores, hyphens and dots.
	Name string
	// HashKey and RangeKey are like those of the table; many items may have them
	// in common. RangeKey may be left out.
	HashKey, RangeKey Attribute
	// Projection is what the index holds. Default Everything.
	Projection Projection
	// Include lists the attributes of a projection Some.
	Include []string
}

// LocalIndex orders items with the same HashKey by another attribute.
type LocalIndex struct {
	// Name is 3 to 255 letters, digits, underscores, hyphens and dots.
	Name string
	// RangeKey is that attribute.
	RangeKey Attribute
	// Projection is what the index holds. Default Everything.
	Projection Projection
	// Include lists the attributes of a projection Some.
	Include []string
}

// Projection is what an index holds of each item, beside the keys.
type Projection string

// The projections, in the words of DynamoDB.
const (
	Everything Projection = "ALL"
	KeysOnly   Projection = "KEYS_ONLY"
	Some       Projection = "INCLUDE"
)

// Stream is what a table's stream tells of a changed item.
type Stream string

// The contents of a stream, in the words of DynamoDB.
const (
	Keys      Stream = "KEYS_ONLY"
	NewImage  Stream = "NEW_IMAGE"
	OldImage  Stream = "OLD_IMAGE"
	NewAndOld Stream = "NEW_AND_OLD_IMAGES"
)

// attributes are the attributes of all keys, each once, by name. DynamoDB
// wants every one declared, and no other.
func (a Args) attributes() []Attribute {
	all := a.keys()
	slices.SortFunc(all, func(x, y Attribute) int { return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Type, y.Type)) })
	return slices.Compact(all)
}

// keys are the attributes of all keys in the order of the arguments.
func (a Args) keys() []Attribute {
	all := []Attribute{a.HashKey, a.RangeKey}
	for _, i := range a.GlobalIndexes {
		all = append(all, i.HashKey, i.RangeKey)
	}
	for _, i := range a.LocalIndexes {
		all = append(all, i.RangeKey)
	}
	return slices.DeleteFunc(all, func(at Attribute) bool { return at == Attribute{} })
}

func (a Args) globals() dynamodb.TableGlobalSecondaryIndexArrayInput {
	var list dynamodb.TableGlobalSecondaryIndexArray
	for _, i := range a.GlobalIndexes {
		index := dynamodb.TableGlobalSecondaryIndexArgs{
			Name:           pulumi.String(i.Name),
			HashKey:        pulumi.String(i.HashKey.Name),
			ProjectionType: pulumi.String(i.Projection),
		}
		if i.RangeKey.Name != "" {
			index.RangeKey = pulumi.String(i.RangeKey.Name)
		}
		if len(i.Include) > 0 {
			index.NonKeyAttributes = pulumi.ToStringArray(i.Include)
		}
		if c := a.Capacity; c != nil {
			index.ReadCapacity, index.WriteCapacity = pulumi.Int(c.Read.Min), pulumi.Int(c.Write.Min)
		}
		list = append(list, index)
	}
	return list
}

func (a Args) locals() dynamodb.TableLocalSecondaryIndexArrayInput {
	var list dynamodb.TableLocalSecondaryIndexArray
	for _, i := range a.LocalIndexes {
		index := dynamodb.TableLocalSecondaryIndexArgs{
			Name:           pulumi.String(i.Name),
			RangeKey:       pulumi.String(i.RangeKey.Name),
			ProjectionType: pulumi.String(i.Projection),
		}
		if len(i.Include) > 0 {
			index.NonKeyAttributes = pulumi.ToStringArray(i.Include)
		}
		list = append(list, index)
	}
	return list
}
