package automation

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// project is a Pulumi.yaml. Nothing of it is cached: programs rewrite it.
type project struct {
	*workspace.Project
	root string // its directory
	ext  string // of the file; stack files have the same
}

// loadProject finds the project of a directory, as the CLI does from its
// working directory.
func loadProject(dir string) (*project, error) {
	path, err := workspace.DetectProjectPathFrom(dir)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "%w", err)
	}
	p, err := workspace.LoadProject(path)
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "%w", err)
	}
	return &project{Project: p, root: filepath.Dir(path), ext: filepath.Ext(path)}, nil
}

// checkVersion tells whether the engine is in the range that the project asks
// for.
func checkVersion(want string, have semver.Version) error {
	if want == "" {
		return nil
	}
	in, err := semver.ParseRange(want)
	if err != nil {
		return usage("requiredPulumiVersion %q of Pulumi.yaml is not a version range: %v", want, err)
	}
	if !in(have) {
		return gitops.Errorf(gitops.Failed, "Pulumi CLI version %s does not satisfy the version range %q", have, want)
	}
	return nil
}

// alwaysRefresh is options.refresh of Pulumi.yaml.
func (p *project) alwaysRefresh() bool {
	return p.Options != nil && p.Options.Refresh == "always"
}

// stackFile is where the settings of a stack are.
func (p *project) stackFile(ref gitops.StackRef) string {
	return filepath.Join(p.root, p.StackConfigDir, "Pulumi."+ref.Stack+p.ext)
}

// parseRef reads a stack name in the forms of the local backends: name,
// organization/name, organization/project/name. project is used when the name
// has none; it may be "".
func parseRef(name, project string) (gitops.StackRef, error) {
	parts := strings.Split(name, "/")
	if len(parts) > 3 {
		return gitops.StackRef{}, usage("stack name %q has more than three parts", name)
	}
	if len(parts) > 1 && parts[0] != "organization" {
		return gitops.StackRef{}, usage("stack name %q: organization name must be 'organization'", name)
	}
	ref := gitops.StackRef{Project: project, Stack: parts[len(parts)-1]}
	if len(parts) == 3 {
		ref.Project = parts[1]
	}
	if ref.Project == "" {
		return ref, usage("stack name %q needs a project: write organization/<project>/<stack>", name)
	}
	if err := tokens.ValidateProjectName(ref.Project); err != nil {
		return ref, usage("stack name %q: %v", name, err)
	}
	if _, err := tokens.ParseStackName(ref.Stack); err != nil {
		return ref, usage("%v", err)
	}
	if strings.Trim(ref.Stack, ".") == "" { // would name no file or the wrong one
		return ref, usage("stack name %q is only dots", name)
	}
	return ref, nil
}

// qualified is the long form of a stack's name.
func qualified(ref gitops.StackRef) string {
	return fmt.Sprintf("organization/%s/%s", ref.Project, ref.Stack)
}
