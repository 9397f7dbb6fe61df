package driver

import (
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// programDir is the estate program's directory when Pulumi.yaml names none.
const programDir = "stacks"

func loadProject(root string) (*workspace.Project, error) {
	path := filepath.Join(root, "Pulumi.yaml")
	proj, err := workspace.LoadProject(path)
	if err != nil {
		return nil, &gitops.Error{Kind: gitops.Invalid, What: "cannot read the project", Where: "Pulumi.yaml", Err: err,
			Next: "mend the file; git diff Pulumi.yaml shows what changed in it"}
	}
	return proj, nil
}

func projectName(root string) (string, error) {
	proj, err := loadProject(root)
	if err != nil {
		return "", err
	}
	return string(proj.Name), nil
}
