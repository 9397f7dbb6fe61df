// Package types describes the AWS resource types that the sandbox knows.
//
// The description is data: the generator internal/sandbox/gen writes one JSON
// file for each package of pulumi-aws from the SDK's source and the real
// provider's answers. A file is parsed when its first type is asked for.
package types

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

//go:generate go run ../gen

//go:embed *.json
var files embed.FS

// The kinds of a property.
const (
	String = "string"
	Int    = "int"
	Number = "number"
	Bool   = "bool"
	List   = "list"
	Set    = "set" // a list whose order means nothing
	Map    = "map"
	Object = "object"
	JSON   = "json"  // a JSON document as a string or as an object
	Asset  = "asset" // a file or an archive
	Any    = "any"
)

// Property describes one property of a resource type or of an object in it.
type Property struct {
	Kind string `json:"kind"`
	// Of is the element of a list, set or map.
	Of *Property `json:"of,omitempty"`
	// Fields are the properties of an object.
	Fields map[string]*Property `json:"fields,omitempty"`
	// In is "required", "optional", or empty for what only AWS sets.
	In string `json:"in,omitempty"`
	// Computed tells that AWS chooses the value when the input is left out.
	Computed bool `json:"computed,omitempty"`
	// Default is the value that the provider gives when the input is left out.
	Default any `json:"default,omitempty"`
	// Replace tells that a change of the property needs a new resource.
	Replace bool `json:"replace,omitempty"`
	// ReplaceIf names the boolean input that makes a change need a new resource.
	ReplaceIf string `json:"replaceIf,omitempty"`
	Secret    bool   `json:"secret,omitempty"`
	// Source is "docs" where the provider was asked about the type but could not
	// tell whether a change of this property replaces: then the SDK's comment
	// decides.
	Source string `json:"source,omitempty"`
}

// Input tells whether a program may set the property.
func (p *Property) Input() bool { return p.In != "" }

// Required tells whether a program must set the property.
func (p *Property) Required() bool { return p.In == "required" }

// Name says how a resource gets its physical name when the program gives none.
type Name struct {
	// Property is the input that holds the name.
	Property string `json:"property"`
	// Max is the longest name in bytes.
	Max    int    `json:"max"`
	Lower  bool   `json:"lower,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	// Suffix ends the name when the boolean input SuffixIf is true.
	Suffix   string `json:"suffix,omitempty"`
	SuffixIf string `json:"suffixIf,omitempty"`
}

// Type describes one resource type.
type Type struct {
	// Token is Pulumi's name of the type, such as "aws:ec2/vpc:Vpc".
	Token string `json:"-"`
	// Terraform is the name in the provider that pulumi-aws is built on.
	Terraform string `json:"terraform"`
	// Source says where replace rules and defaults come from: "provider" (the
	// real provider was asked) or "docs" (the SDK's comments).
	Source     string               `json:"source"`
	Name       *Name                `json:"name,omitempty"`
	Properties map[string]*Property `json:"properties"`
}

// UnknownError tells that there is no data for a type.
type UnknownError struct {
	Token string
	// Similar is a known type that may be meant, or empty.
	Similar string
}

// AddCommand is what adds a type to the sandbox.
const AddCommand = "add a line for it to internal/sandbox/gen/types.txt and run: go run ./internal/sandbox/gen"

func (e *UnknownError) Error() string {
	s := fmt.Sprintf("the sandbox has no type %s", e.Token)
	if e.Similar != "" {
		s += fmt.Sprintf(" (did you mean %s?)", e.Similar)
	}
	return s + "; " + AddCommand
}

// File is one JSON file: the types of one package of pulumi-aws.
type File struct {
	// Generated warns readers off editing.
	Generated string           `json:"generated"`
	Types     map[string]*Type `json:"types"`
}

// Catalog finds types. The zero value is ready, and safe for concurrent use.
type Catalog struct {
	packages sync.Map // package name → func() (map[string]*Type, error)
}

// Find returns the type of a token, or an *UnknownError. The result is shared
// and must not be changed.
func (c *Catalog) Find(token string) (*Type, error) {
	pkg, ok := packageOf(token)
	if !ok {
		return nil, &UnknownError{Token: token}
	}
	load, _ := c.packages.LoadOrStore(pkg, sync.OnceValues(func() (map[string]*Type, error) { return parse(pkg) }))
	known, err := load.(func() (map[string]*Type, error))()
	if err != nil {
		return nil, err
	}
	if t := known[token]; t != nil {
		return t, nil
	}
	return nil, &UnknownError{Token: token, Similar: Nearest(token, slices.Sorted(maps.Keys(known)))}
}

// Tokens lists every known type, sorted.
func (c *Catalog) Tokens() ([]string, error) {
	names, err := fs.Glob(files, "*.json")
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		known, err := parse(strings.TrimSuffix(n, ".json"))
		if err != nil {
			return nil, err
		}
		out = slices.AppendSeq(out, maps.Keys(known))
	}
	slices.Sort(out)
	return out, nil
}

// packageOf returns "ec2" of "aws:ec2/vpc:Vpc".
func packageOf(token string) (string, bool) {
	rest, ok := strings.CutPrefix(token, "aws:")
	if !ok {
		return "", false
	}
	pkg, _, ok := strings.Cut(rest, "/")
	return pkg, ok && pkg != "" && !strings.ContainsAny(pkg, `\.:`)
}

func parse(pkg string) (map[string]*Type, error) {
	b, err := files.ReadFile(pkg + ".json")
	if err != nil { // no file: no type of this package is known
		return nil, nil
	}
	var f File
	if err := json.Unmarshal(b, &f); err != nil {
		return nil, fmt.Errorf("the sandbox's description of package %s is damaged: %w", pkg, err)
	}
	for token, t := range f.Types {
		t.Token = token
	}
	return f.Types, nil
}
