package affected_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// revision returns a small estate: network ← data ← app in dev and production.
func revision() affected.Revision {
	pkg := func(digest string, imports ...string) affected.LocalPackage {
		return affected.LocalPackage{Digest: digest, Files: map[string]string{"a.go": digest}, Imports: imports}
	}
	network := pkg("n1", "components/network")
	network.External = []string{"example.com/sdk/ec2"}
	r := affected.Revision{Project: "shop", Code: affected.Code{
		Toolchain: "go1.26.7 linux/amd64", Language: "go 1.26", Program: "stacks",
		Packages: map[string]affected.LocalPackage{
			"stacks": pkg("table"), "stacks/network": network, "stacks/data": pkg("d1", "components/queue"), "stacks/app": pkg("a1"),
			"components/network": pkg("c1"), "components/queue": pkg("q1", "components/names"), "components/names": pkg("x1"),
		},
		External: map[string][]string{"example.com/sdk/ec2": {"example.com/sdk"}},
		Versions: map[string]string{"example.com/sdk": "v1.0.0"},
		Roots: map[string]affected.Root{
			"network": {Package: "stacks/network"},
			"data":    {Package: "stacks/data", Needs: []string{"network"}},
			"app":     {Package: "stacks/app", Needs: []string{"network", "data"}},
		},
	}}
	for _, name := range []string{"dev", "production"} {
		at := func(line int) string { return fmt.Sprintf("environments/%s.yaml:%d:5", name, line) }
		r.Environments = append(r.Environments, affected.Environment{
			Name:   name,
			Shared: map[string]affected.Setting{"cloud.region": {Text: "eu-west-1", At: at(3)}},
			Stacks: map[string]map[string]affected.Setting{
				"network": {"network.zones": {Text: "2", At: at(7)}},
				"data":    {"data.backupDays": {Text: "7", At: at(9)}, "data.password": {Text: "c1", Secret: true, At: at(10)}},
				"app":     {},
			},
		})
	}
	return r
}

func estate() affected.Facts { return revision().Facts() }

// say renders affected stacks one a line: "dev/data: package x, upstream y".
func say(as []gitops.Affected) []string {
	out := []string{}
	for _, a := range as {
		var rs []string
		for _, r := range a.Reasons {
			rs = append(rs, r.Kind+" "+r.Detail)
		}
		out = append(out, a.String()+": "+strings.Join(rs, ", "))
	}
	return out
}

