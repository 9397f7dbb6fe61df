package estate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Environment is what a stack may know about where it runs.
type Environment struct {
	// Name is the name of the environment, such as "dev".
	Name string `json:"name"`
	// Region and Account are the cloud's, such as "eu-west-1" and
	// "123456789012".
	Region  string `json:"region"`
	Account string `json:"account"`
	// Provider is "aws" or "sandbox".
	Provider string `json:"provider"`
	// Commit is the full SHA of the commit that is being deployed, empty when
	// there is none.
	Commit string `json:"commit"`
	// Protect tells that the environment guards what cannot be made again.
	Protect bool `json:"protect"`
	// Tags are the tags that the environment asks for on everything.
	Tags map[string]string `json:"tags"`
}

// environmentKey is the configuration key under which the driver hands the
// environment to the program, whatever the name of the project.
const environmentKey = "trunkline:environment"

// reservedKey is the setting that environmentKey would collide with in a
// project called trunkline.
const reservedKey = "environment"

// stackName splits the Pulumi name "data.dev" into definition and environment.
func stackName(pulumiName string) (stack, environment string, err error) {
	i := strings.LastIndexByte(pulumiName, '.')
	if i <= 0 || i == len(pulumiName)-1 {
		return "", "", fmt.Errorf("stack name %q is not of the form <stack>.<environment>, such as data.dev", pulumiName)
	}
	return pulumiName[:i], pulumiName[i+1:], nil
}

// givenEnvironment returns the environment that the driver hands over; ok is
// false when there is none, as under the stock Pulumi CLI.
func givenEnvironment(ctx *pulumi.Context) (env Environment, ok bool, err error) {
	text, ok := ctx.GetConfig(environmentKey)
	if !ok {
		return Environment{}, false, nil
	}
	if err := json.Unmarshal([]byte(text), &env); err != nil {
		return Environment{}, false, fmt.Errorf("configuration %s is not an environment: %w", environmentKey, err)
	}
	return env, true, nil
}
