package stock

import (
	"bytes"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optlist"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optremove"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrename"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// adopt imports resources into the stack.
func adopt(opts ...optimport.Option) Step {
	return Step{"import", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		res, err := s.ImportResources(w.Context(), opts...)
		o.failed(err)
		if err == nil {
			o.summary(res.Summary)
			o.note("code", res.GeneratedCode)
		}
	}}
}

// saved previews and saves a plan.
func saved(run pulumi.RunFunc) Step {
	return Step{"preview --save-plan", func(w *World, o *Observation) {
		Preview(run, optpreview.Plan(filepath.Join(w.dir, "plan.json"))).Do(w, o)
	}}
}

// planned updates by the saved plan.
func planned(run pulumi.RunFunc) Step {
	return Step{"up --plan", func(w *World, o *Observation) {
		Up(run, optup.Plan(filepath.Join(w.dir, "plan.json"))).Do(w, o)
	}}
}

// pending makes a create pending in an exported state, as a crash leaves it.
func pending(d *apitype.UntypedDeployment) {
	d.Deployment = bytes.Replace(d.Deployment, []byte(`"resources":`), []byte(`"pending_operations":[{"type":"creating","resource":{
		"urn":"`+urn("lost")+`","custom":true,"type":"test:index:Thing","inputs":{"value":"1"},"parent":"urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"}}],"resources":`), 1)
}

func secretsProvider(name string, opts *auto.ChangeSecretsProviderOptions) Step {
	return Call("change the secrets provider", func(w *World, s *auto.Stack) (any, error) {
		err := s.ChangeSecretsProvider(w.Context(), name, opts)
		if err == nil && opts != nil {
			w.env["PULUMI_CONFIG_PASSPHRASE"] = *opts.NewPassphrase
			delete(w.open, w.stack)
		}
		return nil, err
	})
}

