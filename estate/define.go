package estate

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/estate/place"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Stack is a stack definition whose outputs are of type O. It is made by
// Define.
type Stack[O any] struct{ def *definition }

// AnyStack is a stack definition, whatever its outputs. Only Stack implements
// it.
type AnyStack interface {
	Name() string
	definition() *definition
}

func (s *Stack[O]) definition() *definition {
	if s == nil {
		return nil
	}
	return s.def
}

// Name returns the name of the stack definition.
func (s *Stack[O]) Name() string { return s.def.name }

// definition is a stack definition without its type parameters.
type definition struct {
	name     string
	pkg      string // import path of the defining package
	file     string // base name of the defining file
	line     int
	doc      string
	needs    []AnyStack
	project  string // the Pulumi project that it was, "" if none
	settings settings.Schema
	outputs  []describe.Output
	// problems are mistakes in the definition itself. They are reported when the
	// program is described, served or run, because Define cannot return them.
	problems []string
	// run decodes the settings, builds and exports.
	run func(ctx *pulumi.Context, r *running, values map[string]settings.Value) error
}

// Option changes a stack definition.
type Option func(*definition)

// Needs declares that the stack reads outputs of others with Use. They are
// deployed before it.
func Needs(stacks ...AnyStack) Option {
	return func(d *definition) { d.needs = append(d.needs, stacks...) }
}

// Doc gives the stack a sentence for people.
func Doc(sentence string) Option { return func(d *definition) { d.doc = sentence } }

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Define declares a stack: its name, how it is built from typed settings C, and
// what it hands to others, O. It is meant for a package variable and only looks
// at the types. A mistake in a definition is reported by Main.
func Define[C, O any](name string, build func(*pulumi.Context, Environment, C) (*O, error), opts ...Option) *Stack[O] {
	d := &definition{name: name}
	d.pkg, d.file, d.line = place.Caller(0)
	if !namePattern.MatchString(name) {
		d.fail("the name %q of a stack is not lower-case letters, digits and -, beginning with a letter, at most 40", name)
	}
	if build == nil {
		d.fail("stack %q has no build function", name)
	}
	schema, err := settings.Of(reflect.TypeFor[C]())
	d.failEach(err)
	d.settings = schema
	if slices.ContainsFunc(schema.Fields, func(f settings.Field) bool { return f.Key == reservedKey }) {
		d.fail("stack %q: the key %q is reserved", name, reservedKey)
	}
	d.outputs, err = outputsOf(reflect.TypeFor[O]())
	d.failEach(err)
	for _, opt := range opts {
		opt(d)
	}
	d.run = func(ctx *pulumi.Context, r *running, values map[string]settings.Value) error {
		var cfg C
		if err := settings.Decode(schema, values, r.at, &cfg); err != nil {
			return err
		}
		out, err := build(ctx, r.env, cfg)
		if err != nil {
			return err
		}
		return export(ctx, d, reflect.ValueOf(out))
	}
	return &Stack[O]{def: d}
}

func (d *definition) fail(format string, args ...any) {
	d.problems = append(d.problems, fmt.Sprintf(format, args...))
}

// failEach adds the lines of an error, if there is one.
func (d *definition) failEach(err error) {
	if err == nil {
		return
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		d.fail("stack %q: %s", d.name, line)
	}
}
