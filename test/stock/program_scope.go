package stock

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apart is a program whose things are registered one after another, so that
// failures and limits meet the same ones on every run.
func apart(value string, names ...string) pulumi.RunFunc {
	return program(func(b *build) {
		var before []pulumi.Resource
		for _, n := range names {
			t := b.thing(n, m{"value": s(value)}, pulumi.DependsOn(before))
			before = []pulumi.Resource{t}
		}
	})
}

var scopes = []Program{
	{Theme: "scope", Name: "targets", Steps: then(
		Preview(several("1", "a", "b"), optpreview.Target([]string{urn("a")})),
		Up(several("1", "a", "b"), optup.Target([]string{urn("a")})), State(), Up(several("1", "a", "b")),
		Up(several("2", "a", "b"), optup.Target([]string{urn("b")})), State(), Up(several("2", "a"), optup.Target([]string{urn("a")})), State(),
		Up(several("2", "a"), optup.Target([]string{urn("nowhere")})),
		Up(several("3", "a", "b"), optup.Target([]string{"**Thing::a"})),
	)},
	{Theme: "scope", Name: "target dependents", Steps: then(
		Up(chain("1", "a", "b", "c")),
		Preview(chain("2", "a", "b", "c"), optpreview.Target([]string{urn("b")}), optpreview.TargetDependents()),
		Up(chain("2", "a", "b", "c"), optup.Target([]string{urn("b")}), optup.TargetDependents()), State(),
		Destroy(optdestroy.Target([]string{urn("b")})), State(),
		Destroy(optdestroy.Target([]string{urn("b")}), optdestroy.TargetDependents()), State(),
	)},
	{Theme: "scope", Name: "excludes", Steps: then(
		Up(several("1", "a", "b", "c"), optup.Exclude([]string{urn("c")})), State(), Up(chain("1", "a", "b", "c")),
		Up(chain("2", "a", "b", "c"), optup.Exclude([]string{urn("b")}), optup.ExcludeDependents()), State(),
		PreviewDestroy(optdestroy.Exclude([]string{urn("a")})), Destroy(optdestroy.Exclude([]string{urn("a")})), State(),
	)},
	{Theme: "scope", Name: "target and exclude together", Steps: then(
		Up(several("1", "a", "b"), optup.Exclude([]string{urn("a")}), optup.Target([]string{urn("b")})),
		Up(several("1", "a"), optup.TargetDependents()), Up(several("1", "a"), optup.ExcludeDependents()),
	)},
	{Theme: "scope", Name: "replace targets", Steps: then(
		Up(chain("1", "a", "b")), Preview(chain("1", "a", "b"), optpreview.Replace([]string{urn("a")})),
		Up(chain("1", "a", "b"), optup.Replace([]string{urn("a")})), State(),
		Up(chain("1", "a", "b"), optup.Replace([]string{urn("nowhere")})),
	)},
	{Theme: "scope", Name: "destroy targets", Steps: then(
		Up(several("1", "a", "b")), PreviewDestroy(optdestroy.Target([]string{urn("a")})),
		Destroy(optdestroy.Target([]string{urn("a")})), State(), Destroy(), Destroy(), Remove(),
	)},
	{Theme: "scope", Name: "refresh targets", Steps: then(
		Up(several("1", "a", "b")), Touch("a-1", "value", "8"), Touch("b-1", "value", "9"),
		Refresh(optrefresh.Target([]string{urn("a")})), State(), Refresh(optrefresh.Exclude([]string{urn("a")})), State(),
	)},
	{Theme: "display", Name: "diff, message, agent, no outputs", Steps: then(
		Up(vault("hush"), optup.Diff(), optup.Message(`says "hello" to you`), optup.UserAgent("tests")), History(1, 1),
		Preview(vault("other"), optpreview.Diff(), optpreview.Message("why")), Up(vault("other"), optup.SuppressOutputs(), optup.SuppressProgress()),
		Preview(assets("x"), optpreview.Diff()), Up(assets("x"), optup.Diff()), Refresh(optrefresh.Diff()), PreviewDestroy(optdestroy.SuppressOutputs()),
		Destroy(optdestroy.Message("the end")), History(2, 1), History(2, 2), History(0, 0),
	)},
	{Theme: "display", Name: "colours", Steps: then(
		Up(one("a", m{"value": s("1")}), optup.Color("always")), Preview(one("a", m{"value": s("2")}), optpreview.Color("raw")),
		Up(one("a", m{"value": s("2")}), optup.Color("sometimes")),
	)},
	{Theme: "refresh", Name: "drift", Steps: then(
		Up(several("1", "a", "b")), Touch("a-1", "value", "9"), PreviewRefresh(), Refresh(), State(),
		Preview(several("1", "a", "b")), Up(several("1", "a", "b")), Touch("b-1", "extra", "new"), Refresh(), State(), Up(several("1", "a", "b")),
	)},
	{Theme: "refresh", Name: "deletes", Steps: then(
		Up(chain("1", "a", "b")), Forget("a-1"), PreviewRefresh(), Refresh(), State(), Up(chain("1", "a", "b")), State(),
	)},
	{Theme: "refresh", Name: "preview and up with refresh", Steps: then(
		Up(several("1", "a", "b")), Touch("a-1", "value", "9"), Forget("b-1"),
		Preview(several("1", "a", "b"), optpreview.Refresh()), Up(several("1", "a", "b"), optup.Refresh()), State(),
		Touch("a-1", "value", "9"), Destroy(optdestroy.Refresh()), State(),
	)},
	{Theme: "refresh", Name: "with the program run", Steps: then(
		Up(several("1", "a")), Touch("a-1", "value", "9"),
		Step{"program", func(w *World, o *Observation) { _, err := w.Stack(several("1", "a")); o.failed(err) }},
		refreshRunning(), State(),
	)},
	{Theme: "program", Name: "transforms", Steps: then(
		program(func(b *build) {
			b.note(b.RegisterResourceTransform(func(_ context.Context, a *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
				if a.Custom {
					a.Props["added"] = s("by transform")
					a.Opts.Protect = true
				}
				return &pulumi.ResourceTransformResult{Props: a.Props, Opts: a.Opts}
			}))
			b.thing("a", m{"value": s("1")})
			b.thing("b", m{"value": s("1")}, pulumi.Transforms([]pulumi.ResourceTransform{
				func(_ context.Context, a *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
					a.Props["value"] = s("2")
					return &pulumi.ResourceTransformResult{Props: a.Props, Opts: a.Opts}
				},
			}))
		}), State(),
	)},
	{Theme: "program", Name: "hooks", Steps: then(
		hooked("1", nil), hooked("2", nil), State(), hooked("3", context.Canceled), State(),
		Step{"program", func(w *World, o *Observation) { _, err := w.Stack(hooked("3", nil)); o.failed(err) }}, Destroy(), Destroy(optdestroy.RunProgram(true)),
	)},
	{Theme: "program", Name: "invokes", Steps: then(
		program(func(b *build) {
			var got struct {
				Value  string `pulumi:"value"`
				Echoed bool   `pulumi:"echoed"`
			}
			b.note(b.Invoke("test:index:echo", &struct {
				Value string `pulumi:"value"`
			}{"x"}, &got))
			b.thing("a", m{"value": s(got.Value), "echoed": pulumi.Bool(got.Echoed)})
		}), State(),
		invoking("test:index:fail"), invoking("test:index:refuse"), invoking("test:index:unheard"),
	)},
}

