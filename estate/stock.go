package estate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

// readFiles is how the program learns its settings under the stock Pulumi CLI:
// from environments/<env>.yaml next to Pulumi.yaml. Pulumi's own configuration
// wins, and is the only source of secrets, because only trunkline can read
// those of the file.
func readFiles(ctx *pulumi.Context, d *definition, environment string) (*running, map[string]settings.Value, error) {
	name := "environments/" + environment + ".yaml"
	data, err := os.ReadFile(filepath.Join(ctx.RootDirectory(), filepath.FromSlash(name)))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("stack %q: there is no environment %q: no file %s next to Pulumi.yaml", ctx.Stack(), environment, name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("stack %q: %w", ctx.Stack(), err)
	}
	env, err := environments.Parse(name, data)
	if err != nil {
		return nil, nil, err
	}
	if env.Cloud.Provider == "sandbox" {
		return nil, nil, fmt.Errorf("%s: environment %q lives in the sandbox, which only trunkline has; run trunkline up -e %s -s %s, or set cloud.provider to aws",
			name, environment, environment, d.name)
	}
	stack, ok := env.Stacks[d.name]
	if !ok {
		return nil, nil, fmt.Errorf("%s: environment %q has no stack %q; %s", name, environment, d.name,
			settings.DidYouMean(d.name, env.StackNames()))
	}
	values, err := withConfig(ctx, d, stack.Values)
	if err != nil {
		return nil, nil, err
	}
	return &running{def: d, at: stack.Pos, env: Environment{
		Name: env.Name, Region: env.Cloud.Region, Account: env.Cloud.Account, Provider: env.Cloud.Provider,
		Protect: env.Deploy.Protect, Tags: env.Tags,
	}}, values, nil
}

// withConfig lays Pulumi's configuration over the values of the file and
// refuses ciphertexts that remain.
func withConfig(ctx *pulumi.Context, d *definition, file map[string]settings.Value) (map[string]settings.Value, error) {
	config := settings.FromConfig(d.settings, func(key string) (string, bool) {
		return ctx.GetConfig(ctx.Project() + ":" + key)
	})
	var problems []settings.Problem
	values := map[string]settings.Value{}
	for key, v := range file {
		values[key] = v
		if _, replaced := config[key]; !replaced && hasSecret(v) {
			problems = append(problems, settings.Problem{Pos: v.Pos, Path: d.name + "." + key,
				What: "is encrypted for trunkline", Hint: "under the Pulumi CLI run: pulumi config set --secret " + key})
		}
	}
	for key, v := range config {
		values[key] = v
	}
	return values, settings.ErrorOf(problems)
}

func hasSecret(v settings.Value) bool {
	if v.Kind == settings.SecretValue {
		return true
	}
	for _, e := range v.List {
		if hasSecret(e) {
			return true
		}
	}
	for _, e := range v.Map {
		if hasSecret(e) {
			return true
		}
	}
	return false
}
