package engine

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/property"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// backendClient answers an operation's stack references.
type backendClient struct{ op *operation }

var _ deploy.BackendClient = backendClient{}

func (op *operation) backendClient() deploy.BackendClient { return backendClient{op} }

// GetStackOutputs implements deploy.BackendClient. Outputs that cannot be
// decrypted are an error: going on with empty values, as Pulumi does, would
// change resources.
func (c backendClient) GetStackOutputs(_ context.Context, name string, _ func(error) error) (property.Map, error) {
	ref, err := c.parse(name)
	if err != nil {
		return property.Map{}, err
	}
	if out, ok := c.op.req.Overlay.get(c.op.req.Ref, ref); ok {
		return out, nil
	}
	out, err := c.op.eng.outputs(c.op.ctx, ref, secretsProvider{c.op.eng, c.op.req.Secrets})
	if err != nil {
		return property.Map{}, refError(name, err)
	}
	return resource.FromResourcePropertyMap(out), nil
}

// GetStackResourceOutputs implements deploy.BackendClient.
func (c backendClient) GetStackResourceOutputs(_ context.Context, name string) (property.Map, error) {
	ref, err := c.parse(name)
	if err != nil {
		return property.Map{}, err
	}
	b, err := c.op.eng.load(c.op.ctx, ref)
	if err != nil {
		return property.Map{}, refError(name, err)
	}
	snap, err := deserialize(c.op.ctx, b.deployment, secretsProvider{c.op.eng, c.op.req.Secrets})
	if err != nil {
		return property.Map{}, refError(name, err)
	}
	out := map[string]property.Value{}
	for _, r := range snap.Resources {
		if !r.Delete {
			out[string(r.URN)] = property.New(map[string]property.Value{
				"type":    property.New(string(r.Type)),
				"outputs": property.New(resource.FromResourcePropertyMap(r.Outputs)),
			})
		}
	}
	return property.NewMap(out), nil
}

func refError(name string, err error) error {
	if gitops.KindOf(err) == gitops.NotFound {
		return gitops.Errorf(gitops.NotFound, "unknown stack %q", name)
	}
	return gitops.Errorf(gitops.KindOf(err), "read the outputs of stack %q: %w", name, err)
}

// parse reads the name of a stack reference: "organization/project/stack",
// "project/stack", or "stack" for the same project.
func (c backendClient) parse(name string) (gitops.StackRef, error) {
	return parseReference(name, c.op.req.Ref.Project)
}

func parseReference(name, project string) (gitops.StackRef, error) {
	parts := strings.Split(name, "/")
	for _, p := range parts {
		if p == "" {
			parts = nil
		}
	}
	switch {
	case len(parts) == 1:
		return gitops.StackRef{Project: project, Stack: parts[0]}, nil
	case len(parts) == 2 && parts[0] != organization:
		return gitops.StackRef{Project: parts[0], Stack: parts[1]}, nil
	case len(parts) == 2:
		return gitops.StackRef{Project: project, Stack: parts[1]}, nil
	case len(parts) == 3 && parts[0] == organization:
		return gitops.StackRef{Project: parts[1], Stack: parts[2]}, nil
	}
	return gitops.StackRef{}, gitops.Errorf(gitops.Invalid,
		"stack reference %q is not of the form %s/<project>/<stack>", name, organization)
}

// outputs reads the outputs of a stack's last deployment.
func (e *Engine) outputs(ctx context.Context, ref gitops.StackRef, p secrets.Provider) (_ resource.PropertyMap, err error) {
	defer damaged(&err)
	b, err := e.load(ctx, ref)
	if err != nil {
		return nil, err
	}
	return stack.DeserializeStackOutputs(ctx, *b.deployment.Deployment, p)
}
