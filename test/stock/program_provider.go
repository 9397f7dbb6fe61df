package stock

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// elsewhere is a program with an explicit provider.
func elsewhere(account, region string) pulumi.RunFunc {
	return program(func(b *build) {
		p := b.provider("p", m{"account": s(account), "region": s(region)})
		b.thing("a", m{"value": s("1")}, pulumi.Provider(p))
		b.thing("default", m{"value": s("1")})
		g := b.group("g", pulumi.Providers(p))
		b.thing("child", m{"value": s("1")}, pulumi.Parent(g))
	})
}

var providers = []Program{
	{Theme: "providers", Name: "explicit providers", Steps: then(elsewhere("1", "north"), State(), Up(elsewhere("1", "north")), Refresh(), Destroy())},
	{Theme: "providers", Name: "provider update and replacement", Steps: then(
		elsewhere("1", "north"), elsewhere("1", "south"), State(), elsewhere("2", "south"), State(), Destroy(),
	)},
	{Theme: "providers", Name: "refused provider configuration", Steps: then(
		program(func(b *build) {
			b.thing("a", m{"value": s("1")}, pulumi.Provider(b.provider("p", m{"region": s("bad")})))
		}), State(),
	)},
	{Theme: "providers", Name: "another provider for a resource", Steps: then(
		program(func(b *build) {
			b.thing("a", m{"value": s("1")}, pulumi.Provider(b.provider("p", m{"account": s("1")})))
		}),
		program(func(b *build) {
			b.thing("a", m{"value": s("1")}, pulumi.Provider(b.provider("q", m{"account": s("1")})))
		}), State(),
	)},
	{Theme: "providers", Name: "configuration of the default provider", Steps: then(
		Set("test:region", "north", false), Set("test:token", "hush", true), one("a", m{"value": s("1")}), State(),
		Set("test:region", "south", false), one("a", m{"value": s("1")}), Set("test:account", "2", false), one("a", m{"value": s("1")}), State(),
	)},
	{Theme: "providers", Name: "version of a provider", Steps: then(
		one("a", m{"value": s("1")}, pulumi.Version("1.0.0")), State(), one("a", m{"value": s("1")}, pulumi.Version("1.0.1")), State(),
	)},
	{Theme: "providers", Name: "secret provider inputs", Steps: then(
		program(func(b *build) {
			b.thing("a", m{"value": s("1")}, pulumi.Provider(b.provider("p", m{"account": secret("hush")})))
		}), State(),
	)},
	{Theme: "providers", Name: "missing provider", Steps: then(
		program(func(b *build) {
			var t thing
			b.note(b.RegisterResource("absent:index:Thing", "a", m{}, &t))
		}), State(),
	)},
}
