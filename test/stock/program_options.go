package stock

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// previewAndUp is what most programs want.
func previewAndUp(run pulumi.RunFunc) []Step { return []Step{Preview(run), Up(run)} }

// then joins steps.
func then(parts ...any) []Step {
	var out []Step
	for _, p := range parts {
		switch p := p.(type) {
		case Step:
			out = append(out, p)
		case []Step:
			out = append(out, p...)
		case func(*pulumi.Context) error:
			out = append(out, previewAndUp(p)...)
		case pulumi.RunFunc:
			out = append(out, previewAndUp(p)...)
		default:
			panic("not a step") // a mistake in the catalog
		}
	}
	return out
}

func component(name string, children ...string) pulumi.RunFunc {
	return program(func(b *build) {
		g := b.group(name)
		for _, c := range children {
			b.thing(c, m{"value": s("1")}, pulumi.Parent(g))
		}
		b.note(b.RegisterResourceOutputs(g, m{"children": pulumi.Int(len(children))}))
	})
}

func dependents(aKey string, dbr bool) pulumi.RunFunc {
	return program(func(b *build) {
		a := b.thing("a", m{"key": s(aKey), "dbr": pulumi.Bool(dbr)})
		c := b.thing("c", m{"value": s("1")}, pulumi.DependsOn([]pulumi.Resource{a}))
		b.thing("d", m{"key": a.Arn}, pulumi.DependsOn([]pulumi.Resource{c}))
	})
}