func TestReasonsReadAsAPersonWouldGiveThem(t *testing.T) {
	t.Parallel()
	dev := func(name string) gitops.StackID { return gitops.StackID{Name: name, Environment: "dev"} }
	cases := map[string]struct {
		change func(f affected.Facts)
		want   []string
	}{
		"nothing": {func(affected.Facts) {}, []string{}},
		"a component changes": {
			func(f affected.Facts) { f.Stacks[dev("data")].Packages["components/queue"] = "q2" },
			[]string{
				"dev/app: upstream data", "dev/data: package components/queue",
				"production/app: upstream data", "production/data: package components/queue",
			},
		},
		"a setting changes": {
			func(f affected.Facts) {
				f.Stacks[dev("data")].Settings["data.backupDays"] = affected.Setting{Text: "14"}
			},
			[]string{"dev/app: upstream data", "dev/data: config data.backupDays 7 → 14"},
		},
		"a secret changes": {
			func(f affected.Facts) {
				f.Stacks[dev("data")].Settings["data.password"] = affected.Setting{Text: "c2", Secret: true}
			},
			[]string{"dev/app: upstream data", "dev/data: config data.password (secret)"},
		},
		"a module is upgraded and another arrives": {
			func(f affected.Facts) {
				m := f.Stacks[dev("network")].Modules
				m["example.com/sdk"], m["example.com/new"] = "v1.1.0", "v0.1.0"
			},
			[]string{
				"dev/app: upstream data, upstream network", "dev/data: upstream network",
				"dev/network: module example.com/new v0.1.0 (added), module example.com/sdk v1.0.0 → v1.1.0",
				"production/app: upstream data, upstream network", "production/data: upstream network",
				"production/network: module example.com/new v0.1.0 (added), module example.com/sdk v1.0.0 → v1.1.0",
			},
		},
		"a stack comes and another goes": {
			func(f affected.Facts) {
				f.Stacks[dev("cache")] = affected.Stack{}
				delete(f.Stacks, dev("app"))
			},
			[]string{"dev/app: removed no longer in this revision", "dev/cache: added new in this revision"},
		},
		"a need goes": {
			func(f affected.Facts) {
				s := f.Stacks[dev("app")]
				s.Needs = []string{"data"}
				f.Stacks[dev("app")] = s
			},
			[]string{"dev/app: config app needs network (removed)"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := estate()
			c.change(head)
			if diff := cmp.Diff(c.want, say(affected.Stacks(estate(), head))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAToolchainChangeAffectsEveryStack(t *testing.T) {
	t.Parallel()
	head := estate()
	head.Toolchain = "go1.26.8 linux/amd64"
	got := affected.Stacks(estate(), head)
	if len(got) != len(head.Stacks) {
		t.Fatalf("%d stacks affected, want all %d", len(got), len(head.Stacks))
	}
	if r := got[0].Reasons[0]; r.Detail != "go1.26.7 linux/amd64 → go1.26.8 linux/amd64" {
		t.Errorf("reason is %q", r.Detail)
	}
}

func TestSecretsNeverAppearInAReason(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := gitops.StackID{Name: "data", Environment: "dev"}
		facts := func(label string) affected.Facts {
			return affected.Facts{Stacks: map[gitops.StackID]affected.Stack{id: {Settings: map[string]affected.Setting{
				"data.password": {Text: "hunter" + label, Secret: rapid.Bool().Draw(t, label) || label == "2"},
			}}}}
		}
		if got := fmt.Sprint(say(affected.Stacks(facts("1"), facts("2")))); strings.Contains(got, "hunter") {
			t.Fatal(got)
		}
	})
}

// draw makes facts from so few words that two draws often agree in part.
func draw(t *rapid.T, label string) affected.Facts {
	word := rapid.SampledFrom([]string{"a", "b", "c"})
	words := rapid.MapOfN(word, word, 0, 3)
	f := affected.Facts{
		Toolchain: rapid.SampledFrom([]string{"go1", "go1", "go1", "go2"}).Draw(t, label),
		Language:  rapid.SampledFrom([]string{"go 1.25", "go 1.25", "go 1.25", "go 1.26"}).Draw(t, label),
		Project:   rapid.SampledFrom([]string{"shop", "shop", "shop", "store"}).Draw(t, label),
		Stacks:    map[gitops.StackID]affected.Stack{},
	}
	for range rapid.IntRange(0, 6).Draw(t, label) {
		s := affected.Stack{
			Definition: affected.Definition{
				Packages: words.Draw(t, label), Modules: words.Draw(t, label),
				Needs: rapid.SliceOfNDistinct(word, 0, 2, rapid.ID).Draw(t, label),
			},
			Settings: map[string]affected.Setting{},
		}
		for k, v := range words.Draw(t, label) {
			s.Settings[k] = affected.Setting{Text: v, Secret: rapid.Bool().Draw(t, label), At: rapid.SampledFrom([]string{"", "here", "there"}).Draw(t, label)}
		}
		slices.Sort(s.Needs)
		f.Stacks[gitops.StackID{Name: word.Draw(t, label), Environment: word.Draw(t, label)}] = s
	}
	return f
}

func TestAffectedAreExactlyTheStacksThatDifferAndThoseThatNeedThem(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := draw(t, "base")
		head := base
		if rapid.Bool().Draw(t, "other") {
			head = draw(t, "head")
		}
		got := map[gitops.StackID][]gitops.Reason{}
		for _, a := range affected.Stacks(base, head) {
			got[a.StackID] = a.Reasons
		}
		for id, reasons := range got {
			if len(reasons) == 0 {
				t.Fatalf("%s is affected for no reason", id)
			}
		}
		want := expected(base, head)
		if diff := cmp.Diff(slices.SortedFunc(maps.Keys(want), gitops.StackID.Compare), slices.SortedFunc(maps.Keys(got), gitops.StackID.Compare)); diff != "" {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	})
}

// plain leaves out where settings stand.
func plain(s affected.Stack) affected.Stack {
	s.Settings = maps.Clone(s.Settings)
	for k, v := range s.Settings {
		v.At = ""
		s.Settings[k] = v
	}
	return s
}

// expected is the definition, written the slow way.
func expected(base, head affected.Facts) map[gitops.StackID]bool {
	want := map[gitops.StackID]bool{}
	for _, f := range []affected.Facts{base, head} {
		for id := range f.Stacks {
			b, was := base.Stacks[id]
			h, is := head.Stacks[id]
			if was != is || base.Toolchain != head.Toolchain || base.Language != head.Language || base.Project != head.Project || !reflect.DeepEqual(plain(b), plain(h)) {
				want[id] = true
			}
		}
	}
	for range head.Stacks {
		for id, s := range head.Stacks {
			for _, n := range s.Needs {
				if want[gitops.StackID{Name: n, Environment: id.Environment}] {
					want[id] = true
				}
			}
		}
	}
	return want
}

func TestComparingARevisionWithItselfAffectsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := draw(t, "facts")
		if got := affected.Stacks(f, f); len(got) != 0 {
			t.Fatalf("affected: %v", say(got))
		}
	})
}

