package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
	"github.com/trunkline-dev/trunkline/stacks/access"
	"github.com/trunkline-dev/trunkline/stacks/app"
	"github.com/trunkline-dev/trunkline/stacks/data"
	"github.com/trunkline-dev/trunkline/stacks/edge"
	"github.com/trunkline-dev/trunkline/stacks/network"
)

// load returns the environments of this repository.
func load(t *testing.T) []*environments.Environment {
	t.Helper()
	envs, err := environments.Load(os.DirFS(".."), "environments")
	if err != nil {
		t.Fatal(err)
	}
	if len(envs) < 3 {
		t.Fatalf("%d environments, want dev, staging and production at least", len(envs))
	}
	return envs
}

// environment is what every stack may know about where it runs.
func environment(env *environments.Environment) estatetest.Option {
	return estatetest.Env(estate.Environment{
		Name: env.Name, Region: env.Cloud.Region, Protect: env.Deploy.Protect, Tags: env.Tags,
	})
}

// settings is what the environment chooses for the stack.
func settings(env *environments.Environment, stack estate.AnyStack) estatetest.Option {
	values := estatetest.Settings{}
	for key, v := range env.Stacks[stack.Name()].Values {
		values[key] = v
	}
	return values
}

// stacks is the table of main.go; a stack comes after those that it needs.
var stacks = []estate.AnyStack{access.Stack, network.Stack, data.Stack, app.Stack, edge.Stack}

// The golden files are what a reviewer reads when a component changes: every
// resource of every stack in every environment, with its inputs.
func TestStacksDeployAsReviewed(t *testing.T) {
	t.Parallel()
	for _, env := range load(t) {
		for i, stack := range stacks {
			t.Run(env.Name+"/"+stack.Name(), func(t *testing.T) {
				t.Parallel()
				where := environment(env)
				for _, below := range stacks[:i] {
					where = estatetest.On(estatetest.Run(t, below, where, settings(env, below)))
				}
				r := estatetest.Run(t, stack, where, settings(env, stack))
				r.Settled()
				r.Golden()
			})
		}
	}
}

func TestTheKeyOfThePaymentServiceIsKeptAndNeverShown(t *testing.T) {
	t.Parallel()
	env := load(t)[0]
	where := environment(env)
	for _, below := range []estate.AnyStack{network.Stack, data.Stack} {
		where = estatetest.On(estatetest.Run(t, below, where, settings(env, below)))
	}
	const key = "pk-live-4711"
	values := settings(env, app.Stack).(estatetest.Settings)
	values["apiKey"] = estate.NewSecret(key)
	r := estatetest.Run(t, app.Stack, where, values)
	kept := r.Resources("aws:secretsmanager/secret:Secret")
	if len(kept) != 1 {
		t.Fatalf("%d secrets, want one", len(kept))
	}
	if tasks := fmt.Sprint(r.Resources("aws:ecs/taskDefinition:TaskDefinition")[0].Input("containerDefinitions")); !strings.Contains(tasks, "API_KEY") {
		t.Errorf("the service is not given the key: %s", tasks)
	}
	if strings.Contains(r.Tree(), key) {
		t.Error("the key stands in what a reviewer reads")
	}
}