var states = []Program{
	{Theme: "state", Name: "export and import", Steps: then(
		vault("hush"), Export("dev"), Up(vault("other")), Import("dev", nil), State(), Outputs(), Preview(vault("other")),
		On("prod", Import("dev", nil)), Import("dev", func(d *apitype.UntypedDeployment) { d.Deployment = []byte(`{"resources":[{"urn":"x"}]}`) }),
		Import("dev", func(d *apitype.UntypedDeployment) { d.Version = 99 }), Outputs(),
	)},
	{Theme: "state", Name: "pending creates", Steps: then(
		Up(one("a", m{"value": s("1")})), Export("dev"), Import("dev", pending), State(), Put("lost-1", map[string]any{"value": "1"}),
		Refresh(optrefresh.ClearPendingCreates()), State(), Import("dev", pending),
		Refresh(optrefresh.ImportPendingCreates([]optrefresh.PendingCreate{{URN: urn("lost"), ID: "lost-1"}})), State(),
	)},
	{Theme: "state", Name: "rename", Steps: then(
		chain("1", "a", "b"), Set("secret", "hush", true),
		Call("rename", func(w *World, s *auto.Stack) (any, error) {
			_, err := s.Rename(w.Context(), optrename.StackName("other"))
			return nil, err
		}),
		On("other", Up(chain("1", "a", "b"))), On("other", State()), On("other", Settings()), On("other", History(5, 1)),
		On("other", Call("rename to a taken name", func(w *World, s *auto.Stack) (any, error) {
			if err := s.Workspace().CreateStack(w.Context(), "taken"); err != nil {
				return nil, err
			}
			_, err := s.Rename(w.Context(), optrename.StackName("taken"))
			return nil, err
		})),
		file("Pulumi.other.yaml"), file("Pulumi.dev.yaml"),
	)},
	{Theme: "state", Name: "remove", Steps: then(
		Up(one("a", m{"value": s("1")})), Set("k", "v", false), Remove(), Remove(optremove.Force()), file("Pulumi.dev.yaml"),
		Up(one("a", m{"value": s("1")})), Destroy(optdestroy.Remove()), file("Pulumi.dev.yaml"),
	)},
	{Theme: "state", Name: "lists", Steps: then(
		Up(one("a", m{"value": s("1")})), On("prod", Outputs()), Info(), On("prod", Info()),
		Call("list", func(w *World, s *auto.Stack) (any, error) { return listed(s.Workspace().ListStacks(w.Context())) }),
		Call("list all", func(w *World, s *auto.Stack) (any, error) {
			return listed(s.Workspace().ListStacks(w.Context(), optlist.All()))
		}),
		Call("selected", func(w *World, s *auto.Stack) (any, error) {
			i, err := s.Workspace().Stack(w.Context())
			if err != nil {
				return nil, err
			}
			return listed([]auto.StackSummary{*i}, nil)
		}),
		Call("cancel", func(w *World, s *auto.Stack) (any, error) { return nil, s.Cancel(w.Context()) }),
	)},
	{Theme: "state", Name: "change the secrets provider", Steps: then(
		Set("secret", "hush", true), vault("hush"), secretsProvider("passphrase", &auto.ChangeSecretsProviderOptions{NewPassphrase: kindOf("new words")}),
		Settings(), Outputs(), State(), Up(vault("hush")), secretsProvider("nonsense://", nil), secretsProvider("", nil),
	)},
	{Theme: "plans", Name: "a plan that fits", Steps: then(
		saved(chain("1", "a", "b")), planned(chain("1", "a", "b")), State(), saved(chain("2", "a", "b")), planned(chain("2", "a", "b")),
		saved(vault("hush")), planned(vault("hush")), State(),
	)},
	{Theme: "plans", Name: "a plan that does not fit", Steps: then(
		saved(apart("1", "a", "b")), planned(apart("1", "a", "b", "c")), planned(apart("2", "a", "b")), planned(apart("1", "a")), State(),
	)},
	{Theme: "import", Name: "import of resources", Steps: then(
		Put("found", map[string]any{"value": "1"}), Up(one("a", m{"value": s("1")})),
		adopt(optimport.GenerateCode(false), optimport.Resources([]*optimport.ImportResource{{ID: "found", Type: "test:index:Thing", Name: "b"}})), State(),
		adopt(optimport.GenerateCode(false), optimport.Protect(false), optimport.Resources([]*optimport.ImportResource{{ID: "missing", Type: "test:index:Thing", Name: "c"}})), State(),
		History(3, 1),
	)},
	{Theme: "import", Name: "import file of a preview", Steps: then(
		Step{"preview --import-file", func(w *World, o *Observation) {
			Preview(component("g", "a"), optpreview.ImportFile(filepath.Join(w.dir, "import.json"))).Do(w, o)
		}}, file("import.json"),
	)},
	{Theme: "identity", Name: "who and what", Steps: []Step{
		Call("who am I", func(w *World, s *auto.Stack) (any, error) { return s.Workspace().WhoAmI(w.Context()) }),
		Call("version", func(_ *World, s *auto.Stack) (any, error) { return s.Workspace().PulumiVersion(), nil }),
	}},
	{Theme: "stacks", Name: "long names and three stacks", Steps: []Step{
		On("organization/shop/data.dev", Up(one("a", m{"value": s("1")}))), On("data.dev", Outputs()), On("data.dev", Info()),
		On("one", Up(one("a", m{"value": s("2")}))), On("two", Up(one("a", m{"value": s("3")}))),
		On("one", Destroy()), On("two", Outputs()), On("data.dev", State()),
	}},
	{Theme: "stacks", Name: "cancel from outside", Steps: []Step{{"cancel", func(w *World, o *Observation) {
		// Over the CLI the update goes on without its lock. Only what the caller of
		// Cancel sees is compared.
		_, _ = w.duringUpdate(o, func(st *auto.Stack) { o.failed(st.Cancel(w.Context())) })
		w.cmd.take()
		w.Cloud.Take()
	}}}},
}

// listed blanks what two runs cannot share.
func listed(all []auto.StackSummary, err error) (any, error) {
	for i := range all {
		all[i].LastUpdate, all[i].URL = given(all[i].LastUpdate), given(all[i].URL)
	}
	return all, err
}
