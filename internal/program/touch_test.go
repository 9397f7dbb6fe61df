package program_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

const goMod = "module example.com/estate\n\ngo 1.26\n\nrequire (\n\texample.org/unused v1.0.0\n\texample.org/used v1.0.0\n)\n\nrequire example.org/deep v1.0.0 // indirect\n"

// two stacks: network is compiled from a component that uses example.org/used/sub
// and embeds files, data from one that uses nothing. Nobody uses example.org/unused
// but a tool.
func touchable(sums string) map[string]string {
	return map[string]string{
		"go.mod": goMod, "go.sum": sums,
		"root.go":                      "package estate\n\nconst Version = 1\n",
		"tools/tool.go":                "package main\n\nimport (\n\t_ \"example.org/unused\"\n\t_ \"example.org/used\"\n)\n\nfunc main() {}\n",
		"stacks/main.go":               "package main\n\nimport (\n\t\"example.com/estate/kit\"\n\t\"example.com/estate/stacks/data\"\n\t\"example.com/estate/stacks/network\"\n)\n\nfunc main() { kit.Main(network.Stack, data.Stack) }\n",
		"kit/kit.go":                   "package kit\n\nfunc Main(...string) {}\n",
		"stacks/network/network.go":    "package network\n\nimport \"example.com/estate/components/net\"\n\nvar Stack = \"network\" + net.Text\n",
		"stacks/data/data.go":          "package data\n\nimport \"example.com/estate/components/names\"\n\nvar Stack = names.Of(\"data\")\n",
		"components/names/names.go":    "package names\n\nimport estate \"example.com/estate\"\n\nfunc Of(s string) string { return s[:estate.Version] }\n",
		"components/net/net.go":        "package net\n\nimport (\n\t\"embed\"\n\n\t\"example.org/used/sub\"\n)\n\n//go:embed text testdata/golden.txt\nvar files embed.FS\n\nvar Text = sub.Text\n",
		"components/net/net_linux.go":  "package net\n\nconst system = \"linux\"\n",
		"components/net/net_darwin.go": "package net\n\nconst system = \"darwin\"\n",
		"components/net/gen.go":        "// Code generated on Monday. DO NOT EDIT.\n\npackage net\n\nconst generated = 1\n",
		"components/net/spare.go":      "//go:build spare\n\npackage net\n\nconst spare = 1\n",
		"components/net/text/a.txt":    "a", "components/net/testdata/golden.txt": "golden", "components/net/testdata/other.txt": "other",
		"components/net/net_test.go": "package net\n",
		"third/used/go.mod":          "module example.org/used\n\ngo 1.26\n",
		"third/used/sub/sub.go":      "package sub\n\nconst Text = \"third\"\n",
		"third/used/other/other.go":  "package other\n",
		"third/used/used.go":         "package used\n",
	}
}

// vendored is what go mod vendor adds.
func vendored() map[string]string {
	return map[string]string{
		"vendor/modules.txt": "# example.org/deep v1.0.0\n## explicit; go 1.26\nexample.org/deep\n# example.org/unused v1.0.0\n## explicit; go 1.26\nexample.org/unused\n" +
			"# example.org/used v1.0.0\n## explicit; go 1.26\nexample.org/used\nexample.org/used/sub\n",
		"vendor/example.org/used/used.go":     "package used\n\nimport _ \"example.org/deep\"\n",
		"vendor/example.org/used/sub/sub.go":  "package sub\n\nconst Text = \"one\"\n",
		"vendor/example.org/deep/deep.go":     "package deep\n",
		"vendor/example.org/unused/unused.go": "package unused\n",
	}
}

// says are the reasons of each stack, for the difference between two trees.
func says(t *testing.T, b *program.Builder, base, head map[string]string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, a := range affected.Stacks(listed(t, b, base).Facts(), listed(t, b, head).Facts()) {
		out[a.Name] = reasons(a)
	}
	return out
}

