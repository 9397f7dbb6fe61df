package stock

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/trunkline-dev/trunkline/test/stock/cloud"
)

func secret(v string) pulumi.StringOutput { return pulumi.ToSecret(s(v)).(pulumi.StringOutput) }

func vault(value string) pulumi.RunFunc {
	return program(func(b *build) {
		v := b.custom(cloud.Vault, "v", m{"value": secret(value)})
		b.thing("user", m{"token": v.Token, "value": s("plain")})
		b.Export("value", v.Value)
		b.Export("token", v.Token)
		b.Export("arn", v.Arn)
	})
}

func assets(text string) pulumi.RunFunc {
	return program(func(b *build) {
		b.thing("asset", m{"file": pulumi.NewStringAsset(text)})
		b.thing("archive", m{"zip": pulumi.NewAssetArchive(map[string]any{
			"a.txt": pulumi.NewStringAsset(text), "b": pulumi.NewAssetArchive(map[string]any{"c.txt": pulumi.NewStringAsset("c")}),
		})})
	})
}

var values = []Program{
	{Theme: "secrets", Name: "secret inputs and outputs", Steps: then(vault("hush"), Outputs(), State(), vault("hush"), vault("louder"), State(), Refresh(), Destroy())},
	{Theme: "secrets", Name: "additionalSecretOutputs", Steps: then(
		one("a", m{"value": s("hush")}, pulumi.AdditionalSecretOutputs([]string{"value"})), Outputs(), State(),
	)},
	{Theme: "secrets", Name: "secret settings", Steps: then(
		Set("password", "hush", true), Set("size", "3", false), Settings(),
		program(func(b *build) {
			c := config.New(b.Context, "")
			b.thing("a", m{"value": c.RequireSecret("password"), "size": pulumi.Int(c.RequireInt("size"))})
			b.Export("password", c.RequireSecret("password"))
		}), Outputs(), State(), History(1, 1),
	)},
	{Theme: "values", Name: "unknowns in a preview", Steps: then(
		Preview(program(func(b *build) {
			a := b.thing("a", m{"value": s("1")})
			b.thing("b", m{"value": a.Arn, "list": pulumi.Array{a.Arn, s("x")}, "nested": m{"arn": a.Arn, "known": s("y")}})
			b.Export("arn", a.Arn)
			b.Export("text", pulumi.Sprintf("<%s>", a.Arn))
			b.Export("id", a.ID())
		})),
	)},
	{Theme: "values", Name: "stack outputs of all kinds", Steps: then(
		program(func(b *build) {
			a := b.thing("a", m{"value": s("1")})
			b.Export("string", s("x"))
			b.Export("number", pulumi.Float64(1.5))
			b.Export("big", pulumi.Int(9007199254740991))
			b.Export("bool", pulumi.Bool(true))
			b.Export("list", pulumi.Array{s("x"), pulumi.Int(1), a.Arn})
			b.Export("nested", m{"a": m{"b": secret("hush")}, "c": s("plain")})
			b.Export("secret", secret("hush"))
			b.Export("secretlist", pulumi.ToSecret(pulumi.Array{s("x")}))
			b.Export("empty", m{})
			b.Export("text", s("line one\nline two \"quoted\" <html> ünïcode"))
		}), Outputs(), State(),
		program(func(b *build) { b.Export("string", s("y")); b.Export("added", s("z")) }), Outputs(), State(),
	)},
	{Theme: "values", Name: "inputs of all kinds", Steps: then(
		one("a", m{"int": pulumi.Int(1), "float": pulumi.Float64(1.25), "bool": pulumi.Bool(false), "list": pulumi.Array{s("a"), s("b")},
			"map": m{"x": m{"y": s("z")}}, "empty": s(""), "null": nil, "value": s("line\nbreak")}),
		one("a", m{"int": pulumi.Int(2), "float": pulumi.Float64(1.25), "list": pulumi.Array{s("b")}, "map": m{"x": m{"y": s("w")}}, "value": s("line\nbroken")}),
		State(),
	)},
	{Theme: "values", Name: "assets and archives", Steps: then(assets("one"), assets("one"), assets("two"), State())},
	{Theme: "values", Name: "stack references", Steps: []Step{
		On("base", Up(program(func(b *build) {
			b.Export("plain", s("from base"))
			b.Export("secret", secret("hush"))
			b.Export("nested", m{"x": pulumi.Array{pulumi.Int(1)}})
		}))),
		Preview(referring("organization/shop/base")), Up(referring("organization/shop/base")), Outputs(), State(),
		Up(referring("organization/shop/nowhere")), Up(referring("base")), Destroy(),
	}},
	{Theme: "values", Name: "autonaming of the provider", Steps: then(named("n"), named("n"), named("n", pulumi.DeleteBeforeReplace(true)))},
}

func referring(stack string) pulumi.RunFunc {
	return program(func(b *build) {
		r, err := pulumi.NewStackReference(b.Context, stack, nil)
		if err != nil {
			b.note(err)
			return
		}
		b.thing("user", m{"value": r.GetStringOutput(s("plain"))})
		b.Export("plain", r.GetOutput(s("plain")))
		b.Export("secret", r.GetOutput(s("secret")))
		b.Export("nested", r.GetOutput(s("nested")))
		b.Export("absent", r.GetOutput(s("absent")))
	})
}

// named is a program whose resource takes its name from Pulumi. The name is
// random, so that only how it is given is compared.
func named(name string, opts ...pulumi.ResourceOption) pulumi.RunFunc {
	return program(func(b *build) { b.custom(cloud.Named, name, m{"value": s("1")}, opts...) })
}
