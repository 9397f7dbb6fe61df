package stock

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// broken is a program with one thing that fails, one before it and one after it.
func broken(how string) pulumi.RunFunc {
	return program(func(b *build) {
		beside := b.thing("beside", m{"value": s("1")})
		a := b.thing("a", m{"value": s("1"), "fail": s(how)}, pulumi.DependsOn([]pulumi.Resource{beside}))
		b.thing("after", m{"value": a.Arn})
	})
}

func failing(how string) pulumi.RunFunc {
	return one("a", m{"value": s("1"), "fail": s(how)})
}

var failures = []Program{
	{Theme: "failures", Name: "failed create", Steps: then(failing("create"), State(), History(5, 1), Outputs(), one("a", m{"value": s("1")}), State())},
	{Theme: "failures", Name: "failed update", Steps: then(one("a", m{"value": s("1")}), failing("update"), State(), one("a", m{"value": s("2")}))},
	{Theme: "failures", Name: "failed delete", Steps: then(
		one("a", m{"value": s("1"), "fail": s("delete")}), pulumi.RunFunc(empty), State(), Destroy(), State(), History(5, 1),
	)},
	{Theme: "failures", Name: "failed check", Steps: then(one("a", m{"value": s("bad")}), State())},
	{Theme: "failures", Name: "failed diff", Steps: then(one("a", m{"value": s("1")}), failing("diff"), State())},
	{Theme: "failures", Name: "partial create", Steps: then(failing("partial"), State(), one("a", m{"value": s("1")}), State(), Destroy())},
	{Theme: "failures", Name: "partial update", Steps: then(one("a", m{"value": s("1")}), failing("partialUpdate"), State(), one("a", m{"value": s("3")}), State())},
	{Theme: "failures", Name: "failed create with dependents", Steps: then(Up(broken("create"), optup.Parallel(1)), State())},
	{Theme: "failures", Name: "continue on error", Steps: then(
		Up(broken("create"), optup.ContinueOnError()), State(), Up(broken("")), State(),
		Up(broken("delete")), Destroy(optdestroy.ContinueOnError()), State(),
	)},
	{Theme: "failures", Name: "replacement whose delete fails", Steps: then(
		one("a", m{"key": s("1"), "fail": s("delete")}), one("a", m{"key": s("2"), "fail": s("delete")}), State(), Refresh(), State(), Destroy(),
	)},
	{Theme: "failures", Name: "failed read in a refresh", Steps: then(
		Up(failing("read")), Refresh(), PreviewRefresh(), State(),
	)},
	{Theme: "program", Name: "program that returns an error", Steps: then(
		program(func(b *build) { b.thing("a", m{"value": s("1")}); b.note(errors.New("my error\nin two lines")) }), State(), Outputs(),
	)},
	{Theme: "program", Name: "program that panics", Steps: then(
		program(func(b *build) { b.settled(b.thing("a", m{"value": s("1")})); panic("my panic") }), State(), one("a", m{"value": s("1")}),
	)},
	{Theme: "program", Name: "program with a failing apply", Steps: then(
		program(func(b *build) {
			a := b.thing("a", m{"value": s("1")})
			b.Export("x", a.Value.ApplyT(func(string) (string, error) { return "", errors.New("my apply failed") }))
		}), State(),
	)},
	{Theme: "program", Name: "program that logs", Steps: then(
		program(func(b *build) {
			a := b.thing("a", m{"value": s("1")})
			b.settled(a)
			b.note(b.Log.Info("an info", nil))
			b.note(b.Log.Warn("a warning", &pulumi.LogArgs{Resource: a}))
			b.note(b.Log.Debug("a debug message", nil))
			b.note(b.Log.Info("two\nlines", &pulumi.LogArgs{Ephemeral: true}))
		}), Up(program(func(b *build) {
			b.settled(b.thing("a", m{"value": s("1")}))
			b.note(b.Log.Error("an error that is only logged", nil))
		})), State(),
	)},
	{Theme: "expectations", Name: "expect no changes", Steps: then(
		Preview(one("a", m{"value": s("1")}), optpreview.ExpectNoChanges()),
		Up(one("a", m{"value": s("1")}), optup.ExpectNoChanges()), Up(one("a", m{"value": s("1")}), optup.ExpectNoChanges()),
		Preview(one("a", m{"value": s("1")}), optpreview.ExpectNoChanges()),
		Touch("a-1", "value", "9"), Refresh(optrefresh.ExpectNoChanges()), Refresh(optrefresh.ExpectNoChanges()), State(),
	)},
	{Theme: "stacks", Name: "missing stack", Steps: []Step{
		Call("select", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.Workspace().SelectStack(w.Context(), "nowhere")
		}),
		Call("select inline", func(w *World, _ *auto.Stack) (any, error) {
			_, err := auto.SelectStackInlineSource(w.Context(), "nowhere", Project, empty, w.options()...)
			return nil, err
		}),
		Call("remove", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.Workspace().RemoveStack(w.Context(), "nowhere")
		}),
		Call("config of", func(w *World, s *auto.Stack) (any, error) {
			return s.Workspace().GetConfig(w.Context(), "nowhere", "key")
		}),
		Call("export of", func(w *World, s *auto.Stack) (any, error) {
			_, err := s.Workspace().ExportStack(w.Context(), "nowhere")
			return nil, err
		}),
		Call("outputs of", func(w *World, s *auto.Stack) (any, error) {
			return s.Workspace().StackOutputs(w.Context(), "nowhere")
		}),
	}},
	{Theme: "stacks", Name: "existing stack", Steps: []Step{
		Call("create again", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.Workspace().CreateStack(w.Context(), "dev")
		}),
		Call("new inline", func(w *World, _ *auto.Stack) (any, error) {
			_, err := auto.NewStackInlineSource(w.Context(), "dev", Project, empty, w.options()...)
			return nil, err
		}),
		Call("bad name", func(w *World, s *auto.Stack) (any, error) {
			return nil, s.Workspace().CreateStack(w.Context(), "no good")
		}),
	}},
	{Theme: "stacks", Name: "second update at once", Steps: []Step{{"two updates", func(w *World, o *Observation) {
		ended, ok := w.duringUpdate(o, func(st *auto.Stack) {
			_, err := st.Up(w.Context())
			o.failed(err)
			_, err = st.Refresh(w.Context())
			o.failed(err)
		})
		if ok {
			o.failed(ended)
		}
	}}}},
}
