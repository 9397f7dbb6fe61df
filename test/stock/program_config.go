package stock

import (
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// path sets a setting by its path.
func path(key, value string, secret bool) Step {
	return Call("config set --path "+key, func(w *World, s *auto.Stack) (any, error) {
		return nil, s.SetConfigWithOptions(w.Context(), key, auto.ConfigValue{Value: value, Secret: secret}, &auto.ConfigOptions{Path: true})
	})
}

// get reads one setting.
func get(key string, byPath bool) Step {
	return Call("config get "+key, func(w *World, s *auto.Stack) (any, error) {
		return s.GetConfigWithOptions(w.Context(), key, &auto.ConfigOptions{Path: byPath})
	})
}

// file notes the stack's file, ciphertexts blanked.
func file(name string) Step {
	return Step{"file " + name, func(w *World, o *Observation) {
		b, err := os.ReadFile(filepath.Join(w.dir, name))
		if err != nil {
			o.note("file", "cannot be read")
			return
		}
		o.note("file", saltPattern.ReplaceAllString(string(b), "encryptionsalt: SALT"))
	}}
}

// telling exports what the program reads from its settings.
func telling(keys ...string) pulumi.RunFunc {
	return program(func(b *build) {
		for _, k := range keys {
			v, ok := b.GetConfig(k)
			b.Export(k, m{"value": s(v), "there": pulumi.Bool(ok), "secret": pulumi.Bool(b.IsConfigSecret(k))})
		}
	})
}

func kindOf(text string) *string { return &text }

var settings = []Program{
	{Theme: "config", Name: "plain, secret, namespaced", Steps: then(
		Set("plain", "x", false), Set("other:key", "y", false), Set("secret", "hush", true), Set("number", "007", false),
		Set("empty", "", false), Set("dash", "-v", false), Set("lines", "one\ntwo: three\n", false), Set("bool", "true", false),
		Settings(), get("plain", false), get("secret", false), get("shop:plain", false), get("other:key", false), get("absent", false),
		Up(telling("shop:plain", "other:key", "shop:secret", "shop:number", "shop:empty", "shop:lines", "shop:bool")), Outputs(),
		file("Pulumi.dev.yaml"),
	)},
	{Theme: "config", Name: "paths and objects", Steps: then(
		path("o.list[0]", "a", false), path("o.list[1]", "b", false), path("o.deep.secret", "hush", true), path("o.number", "5", false),
		path("o.flag", "true", false), path(`o["with.dot"]`, "x", false), path("o.list[5]", "far", false),
		Settings(), get("o", false), get("o.list[1]", true), get("o.deep.secret", true), get("o.deep.absent", true),
		Up(telling("shop:o")), Outputs(),
		Call("config rm --path", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.RemoveConfigWithOptions(w.Context(), "o.list[0]", &auto.ConfigOptions{Path: true})
		}), Settings(), file("Pulumi.dev.yaml"),
	)},
	{Theme: "config", Name: "set all, remove all", Steps: then(
		Call("config set-all", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.SetAllConfig(w.Context(), auto.ConfigMap{
				"a": {Value: "1"}, "b": {Value: "hush", Secret: true}, "ns:c": {Value: "x=y"}, "d": {Value: `{"j":[1,2]}`},
			})
		}), Settings(),
		Call("config set-all --path", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.SetAllConfigWithOptions(w.Context(), auto.ConfigMap{
				"e.f": {Value: "1"}, "e.g": {Value: "hush", Secret: true},
			}, &auto.ConfigOptions{Path: true})
		}), Settings(),
		Call("config rm-all", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.RemoveAllConfig(w.Context(), []string{"a", "ns:c", "absent"})
		}), Settings(), file("Pulumi.dev.yaml"),
	)},
	{Theme: "config", Name: "set all as JSON", Steps: then(
		Call("config set-all --json", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.SetAllConfigJson(w.Context(), `{"shop:plain":{"value":"x","secret":false},
				"shop:o":{"value":"{\"a\":[1,{\"b\":true}]}","objectValue":{"a":[1,{"b":true}]},"secret":false},
				"shop:s":{"value":"hush","secret":true}}`, nil)
		}), Settings(), get("o.a[1].b", true), Up(telling("shop:o", "shop:plain", "shop:s")), Outputs(), file("Pulumi.dev.yaml"),
	)},
	{Theme: "config", Name: "another file", Steps: then(
		Call("config set --config-file", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.SetConfigWithOptions(w.Context(), "key", auto.ConfigValue{Value: "from file"}, &auto.ConfigOptions{ConfigFile: filepath.Join(w.dir, "other.yaml")})
		}),
		Call("config get --config-file", func(w *World, s *auto.Stack) (any, error) {
			return s.GetConfigWithOptions(w.Context(), "key", &auto.ConfigOptions{ConfigFile: filepath.Join(w.dir, "other.yaml")})
		}), Settings(), file("other.yaml"),
		Step{"up --config-file", func(w *World, o *Observation) {
			Up(telling("shop:key"), optup.ConfigFile(filepath.Join(w.dir, "other.yaml"))).Do(w, o)
		}},
	)},
	{Theme: "config", Name: "typed in the project", Project: func(p *workspace.Project) {
		p.Config = map[string]workspace.ProjectConfigType{
			"shop:size":  {Type: kindOf("integer"), Default: 3},
			"shop:name":  {Type: kindOf("string"), Description: "a name"},
			"shop:list":  {Type: kindOf("array"), Items: &workspace.ProjectConfigItemsType{Type: "string"}, Default: []any{"x", "y"}},
			"shop:key":   {Type: kindOf("string"), Secret: true, Default: "hush"},
			"other:free": {Value: "given"},
		}
	}, Steps: then(
		Preview(telling("shop:size")), Set("name", "n", false),
		Up(telling("shop:size", "shop:name", "shop:list", "shop:key", "other:free")), Outputs(), Settings(),
		Set("size", "many", false), Up(telling("shop:size")), Set("size", "5", false), Up(telling("shop:size")), file("Pulumi.dev.yaml"),
	)},
	{Theme: "config", Name: "required by the program", Steps: then(
		program(func(b *build) {
			b.settled(b.thing("a", m{"value": s("1")}))
			b.Export("x", s(config.Require(b.Context, "shop:needed")))
		}),
		program(func(b *build) {
			b.settled(b.thing("a", m{"value": s("1")}))
			_, err := config.Try(b.Context, "shop:needed")
			b.note(err)
		}),
	)},
	{Theme: "config", Name: "wrong passphrase", Steps: then(
		Set("secret", "hush", true), vault("hush"),
		Step{"change the passphrase", func(w *World, _ *Observation) {
			w.env["PULUMI_CONFIG_PASSPHRASE"] = "close sesame"
			delete(w.open, "dev")
		}},
		Settings(), Preview(vault("hush")), Up(vault("hush")), Outputs(), Export(""), Set("another", "x", true), Set("plain", "x", false),
	)},
	{Theme: "config", Name: "no passphrase", Steps: then(
		Step{"take the passphrase away", func(w *World, _ *Observation) { delete(w.env, "PULUMI_CONFIG_PASSPHRASE") }},
		Up(one("a", m{"value": s("1")})),
	)},
	{Theme: "config", Name: "project options.refresh", Project: func(p *workspace.Project) {
		p.Options = &workspace.ProjectOptions{Refresh: "always"}
	}, Steps: then(
		Up(one("a", m{"value": s("1")})), Touch("a-1", "value", "9"), Preview(one("a", m{"value": s("1")})), Up(one("a", m{"value": s("1")})),
		Touch("a-1", "value", "9"), Destroy(),
	)},
	{Theme: "config", Name: "required Pulumi version", Project: func(p *workspace.Project) {
		p.RequiredPulumiVersion = ">=4.0.0"
	}, Steps: then(one("a", m{"value": s("1")}), Refresh(), Destroy())},
	{Theme: "config", Name: "project description and tags", Project: func(p *workspace.Project) {
		p.Description = kindOf("a shop")
	}, Steps: then(
		one("a", m{"value": s("1")}),
		Call("tag set", func(w *World, s *auto.Stack) (any, error) { return nil, s.SetTag(w.Context(), "team", "one") }),
		Call("tag get", func(w *World, s *auto.Stack) (any, error) { return s.GetTag(w.Context(), "team") }),
		Call("tag get absent", func(w *World, s *auto.Stack) (any, error) { return s.GetTag(w.Context(), "absent") }),
		Call("tag ls", func(w *World, s *auto.Stack) (any, error) { return s.ListTags(w.Context()) }),
		Call("tag rm", func(w *World, s *auto.Stack) (any, error) { return nil, s.RemoveTag(w.Context(), "team") }),
		Call("tag ls again", func(w *World, s *auto.Stack) (any, error) { return s.ListTags(w.Context()) }),
	)},
	{Theme: "config", Name: "autonaming pattern", Steps: then(
		path("pulumi:autonaming.pattern", "${project}-${stack}-${name}", false), named("n"), State(), named("n"),
		path("pulumi:autonaming.pattern", "${name}-again", false), named("n"), named("m"), State(),
	)},
	{Theme: "config", Name: "autonaming mode", Steps: then(
		path("pulumi:autonaming.mode", "verbatim", false), named("n"), State(),
		path("pulumi:autonaming.mode", "disabled", false), named("m"), path("pulumi:autonaming.mode", "silly", false), named("m"),
	)},
}
