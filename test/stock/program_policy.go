package stock

import (
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/test/stock/rules"
)

// ruled previews and updates with the policy pack, which is the running program:
// the engine starts it once more. Without a config file the
// pack's own levels hold.
func ruled(run pulumi.RunFunc, config string) []Step {
	with := func(f func(pack, config []string) Step) Step {
		s := f(nil, nil)
		s.Do = func(w *World, o *Observation) {
			self, err := os.Executable()
			if err != nil {
				w.Fatal(err)
			}
			pack, configs := []string{self}, []string(nil)
			if config != "" {
				file := filepath.Join(w.dir, "policy.json")
				if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
					w.Fatal(err)
				}
				configs = []string{file}
			}
			f(pack, configs).Do(w, o)
		}
		return s
	}
	return []Step{
		with(func(pack, config []string) Step {
			return Preview(run, optpreview.PolicyPacks(pack...), optpreview.PolicyPackConfigs(config...))
		}),
		with(func(pack, config []string) Step {
			return Up(run, optup.PolicyPacks(pack...), optup.PolicyPackConfigs(config...))
		}),
	}
}

var policies = []Program{
	{Theme: "policy", Name: "policy pack", Env: map[string]string{rules.WordVar: "please"}, Steps: then(
		ruled(several("fine", "a"), ""), ruled(several("frowned", "a", "b"), ""), ruled(several("forbidden", "a"), ""), State(),
		ruled(several("mend", "a"), ""), State(), ruled(several("fine", "a", "b", "c", "d"), ""), History(9, 1),
	)},
	{Theme: "policy", Name: "policy pack with configuration", Env: map[string]string{rules.WordVar: "please"}, Steps: then(
		ruled(several("forbidden", "a"), `{"no-forbidden":"advisory","no-frowned":{"enforcementLevel":"disabled"}}`), State(),
		ruled(several("frowned", "a"), `{"all":"mandatory"}`), ruled(several("fine", "a"), `not JSON`),
	)},
	{Theme: "policy", Name: "missing policy pack", Steps: then(
		Preview(several("fine", "a"), optpreview.PolicyPacks("/nowhere/pack")), Up(several("fine", "a"), optup.PolicyPacks("/nowhere/pack")), State(),
	)},
}
