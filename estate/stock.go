package estate

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// readFiles reads environment and settings from the environment file.
func readFiles(ctx *pulumi.Context, d *definition, environment string) (*running, map[string]settings.Value, error) {
	return nil, nil, fmt.Errorf("environment %s of stack %q is not configured", environment, d.name)
}