func TestAnotherPluginAffectsEveryStackAndAnotherPlatformNone(t *testing.T) {
	t.Parallel()
	base := estate()
	base.Plugins = map[string]string{"aws": "6.83.0", "random": "4.16.0"}
	base.PluginContent = map[string]string{"aws 6.83.0 on linux-amd64": "one", "random 4.16.0 on linux-amd64": "r"}
	for name, c := range map[string]struct {
		plugins, content map[string]string
		want             []string
	}{
		"another version": {map[string]string{"aws": "6.83.2", "random": "4.16.0"}, map[string]string{"random 4.16.0 on linux-amd64": "r"},
			[]string{"toolchain provider aws 6.83.0 → 6.83.2"}},
		"one more": {map[string]string{"aws": "6.83.0", "random": "4.16.0", "tls": "5.0.0"}, base.PluginContent,
			[]string{"toolchain provider tls 5.0.0 (added)"}},
		"one less":         {map[string]string{"aws": "6.83.0"}, base.PluginContent, []string{"toolchain provider random 4.16.0 (removed)"}},
		"another content":  {base.Plugins, map[string]string{"aws 6.83.0 on linux-amd64": "two", "random 4.16.0 on linux-amd64": "r"}, []string{"toolchain provider aws 6.83.0 on linux-amd64 has another content"}},
		"another platform": {base.Plugins, map[string]string{"aws 6.83.0 on linux-amd64": "one", "random 4.16.0 on linux-amd64": "r", "aws 6.83.0 on darwin-arm64": "three"}, nil},
	} {
		head := estate()
		head.Plugins, head.PluginContent = c.plugins, c.content
		got := affected.Stacks(base, head)
		if (len(got) == 0) != (c.want == nil) || len(got) != 0 && len(got) != len(head.Stacks) {
			t.Errorf("%s: %d stacks are affected", name, len(got))
		}
		for _, a := range got {
			var reasons []string
			for _, r := range a.Reasons {
				if r.Kind == affected.Toolchain {
					reasons = append(reasons, r.Kind+" "+r.Detail)
				}
			}
			if diff := cmp.Diff(c.want, reasons); diff != "" {
				t.Errorf("%s: %s: %s", name, a, diff)
			}
		}
	}
}

