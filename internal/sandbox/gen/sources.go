package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// answer is what the real provider says about one type; see test/aws/ask/facts.go.
type answer struct {
	Fields       map[string]*fact `json:"fields"`
	ExactlyOneOf [][]string       `json:"exactlyOneOf"`
	AtLeastOneOf [][]string       `json:"atLeastOneOf"`
}

// fact is what it says about one attribute.
type fact struct {
	Kind      string           `json:"kind"`
	Required  bool             `json:"required"`
	Optional  bool             `json:"optional"`
	Computed  bool             `json:"computed"`
	Secret    bool             `json:"secret"`
	Replace   bool             `json:"replace"`
	Default   any              `json:"default"`
	Fields    map[string]*fact `json:"fields"`
	Unasked   string           `json:"unasked"`
	Conflicts []string         `json:"conflicts"`
	Needs     []string         `json:"needs"`
	Of        *limits          `json:"of"`
	limits
}

// limits adds to what the sandbox knows of limits that there is a rule of which
// the provider tells too little to hold anybody to it.
type limits struct {
	types.Limits
	Unlearnt bool `json:"unlearnt"`
}

// held returns the limits that the sandbox can hold a program to.
func (l limits) held() types.Limits {
	if !l.Unlearnt {
		return l.Limits
	}
	out := types.Limits{NotEmpty: l.NotEmpty, MinItems: l.MinItems, MaxItems: l.MaxItems}
	if m := tooLong.FindStringSubmatch(l.Says); m != nil {
		if n, err := strconv.Atoi(m[1]); err == nil {
			out.MaxLength = &n
		}
	}
	return out
}

// tooLong is a complaint that tells the limit, from a provider that nothing
// shorter was shown to.
var tooLong = regexp.MustCompile(`cannot be longer than (\d+) characters`)

// mapping is test/aws/mapping/mapping.json, as far as it is needed here.
type mapping struct {
	Resources map[string]*entity `json:"resources"`
}

type entity struct {
	Token  string            `json:"token"`
	Of     string            `json:"of"`
	Fields map[string]*field `json:"fields"`
}

type field struct {
	Name   string            `json:"name"`
	One    *bool             `json:"one"`
	JSON   bool              `json:"json"`
	Named  bool              `json:"named"`
	Each   *field            `json:"each"`
	Fields map[string]*field `json:"fields"`
}

// below returns the fields of a nested block.
func (f *field) below() map[string]*field {
	for f != nil {
		if f.Fields != nil {
			return f.Fields
		}
		f = f.Each
	}
	return nil
}

// property returns the name of an attribute's property.
func property(attribute string, fields map[string]*field) string {
	if f := fields[attribute]; f != nil && f.Name != "" {
		return f.Name
	}
	return camel(attribute)
}

func camel(s string) string {
	var b strings.Builder
	up := false
	for _, c := range s {
		switch {
		case c == '_':
			up = true
		case up:
			b.WriteRune(unicode.ToUpper(c))
			up = false
		default:
			b.WriteRune(c)
		}
	}
	return b.String()
}

// generate returns the files of the archive, and notes for a person. only, when
// given, names the tokens to make.
func generate(in inputs, only []string) (files map[string][]byte, notes []string, err error) {
	b := builder{sdk: sdk{root: in.sdk}, answers: map[string]*answer{}}
	var m mapping
	if err := readJSON(in.mapping(), &m); err != nil {
		return nil, nil, err
	}
	made, err := in.manifest()
	if err != nil {
		return nil, nil, err
	}
	err = readArchive(in.answers(), func(name string, text []byte) error {
		if name == "manifest.json" {
			var from struct {
				Provider string `json:"provider"`
			}
			err := json.Unmarshal(text, &from)
			made.Provider = from.Provider
			return err
		}
		a := &answer{}
		b.answers[strings.TrimSuffix(name, ".json")] = a
		return json.Unmarshal(text, a)
	})
	if err != nil {
		return nil, nil, err
	}
	files = map[string][]byte{}
	for _, name := range slices.Sorted(maps.Keys(m.Resources)) {
		e := m.Resources[name]
		if only != nil && !slices.Contains(only, e.Token) {
			continue
		}
		if e.Of != "" {
			name = e.Of
		}
		t, err := b.build(name, e)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", e.Token, err)
		}
		if files[e.Token+".json"], err = json.Marshal(t); err != nil {
			return nil, nil, err
		}
	}
	files["manifest.json"], err = json.MarshalIndent(made, "", " ")
	return files, b.notes, err
}

// packageOf returns "ec2" of "aws:ec2/vpc:Vpc".
func packageOf(token string) string {
	pkg, _, _ := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	if pkg == "index" {
		return "."
	}
	return pkg
}
