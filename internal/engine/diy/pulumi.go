package diy

import (
	"context"
	"errors"
	"io"
	"maps"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/backenderr"
	pulumidiy "github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// pulumi is Pulumi's own backend: it decides about the layout, compression and
// backups of checkpoints.
type pulumi struct{ be pulumidiy.Backend }

// openPulumi opens Pulumi's backend. What it would print is dropped.
func openPulumi(ctx context.Context, url string) (pulumi, error) {
	sink := diag.DefaultSink(io.Discard, io.Discard, diag.FormatOptions{Color: colors.Never})
	be, err := pulumidiy.New(ctx, sink, url, nil)
	return pulumi{be}, err
}

// errLegacy tells that the bucket has the layout without projects.
var errLegacy = errors.New("the stacks in it belong to no project")

// byProject checks that stacks are kept by project.
func (p pulumi) byProject() error {
	r, err := p.be.ParseStackReference("organization/project/stack")
	if err != nil {
		return errLegacy
	}
	if _, ok := r.Project(); !ok {
		return errLegacy
	}
	return nil
}

func (p pulumi) reference(ref gitops.StackRef) (backend.StackReference, error) {
	for _, name := range []string{ref.Project, ref.Stack} {
		if name == "" || strings.Trim(name, ".") == "" || strings.ContainsAny(name, `/\`) {
			return nil, gitops.Errorf(gitops.Invalid, "%q cannot be part of the name of a stack here", name)
		}
	}
	r, err := p.be.ParseStackReference("organization/" + ref.String())
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "the name of stack %s: %w", ref, err)
	}
	return r, nil
}

// errNoStack tells that Pulumi's backend knows no such stack.
var errNoStack = errors.New("no such stack")

func (p pulumi) stack(ctx context.Context, ref gitops.StackRef) (backend.Stack, error) {
	r, err := p.reference(ref)
	if err != nil {
		return nil, err
	}
	s, err := p.be.GetStack(ctx, r)
	if err == nil && s == nil {
		err = errNoStack
	}
	return s, err
}

// list returns the stacks of a project, or of all when project is "".
func (p pulumi) list(ctx context.Context, project string) ([]gitops.StackRef, error) {
	var filter backend.ListStackNamesFilter
	if project != "" {
		filter.Project = &project
	}
	names, _, err := p.be.ListStackNames(ctx, filter, nil)
	if err != nil {
		return nil, err
	}
	var list []gitops.StackRef
	for _, n := range names {
		if of, ok := n.Project(); ok {
			list = append(list, gitops.StackRef{Project: string(of), Stack: n.Name().String()})
		}
	}
	return list, nil
}

// create adds a stack. errExists tells that there is one.
func (p pulumi) create(ctx context.Context, ref gitops.StackRef, u apitype.UntypedDeployment) error {
	r, err := p.reference(ref)
	if err != nil {
		return err
	}
	err = again(ctx, func() error {
		_, err := p.be.CreateStack(ctx, r, "", &u, nil)
		return err
	})
	var exists *backenderr.StackAlreadyExistsError
	if errors.As(err, &exists) {
		return errExists
	}
	return err
}

func (p pulumi) remove(ctx context.Context, ref gitops.StackRef) error {
	s, err := p.stack(ctx, ref)
	if err != nil {
		return err
	}
	return again(ctx, func() error {
		_, err := p.be.RemoveStack(ctx, s, true, false)
		return err
	})
}

// write replaces the checkpoint and takes the lock file away while it does so:
// Pulumi's ImportDeployment locks and unlocks by itself.
func (p pulumi) write(ctx context.Context, ref gitops.StackRef, u apitype.UntypedDeployment) error {
	s, err := p.stack(ctx, ref)
	if err != nil {
		return err
	}
	return again(ctx, func() error { return p.be.ImportDeployment(ctx, s, &u) })
}

// setTags replaces the tags of a stack.
func (p pulumi) setTags(ctx context.Context, ref gitops.StackRef, tags map[string]string) error {
	s, err := p.stack(ctx, ref)
	if err != nil {
		return err
	}
	all := make(map[apitype.StackTagName]string, len(tags))
	maps.Copy(all, tags)
	return p.be.UpdateStackTags(ctx, s, all)
}

// lock writes Pulumi's lock file, or fails when there is another one.
func (p pulumi) lock(ctx context.Context, ref gitops.StackRef) error {
	r, err := p.reference(ref)
	if err != nil {
		return err
	}
	return again(ctx, func() error { return p.be.Lock(ctx, r) })
}

// again repeats what failed because a file vanished while it was being listed:
// fileblob keeps its temporary files where it lists.
func again(ctx context.Context, do func() error) error {
	err := do()
	for try := 0; try < 10 && err != nil && ctx.Err() == nil && strings.Contains(err.Error(), "could not list bucket"); try++ {
		err = do()
	}
	return err
}