func TestTheWayToAReasonIsTheShortestOne(t *testing.T) {
	t.Parallel()
	change := func(f func(r *affected.Revision)) affected.Revision {
		r := revision()
		f(&r)
		return r
	}
	touch := func(dir string, files map[string]string) func(r *affected.Revision) {
		return func(r *affected.Revision) {
			p := r.Code.Packages[dir]
			p.Digest, p.Files = "new", files
			r.Code.Packages[dir] = p
		}
	}
	many := map[string]string{}
	for i := range 7 {
		many[fmt.Sprintf("f%d.go", i)] = "x"
	}
	for name, c := range map[string]struct {
		head  affected.Revision
		stack string
		want  []string
	}{
		"a package behind another": {change(touch("components/names", map[string]string{"a.go": "x2"})), "data",
			[]string{"stacks/data", "components/queue", "components/names", "components/names/a.go changed"}},
		"the stack's own": {change(touch("stacks/app", map[string]string{"b.go": "a1"})), "app", []string{"stacks/app", "stacks/app/a.go removed, stacks/app/b.go added"}},
		"a shorter way": {change(func(r *affected.Revision) {
			touch("components/names", map[string]string{"a.go": "x2"})(r)
			touch("stacks/data", map[string]string{"a.go": "d1"})(r)
			p := r.Code.Packages["stacks/data"]
			p.Digest, p.Imports = "d1", []string{"components/queue", "components/names"}
			r.Code.Packages["stacks/data"] = p
		}), "data", []string{"stacks/data", "components/names", "components/names/a.go changed"}},
		"the program": {change(touch("stacks", map[string]string{"a.go": "more"})), "app", []string{"stacks", "stacks/a.go changed"}},
		"many files": {change(touch("components/queue", many)), "data",
			[]string{"stacks/data", "components/queue", "components/queue/a.go removed, components/queue/f0.go added, components/queue/f1.go added, components/queue/f2.go added, components/queue/f3.go added, 3 more"}},
		"a module": {change(func(r *affected.Revision) { r.Code.Versions = map[string]string{"example.com/sdk": "v1.1.0"} }), "network",
			[]string{"stacks/network", "example.com/sdk/ec2", "example.com/sdk v1.0.0 → v1.1.0"}},
		"a copy of a module": {change(func(r *affected.Revision) { r.Code.Vendored = map[string]string{"example.com/sdk": "edited"} }), "network",
			[]string{"stacks/network", "example.com/sdk/ec2", "vendor/example.com/sdk changed"}},
		"a setting": {change(func(r *affected.Revision) {
			r.Environments[0].Stacks["network"]["network.zones"] = affected.Setting{Text: "3", At: "environments/dev.yaml:8:5"}
		}), "network", []string{"network.zones 2 → 3", "environments/dev.yaml:7:5 in base", "environments/dev.yaml:8:5 in head"}},
		"a shared setting": {change(func(r *affected.Revision) { delete(r.Environments[0].Shared, "cloud.region") }), "app",
			[]string{"cloud.region eu-west-1 (removed)", "environments/dev.yaml:3:5 in base"}},
		"an upstream of an upstream": {change(func(r *affected.Revision) {
			r.Environments[0].Stacks["network"]["network.zones"] = affected.Setting{Text: "3"}
		}), "app", []string{"app", "data", "network", "network.zones 2 → 3", "environments/dev.yaml:7:5 in base"}},
		"the toolchain": {change(func(r *affected.Revision) { r.Code.Toolchain = "go1.27.0" }), "app", []string{"go1.26.7 linux/amd64 → go1.27.0"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := affected.Stacks(revision().Facts(), c.head.Facts())
			reasons := affected.Explain(revision(), c.head, all, gitops.StackID{Name: c.stack, Environment: "dev"})
			if len(reasons) == 0 {
				t.Fatalf("it is not affected: %v", say(all))
			}
			if diff := cmp.Diff(c.want, reasons[0].Chain); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestAStackOfAnUnknownPackageMayConsistOfAnything(t *testing.T) {
	t.Parallel()
	base, head := revision(), revision()
	for _, r := range []affected.Revision{base, head} {
		r.Code.Roots["app"] = affected.Root{Package: "example.com/elsewhere/app"}
	}
	p := head.Code.Packages["components/names"]
	p.Digest = "x2"
	head.Code.Packages["components/names"] = p
	got := say(affected.Stacks(base.Facts(), head.Facts()))
	if !slices.Contains(got, "dev/app: package components/names") {
		t.Errorf("%v", got)
	}
}

// Imports never go in circles, and needs are checked not to; what is handed in by
// a hostile program may.
func TestCirclesEnd(t *testing.T) {
	t.Parallel()
	base, head := revision(), revision()
	for _, r := range []affected.Revision{base, head} {
		r.Code.Roots["network"] = affected.Root{Package: "stacks/network", Needs: []string{"app", "network"}}
		p := r.Code.Packages["components/names"]
		p.Imports = []string{"components/queue", "components/names"}
		r.Code.Packages["components/names"] = p
	}
	head.Environments[0].Stacks["data"]["data.backupDays"] = affected.Setting{Text: "8"}
	all := affected.Stacks(base.Facts(), head.Facts())
	if len(all) != 3 {
		t.Fatalf("%v", say(all))
	}
	for _, a := range all {
		for _, r := range affected.Explain(base, head, all, a.StackID) {
			if len(r.Chain) == 0 || len(r.Chain) > 8 {
				t.Errorf("%s: %q", a, r.Chain)
			}
		}
	}
}

func TestWhatARevisionSaysSurvivesBeingKept(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(revision())
	if err != nil {
		t.Fatal(err)
	}
	var got affected.Revision
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(revision(), got); diff != "" {
		t.Error(diff)
	}
}
