package estate

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// FromProject says that the definition was the Pulumi project of that name.
// NewStackReference finds it under the name that its stacks had then.
func FromProject(name string) Option { return func(d *definition) { d.project = name } }

// EnvironmentOf returns the environment in which the program of ctx runs, for
// functions that build calls. Where no stack of the kit runs, as in tests with
// mocks, only its Name is set: the Pulumi stack's.
func EnvironmentOf(ctx *pulumi.Context) Environment {
	if r, ok := ctx.Value(runningKey{}).(*running); ok {
		return r.env
	}
	return Environment{Name: ctx.Stack()}
}

// NewStackReference is pulumi.NewStackReference for programs that were Pulumi
// projects: "organization/net/dev" is the stack of the definition with
// FromProject("net") in the environment dev, and "dev" that of the caller's own
// definition. Other names are taken as they are. New programs declare what they
// need, and call Use.
func NewStackReference(ctx *pulumi.Context, name string, args *pulumi.StackReferenceArgs, opts ...pulumi.ResourceOption) (*pulumi.StackReference, error) {
	r, ok := ctx.Value(runningKey{}).(*running)
	if !ok {
		return pulumi.NewStackReference(ctx, name, args, opts...)
	}
	var given pulumi.StringInput = pulumi.String(name)
	if args != nil && args.Name != nil {
		given = args.Name
	}
	rename := func(full string) string {
		return r.renamed(full, ctx.Organization(), ctx.Project())
	}
	if text, plain := given.(pulumi.String); plain {
		given = pulumi.String(rename(string(text)))
	} else {
		given = given.ToStringOutput().ApplyT(rename).(pulumi.StringOutput)
	}
	return pulumi.NewStackReference(ctx, name, &pulumi.StackReferenceArgs{Name: given}, opts...)
}

// renamed translates the name of a stack of a Pulumi project into the one that
// it has in this estate. The forms are stack, organization/stack and
// organization/project/stack.
func (r *running) renamed(full, organization, project string) string {
	parts := strings.Split(full, "/")
	was, stack := r.def.project, parts[len(parts)-1]
	if len(parts) == 3 {
		was = parts[1]
	}
	name, known := r.projects[was]
	if !known || was == "" || len(parts) > 3 || stack == "" {
		return full
	}
	return fmt.Sprintf("%s/%s/%s.%s", organization, project, name, stack)
}

// projects lists the names of the definitions that were Pulumi projects, by the
// name of the project.
func (p *program) projects() map[string]string {
	out := map[string]string{}
	for _, d := range p.stacks {
		if d.project != "" {
			out[d.project] = d.name
		}
	}
	return out
}