// listed are the facts of a tree of files with both stacks in one environment.
func listed(t *testing.T, b *program.Builder, files map[string]string) affected.Revision {
	t.Helper()
	root := t.TempDir()
	write(t, root, files)
	l, _, _, err := b.List(t.Context(), program.Source{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	d := describe.Description{Module: "example.com/estate", Stacks: []describe.Stack{
		{Name: "network", Package: "example.com/estate/stacks/network"}, {Name: "data", Package: "example.com/estate/stacks/data"},
	}}
	return affected.Revision{Code: l.Code(d), Environments: []affected.Environment{
		{Name: "dev", Stacks: map[string]map[string]affected.Setting{"network": nil, "data": nil}},
	}}
}

// with returns the tree with changes; "" removes a file.
func with(tree, changes map[string]string) map[string]string {
	out := maps.Clone(tree)
	maps.Copy(out, changes)
	maps.DeleteFunc(out, func(_, text string) bool { return text == "" })
	return out
}

func TestAChangeTouchesTheStacksThatUseWhatChangedAndNoOther(t *testing.T) {
	t.Parallel()
	b, sums := proxy(t)
	tree := touchable(sums)
	replace := func(file, old, now string) map[string]string {
		if !strings.Contains(tree[file], old) {
			t.Fatalf("%s has no %q", file, old)
		}
		return map[string]string{file: strings.Replace(tree[file], old, now, 1)}
	}
	net := func(reason string) map[string]string { return map[string]string{"network": reason} }
	both := func(reason string) map[string]string { return map[string]string{"network": reason, "data": reason} }
	cases := map[string]struct{ change, want map[string]string }{
		"a comment and layout in Go":            {replace("components/net/net.go", "package net\n", "// Package net is new.\npackage net\n\n\n"), nil},
		"when a file was generated":             {replace("components/net/gen.go", "Monday", "Friday"), nil},
		"a generated value":                     {replace("components/net/gen.go", "= 1", "= 2"), net("package components/net")},
		"a test":                                {replace("components/net/net_test.go", "package net", "package net\n\nconst x = 1"), nil},
		"data of tests":                         {map[string]string{"components/net/testdata/other.txt": "new"}, nil},
		"data of tests that is embedded":        {map[string]string{"components/net/testdata/golden.txt": "new"}, net("package components/net")},
		"an embedded file":                      {map[string]string{"components/net/text/a.txt": "b"}, net("package components/net")},
		"one more embedded file":                {map[string]string{"components/net/text/deep/b.txt": "b"}, net("package components/net")},
		"an embedded file that goes":            {map[string]string{"components/net/text/a.txt": "", "components/net/text/b.txt": "a"}, net("package components/net")},
		"a hidden file beside":                  {map[string]string{"components/net/text/.hidden": "b"}, nil},
		"a file of this system":                 {replace("components/net/net_linux.go", "linux\"", "gnu\""), net("package components/net")},
		"a file of another system":              {replace("components/net/net_darwin.go", "darwin\"", "mac\""), nil},
		"a file that is left out":               {replace("components/net/spare.go", "= 1", "= 2"), nil},
		"a file that is left out no longer":     {replace("components/net/spare.go", "//go:build spare", "//go:build !spare"), net("package components/net")},
		"the name of a file":                    {map[string]string{"components/net/gen.go": "", "components/net/gen2.go": tree["components/net/gen.go"]}, nil},
		"the order of files":                    {map[string]string{"components/net/gen.go": "", "components/net/zgen.go": tree["components/net/gen.go"]}, net("package components/net")},
		"a package of nobody":                   {map[string]string{"tools/tool.go": "", "tools/new.go": "package main\n\nfunc main() {}\n"}, nil},
		"a package that is renamed":             {with(replace("stacks/data/data.go", "components/names", "components/words"), map[string]string{"components/names/names.go": "", "components/words/names.go": tree["components/names/names.go"]}), map[string]string{"data": "package components/names (removed), package components/words (added), package stacks/data"}},
		"a package that is no longer used":      {with(map[string]string{"stacks/data/data.go": "package data\n\nvar Stack = \"data\"\n"}, map[string]string{"components/names/names.go": "", "root.go": ""}), map[string]string{"data": "package . (removed), package components/names (removed), package stacks/data"}},
		"the kit":                               {replace("kit/kit.go", "...string", "...any"), both("package kit")},
		"more than the table":                   {replace("stacks/main.go", "func main", "func init() {}\n\nfunc main"), both("package stacks")},
		"a comment in the table":                {replace("stacks/main.go", "func main", "// The table.\nfunc main"), nil},
		"a module of nobody":                    {replace("go.mod", "unused v1.0.0", "unused v1.1.0"), nil},
		"a used module":                         {replace("go.mod", "used v1.0.0\n)", "used v1.1.0\n)"), net("module example.org/used v1.0.0 → v1.1.0")},
		"what the unused part of a module uses": {replace("go.mod", "deep v1.0.0", "deep v1.1.0"), nil},
		"a remark in go.mod":                    {replace("go.mod", "go 1.26\n", "go 1.26 // the newest\n"), nil},
		"a language that is no other":           {replace("go.mod", "go 1.26", "go 1.26.1"), nil},
		"a toolchain that is older than ours":   {replace("go.mod", "go 1.26\n", "go 1.26\n\ntoolchain go1.26.0\n"), nil},
		"a switch of the runtime":               {replace("go.mod", "go 1.26\n", "go 1.26\n\ngodebug panicnil=1\n"), both("toolchain language go 1.26 → go 1.26 with panicnil=1")},
		"a module that is replaced":             {map[string]string{"go.mod": goMod + "\nreplace example.org/used => ./third/used\n"}, net("package third/used/sub (added), module example.org/used v1.0.0 (removed)")},
		"a directory of nobody":                 {replace("third/used/sub/sub.go", "third", "other"), nil},
	}
	base := listed(t, b, tree).Facts()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := map[string]string{}
			for _, a := range affected.Stacks(base, listed(t, b, with(tree, c.change)).Facts()) {
				got[a.Name] = reasons(a)
			}
			if c.want == nil {
				c.want = map[string]string{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTheLanguageCountsForEveryStack(t *testing.T) {
	t.Parallel()
	b, sums := proxy(t)
	tree := touchable(sums)
	got := says(t, b, tree, with(tree, map[string]string{"go.mod": strings.Replace(goMod, "go 1.26", "go 1.25", 1)}))
	for _, stack := range []string{"network", "data"} { // the runtime of 1.25 follows, in words that depend on the toolchain
		if !strings.HasPrefix(got[stack], "toolchain language go 1.26 → go 1.25") {
			t.Errorf("%s: %s", stack, got[stack])
		}
	}
}

func reasons(a gitops.Affected) string {
	var out []string
	for _, r := range a.Reasons {
		out = append(out, r.Kind+" "+r.Detail)
	}
	return strings.Join(out, ", ")
}

func TestModulesOfTheRepositoryCountByTheirFiles(t *testing.T) {
	t.Parallel()
	b, sums := proxy(t)
	replaced := with(touchable(sums), map[string]string{"go.mod": goMod + "\nreplace example.org/used => ./third/used\n"})
	work := with(touchable(sums), map[string]string{"go.work": "go 1.26\n\nuse (\n\t.\n\t./third/used\n)\n"})
	copied := with(touchable(sums), vendored())
	for name, c := range map[string]struct{ base, change, want map[string]string }{
		"a file of a replaced module":        {replaced, map[string]string{"third/used/sub/sub.go": "package sub\n\nconst Text = \"new\"\n"}, map[string]string{"network": "package third/used/sub"}},
		"a part of it that nobody uses":      {replaced, map[string]string{"third/used/other/other.go": "package other\n\nconst X = 1\n"}, nil},
		"its language":                       {replaced, map[string]string{"third/used/go.mod": "module example.org/used\n\ngo 1.25\n"}, map[string]string{"network": "package third/used/sub"}},
		"a version that it asks for":         {replaced, map[string]string{"third/used/go.mod": "module example.org/used\n\ngo 1.26\n\nrequire example.org/deep v1.0.0\n"}, nil},
		"a file of a module beside":          {work, map[string]string{"third/used/sub/sub.go": "package sub\n\nconst Text = \"new\"\n"}, map[string]string{"network": "package third/used/sub"}},
		"a part beside that nobody uses":     {work, map[string]string{"third/used/other/other.go": "package other\n\nconst X = 1\n"}, nil},
		"an edited copy":                     {copied, map[string]string{"vendor/example.org/used/sub/sub.go": "package sub\n\nconst Text = \"new\"\n"}, map[string]string{"network": "package vendor/example.org/used"}},
		"a remark in a copy":                 {copied, map[string]string{"vendor/example.org/used/sub/sub.go": "package sub\n\n// X.\nconst Text = \"one\"\n"}, nil},
		"a copy that no stack is made from":  {copied, map[string]string{"vendor/example.org/unused/unused.go": "package unused\n\nconst X = 1\n"}, nil},
		"a copy of another version":          {copied, map[string]string{"go.mod": strings.Replace(goMod, "used v1.0.0\n)", "used v1.1.0\n)", 1), "vendor/modules.txt": strings.Replace(vendored()["vendor/modules.txt"], "example.org/used v1.0.0", "example.org/used v1.1.0", 1), "vendor/example.org/used/sub/sub.go": "package sub\n\nconst Text = \"two\"\n"}, map[string]string{"network": "module example.org/used v1.0.0 → v1.1.0"}},
		"modules that are copied, unchanged": {touchable(sums), vendored(), map[string]string{"network": "package vendor/example.org/used (added)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.want == nil {
				c.want = map[string]string{}
			}
			if diff := cmp.Diff(c.want, says(t, b, c.base, with(c.base, c.change))); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// The choice of versions by a module of the repository is an input even when no
// package of that module itself is compiled.
func TestAProgramIsCompiledAnewWhenAReplacedModuleAsksForOtherVersions(t *testing.T) {
	t.Parallel()
	b, sums := proxy(t)
	root := t.TempDir()
	write(t, root, with(touchable(sums), map[string]string{"go.mod": goMod + "\nreplace example.org/used => ./third/used\n"}))
	first := build(t, b, root)
	write(t, root, map[string]string{"third/used/go.mod": "module example.org/used\n\ngo 1.25\n"})
	if second := build(t, b, root); second.Cached || second.Key == first.Key {
		t.Error("the old program is used")
	}
}

func TestWhatAProgramSaysIsKnownForAllProgramsOfTheSameCode(t *testing.T) {
	t.Parallel()
	b, root := newBuilder(t), estate(t, nil)
	src := program.Source{Root: root}
	if _, _, known, err := b.List(t.Context(), src); known || err != nil {
		t.Fatalf("known %v, %v", known, err)
	}
	bin := build(t, b, root)
	want, err := program.Describe(t.Context(), bin)
	if err != nil {
		t.Fatal(err)
	}
	write(t, root, map[string]string{"stacks/network/network.go": "// Package network is the same.\npackage network\n\nconst Name = \"network\"\n"})
	l, got, known, err := b.List(t.Context(), src)
	if err != nil || !known {
		t.Fatalf("known %v, %v", known, err)
	}
	if diff := cmp.Diff(want, got); diff != "" || l.Same() != bin.Listing().Same() {
		t.Error("it is another program: " + diff)
	}
	write(t, root, map[string]string{"stacks/network/network.go": "package network\n\nconst Name = \"networks\"\n"})
	if _, _, known, err = b.List(t.Context(), src); known || err != nil {
		t.Errorf("another program is known: %v", err)
	}
}