func refreshRunning() Step { return Refresh(optrefresh.RunProgram(true)) }

func invoking(token string) pulumi.RunFunc {
	return program(func(b *build) {
		var got struct{}
		b.note(b.Invoke(token, &struct {
			Value string `pulumi:"value"`
		}{"x"}, &got))
	})
}

// hooked is a program with a thing whose hooks write it down in the thing's
// own log; the one before an update fails with err.
func hooked(value string, err error) pulumi.RunFunc {
	return program(func(b *build) {
		hook := func(name string, err error) *pulumi.ResourceHook {
			h, e := b.RegisterResourceHook(name, func(a *pulumi.ResourceHookArgs) error {
				if e := b.Log.Info("hook "+name+" of "+a.Name, nil); e != nil {
					return e
				}
				return err
			}, &pulumi.ResourceHookOptions{OnDryRun: true})
			b.note(e)
			return h
		}
		b.thing("a", m{"value": s(value)}, pulumi.ResourceHooks(&pulumi.ResourceHookBinding{
			BeforeCreate: []*pulumi.ResourceHook{hook("before create", nil)},
			AfterCreate:  []*pulumi.ResourceHook{hook("after create", nil)},
			BeforeUpdate: []*pulumi.ResourceHook{hook("before update", err)},
			AfterUpdate:  []*pulumi.ResourceHook{hook("after update", nil)},
			BeforeDelete: []*pulumi.ResourceHook{hook("before delete", nil)},
		}))
	})
}