var options = []Program{
	{Theme: "lifecycle", Name: "create, update, nothing, destroy, remove", Steps: then(
		one("a", m{"value": s("1")}), State(), one("a", m{"value": s("2")}), Up(one("a", m{"value": s("2")})),
		Outputs(), History(10, 1), Info(), Refresh(), PreviewDestroy(), Destroy(), State(), Remove(),
	)},
	{Theme: "lifecycle", Name: "empty program", Steps: then(pulumi.RunFunc(empty), State(), Outputs(), Up(empty), Destroy(), Remove())},
	{Theme: "lifecycle", Name: "add and delete resources", Steps: then(
		several("1", "a", "b"), several("1", "b", "c"), State(), several("2", "b", "c", "d"), pulumi.RunFunc(empty), State(),
	)},
	{Theme: "lifecycle", Name: "chain of dependents", Steps: then(chain("1", "a", "b", "c"), chain("2", "a", "b", "c"), State(), PreviewDestroy(), Destroy())},
	{Theme: "components", Name: "component with children", Steps: then(component("g", "a", "b"), component("g", "b", "c"), State(), Destroy())},
	{Theme: "components", Name: "parent changes", Steps: then(
		component("g", "a"), component("h", "a"), State(),
		program(func(b *build) {
			h := b.group("h")
			b.thing("a", m{"value": s("1")}, pulumi.Parent(b.group("inner", pulumi.Parent(h))),
				pulumi.Aliases([]pulumi.Alias{{Parent: h}}))
		}), State(),
	)},
	{Theme: "components", Name: "aliases by name, type and parent", Steps: then(
		one("old", m{"value": s("1")}),
		one("new", m{"value": s("1")}, pulumi.Aliases([]pulumi.Alias{{Name: s("old")}})), State(),
		program(func(b *build) {
			b.thing("new", m{"value": s("1")}, pulumi.Parent(b.group("g")), pulumi.Aliases([]pulumi.Alias{{NoParent: pulumi.Bool(true)}}))
		}), State(),
		one("new", m{"value": s("2")}, pulumi.Aliases([]pulumi.Alias{{URN: pulumi.URN("urn:pulumi:dev::shop::my:index:Group$test:index:Thing::new")}})),
		State(),
	)},
	{Theme: "replace", Name: "replace on a changed key", Steps: then(
		dependents("1", false), dependents("2", false), State(), Destroy(),
	)},
	{Theme: "replace", Name: "delete before replace of the provider", Steps: then(dependents("1", true), dependents("2", true), State())},
	{Theme: "replace", Name: "delete before replace by option", Steps: then(
		one("a", m{"key": s("1")}, pulumi.DeleteBeforeReplace(true)), one("a", m{"key": s("2")}, pulumi.DeleteBeforeReplace(true)), State(),
	)},
	{Theme: "replace", Name: "replaceOnChanges", Steps: then(
		one("a", m{"value": s("1")}, pulumi.ReplaceOnChanges([]string{"value"})),
		one("a", m{"value": s("2")}, pulumi.ReplaceOnChanges([]string{"value"})), State(),
	)},
	{Theme: "replace", Name: "replacement trigger", Steps: then(
		one("a", m{"value": s("1")}, pulumi.ReplacementTrigger(s("x"))),
		one("a", m{"value": s("1")}, pulumi.ReplacementTrigger(s("y"))), State(),
	)},
	{Theme: "replace", Name: "replaceWith", Steps: then(
		program(func(b *build) {
			a := b.thing("a", m{"key": s("1")})
			b.thing("b", m{"value": s("1")}, pulumi.ReplaceWith([]pulumi.Resource{a}))
		}),
		program(func(b *build) {
			a := b.thing("a", m{"key": s("2")})
			b.thing("b", m{"value": s("1")}, pulumi.ReplaceWith([]pulumi.Resource{a}))
		}), State(),
	)},
	{Theme: "options", Name: "protect", Steps: then(
		one("a", m{"value": s("1"), "key": s("1")}, pulumi.Protect(true)),
		one("a", m{"value": s("1"), "key": s("2")}, pulumi.Protect(true)), pulumi.RunFunc(empty), Destroy(), State(),
		one("a", m{"value": s("1"), "key": s("1")}), Destroy(), State(),
	)},
	{Theme: "options", Name: "ignoreChanges", Steps: then(
		one("a", m{"value": s("1"), "tags": m{"x": s("1"), "y": s("1")}}, pulumi.IgnoreChanges([]string{"value", "tags.x"})),
		one("a", m{"value": s("2"), "tags": m{"x": s("2"), "y": s("1")}}, pulumi.IgnoreChanges([]string{"value", "tags.x"})),
		one("a", m{"value": s("2"), "tags": m{"x": s("2"), "y": s("2")}}, pulumi.IgnoreChanges([]string{"value", "tags.x"})), State(),
	)},
	{Theme: "options", Name: "hideDiffs", Steps: then(
		one("a", m{"value": s("1")}, pulumi.HideDiffs([]string{"value"})), one("a", m{"value": s("2")}, pulumi.HideDiffs([]string{"value"})), State(),
	)},
	{Theme: "options", Name: "dependsOn", Steps: then(dependents("1", false), State(), pulumi.RunFunc(empty))},
	{Theme: "options", Name: "retainOnDelete", Steps: then(
		one("a", m{"value": s("1")}, pulumi.RetainOnDelete(true)), pulumi.RunFunc(empty), State(),
		one("a", m{"value": s("1")}, pulumi.RetainOnDelete(true)), Destroy(), State(),
	)},
	{Theme: "options", Name: "deletedWith", Steps: then(
		program(func(b *build) {
			a := b.thing("a", m{"value": s("1")})
			b.thing("b", m{"value": s("1")}, pulumi.DeletedWith(a))
		}), State(), PreviewDestroy(), Destroy(), State(),
	)},
	{Theme: "options", Name: "custom timeouts", Steps: then(
		one("a", m{"value": s("1")}, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "1m", Update: "2m", Delete: "1h"})),
		one("a", m{"value": s("2")}, pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "1m", Update: "2m", Delete: "1h"})), State(), Destroy(),
	)},
	{Theme: "options", Name: "import option", Steps: then(
		Put("found", map[string]any{"value": "1"}),
		one("a", m{"value": s("1")}, pulumi.Import(pulumi.ID("found"))), State(), one("a", m{"value": s("2")}), State(),
	)},
	{Theme: "options", Name: "import option that does not fit", Steps: then(
		Put("found", map[string]any{"value": "1"}),
		one("a", m{"value": s("2")}, pulumi.Import(pulumi.ID("found"))),
		one("a", m{"value": s("1")}, pulumi.Import(pulumi.ID("missing"))), State(),
	)},
	{Theme: "options", Name: "read of an existing resource", Steps: then(
		Put("found", map[string]any{"value": "here"}),
		program(func(b *build) {
			t := &thing{}
			b.note(b.ReadResource("test:index:Thing", "seen", pulumi.ID("found"), nil, t))
			b.Export("value", t.Value)
		}), State(), Destroy(), State(),
	)},
	{Theme: "options", Name: "duplicate URN", Steps: then(
		program(func(b *build) {
			first := b.thing("a", m{"value": s("1")})
			b.thing("a", m{"value": s("2")}, pulumi.DependsOn([]pulumi.Resource{first}))
		}), State(),
	)},
}
