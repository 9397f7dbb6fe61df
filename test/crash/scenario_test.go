//go:build unix

package crash

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// thing is a resource of a program.
type thing struct {
	name, value string
	// key, when it changes, replaces the thing.
	key string
	// of is the thing whose value goes in front of this one's.
	of string
	// deleteFirst deletes the old one before a replacement is created.
	deleteFirst bool
}

// programs are what is deployed, by name.
func programs(name string) []thing {
	return map[string][]thing{
		"made": {
			{name: "network", value: "10.0"},
			{name: "subnet", value: "1", of: "network"},
			{name: "server", value: "small", of: "subnet", key: "v1"},
			{name: "bucket", value: "logs", key: "v1", deleteFirst: true},
			{name: "queue", value: "jobs"},
			{name: "topic", value: "news"},
		},
		"changed": {
			{name: "network", value: "10.0"},
			{name: "subnet", value: "2", of: "network"},
			{name: "server", value: "large", of: "subnet", key: "v2"},
			{name: "bucket", value: "logs", key: "v2", deleteFirst: true},
			{name: "topic", value: "news"},
			{name: "alarm", value: "loud"},
		},
	}[name]
}

// run is the program as the engine sees it.
func run(things []thing) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made := map[string]*enginetest.Thing{}
		for _, t := range things {
			inputs := pulumi.Map{"value": pulumi.String(t.value)}
			if t.of != "" {
				inputs["value"] = pulumi.Sprintf("%s.%s", made[t.of].Value, t.value)
			}
			if t.key != "" {
				inputs["key"] = pulumi.String(t.key)
			}
			var err error
			if made[t.name], err = enginetest.NewThing(ctx, t.name, inputs, pulumi.DeleteBeforeReplace(t.deleteFirst)); err != nil {
				return err
			}
		}
		return nil
	}
}

// goal is what a program wants to exist: properties by name.
func goal(things []thing) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, t := range things {
		p := map[string]string{"value": t.value}
		if t.of != "" {
			p["value"] = out[t.of]["value"] + "." + t.value
		}
		if t.key != "" {
			p["key"] = t.key
		}
		out[t.name] = p
	}
	return out
}

// scenario is a command on a stack in some state.
type scenario struct {
	name      string
	operation gitops.Operation
	// from and to name the programs that are deployed before and after; "" is
	// nothing.
	from, to string
	// calls are where points are.
	calls []point
}

// scenarios are all of them.
func scenarios() []scenario {
	return []scenario{
		{"create", gitops.Update, "", "made", calls(
			"lease", 1, "load", 1, "begin", 1, "append", 1, "append", 5, "append", 8, "renew", 1, "commit", 1, "release", 1,
			"check", 1, "create", 1, "create", 3, "create", 6)},
		{"change", gitops.Update, "made", "changed", calls(
			"lease", 1, "load", 1, "begin", 1, "append", 1, "append", 3, "append", 6, "renew", 1, "commit", 1, "release", 1,
			"check", 2, "diff", 1, "update", 1, "create", 1, "create", 3, "delete", 1, "delete", 3)},
		{"refresh", gitops.Refresh, "made", "made", calls(
			"load", 1, "begin", 1, "commit", 1, "release", 1, "read", 1, "read", 4)},
		{"destroy", gitops.Destroy, "made", "", calls(
			"load", 1, "begin", 1, "append", 1, "append", 4, "commit", 1, "release", 1, "delete", 1, "delete", 5)},
	}
}

// calls makes points before calls from pairs of a name and a number.
func calls(pairs ...any) []point {
	var out []point
	for i := 0; i < len(pairs); i += 2 {
		out = append(out, point{Call: pairs[i].(string), N: pairs[i+1].(int)})
	}
	return out
}
