package estate

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/estate/place"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

// program is the table of stack definitions that Main was given.
type program struct {
	module string
	stacks []*definition
	// foreign reads the settings of a stack when the driver did not hand them
	// over, that is under the stock Pulumi CLI.
	foreign func(ctx *pulumi.Context, d *definition, environment string) (*running, map[string]settings.Value, error)
}

// Program returns the stacks, together with all that they need, as one Pulumi
// program and what it consists of. The Pulumi stack name, such as "data.dev",
// chooses which of them runs. It is for programs of the Automation API and for
// tests; an estate program calls Main.
func Program(stacks ...AnyStack) (pulumi.RunFunc, describe.Description, error) {
	table := slices.Clone(stacks)
	for i := 0; i < len(table); i++ {
		if table[i] == nil || table[i].definition() == nil {
			continue
		}
		for _, need := range table[i].definition().needs {
			if !slices.Contains(table, need) {
				table = append(table, need)
			}
		}
	}
	p, err := newProgram(table)
	if err != nil {
		return nil, describe.Description{}, err
	}
	return p.run, p.describe(), nil
}

// newProgram checks the table. The error has one line for each problem, each
// with the "file:line" of a definition.
func newProgram(stacks []AnyStack) (*program, error) {
	p := &program{module: place.Module(), foreign: readFiles}
	var problems []string
	for i, s := range stacks {
		if s == nil || s.definition() == nil {
			problems = append(problems, fmt.Sprintf("stack %d in the table of estate.Main is nil", i+1))
			continue
		}
		p.stacks = append(p.stacks, s.definition())
	}
	for _, d := range p.stacks {
		for _, text := range d.problems {
			problems = append(problems, d.source()+": "+text)
		}
		problems = append(problems, p.strangers(d)...)
	}
	problems = append(problems, p.describe().Check()...)
	if len(problems) > 0 {
		return nil, errors.New(strings.Join(problems, "\n"))
	}
	return p, nil
}

// strangers reports needs that only share their name with a stack of the table.
func (p *program) strangers(d *definition) []string {
	var out []string
	for _, n := range d.needs {
		if n == nil || n.definition() == nil {
			out = append(out, fmt.Sprintf("%s: stack %q needs a nil stack", d.source(), d.name))
			continue
		}
		up := n.definition()
		if same := p.find(up.name); same != nil && same != up {
			out = append(out, fmt.Sprintf("%s: stack %q needs the %q of %s, but the table has the one of %s",
				d.source(), d.name, up.name, up.source(), same.source()))
		}
	}
	return out
}

func (p *program) find(name string) *definition {
	for _, d := range p.stacks {
		if d.name == name {
			return d
		}
	}
	return nil
}

// describe says what the program consists of.
func (p *program) describe() describe.Description {
	out := describe.Description{Schema: describe.SchemaVersion, Module: p.module, Stacks: []describe.Stack{}}
	for _, d := range p.stacks {
		s := describe.Stack{Name: d.name, Package: d.pkg, Source: d.source(), Needs: []string{},
			Doc: d.doc, Settings: d.settings, Outputs: d.outputs}
		for _, n := range d.needs {
			if n != nil && n.definition() != nil {
				s.Needs = append(s.Needs, n.definition().name)
			}
		}
		out.Stacks = append(out.Stacks, s)
	}
	return out
}

// run builds the stack that the context names.
func (p *program) run(ctx *pulumi.Context) error {
	name, environment, err := stackName(ctx.Stack())
	if err != nil {
		return err
	}
	d := p.find(name)
	if d == nil {
		return fmt.Errorf("the estate has no stack %q; %s", name, settings.DidYouMean(name, p.describe().Names()))
	}
	r, values, err := p.inputs(ctx, d, environment)
	if err != nil {
		return err
	}
	r.references, r.projects = map[string]*pulumi.StackReference{}, p.projects()
	return d.run(ctx.WithValue(runningKey{}, r), r, values)
}

// inputs returns what the stack is built from.
func (p *program) inputs(ctx *pulumi.Context, d *definition, environment string) (*running, map[string]settings.Value, error) {
	env, given, err := givenEnvironment(ctx)
	if err != nil {
		return nil, nil, err
	}
	if !given {
		return p.foreign(ctx, d, environment)
	}
	values := settings.FromConfig(d.settings, func(key string) (string, bool) {
		return ctx.GetConfig(ctx.Project() + ":" + key)
	})
	at := settings.Pos{File: "environments/" + environment + ".yaml"}
	return &running{def: d, env: env, at: at}, values, nil
}

// source returns "stacks/data/data.go:17", relative to the module.
func (d *definition) source() string { return place.Source(place.Module(), d.pkg, d.file, d.line) }
