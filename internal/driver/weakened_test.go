package driver

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/policy"
)

func TestWhatAProposalTakesFromThePoliciesIsNamed(t *testing.T) {
	t.Parallel()
	tags := policy.Info{Name: "tags", Level: policy.Advisory, Source: "policies/main.go:9"}
	encrypted := policy.Info{Name: "encrypted", Level: policy.Mandatory, Source: "policies/main.go:12"}
	with := func(p policy.Info, change func(*policy.Info)) policy.Info {
		change(&p)
		return p
	}
	all := []policy.Info{tags, encrypted}
	for name, c := range map[string]struct {
		after []policy.Info
		want  []string
	}{
		"only code":          {all, []string{"policies: their code changes; none of them is removed or becomes advice"}},
		"one more":           {append(all, policy.Info{Name: "new", Level: policy.Mandatory}), []string{"policies: their code changes; none of them is removed or becomes advice"}},
		"one less":           {[]policy.Info{tags}, []string{"encrypted: this mandatory policy is removed"}},
		"none left":          {nil, []string{"tags: this advisory policy is removed", "encrypted: this mandatory policy is removed"}},
		"renamed":            {[]policy.Info{tags, with(encrypted, func(p *policy.Info) { p.Name = "encryption" })}, []string{"encrypted: this mandatory policy is removed"}},
		"advice from now on": {[]policy.Info{tags, with(encrypted, func(p *policy.Info) { p.Level = policy.Advisory })}, []string{"encrypted: this policy becomes advisory: it stops nothing any more"}},
		"stricter":           {[]policy.Info{with(tags, func(p *policy.Info) { p.Level = policy.Mandatory }), encrypted}, []string{"policies: their code changes; none of them is removed or becomes advice"}},
		"fewer environments": {[]policy.Info{tags, with(encrypted, func(p *policy.Info) { p.Except = []string{"dev", "test-*"} })}, []string{"encrypted: this policy holds everywhere except dev, test-* instead of everywhere"}},
	} {
		var got []string
		for _, v := range weakened(policy.Description{Policies: all}, policy.Description{Policies: c.after}) {
			got = append(got, v.Policy+": "+v.Message)
			if v.Blocks() || !v.Notable {
				t.Errorf("%s: %+v must be told and block nothing", name, v)
			}
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}
