package program_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/program"
)

func code(t *testing.T, b *program.Builder, root string) affected.Code {
	t.Helper()
	bin := build(t, b, root)
	d, err := program.Describe(t.Context(), bin)
	if err != nil {
		t.Fatal(err)
	}
	return bin.Listing().Code(d)
}

func TestCodeIsWhatEachStackIsCompiledFrom(t *testing.T) {
	t.Parallel()
	got := code(t, newBuilder(t), estate(t, nil))
	want := map[string][]string{
		// main.go of this estate is more than a table, and imports the queue
		"network": {"components/queue", "stacks", "stacks/network"},
		"data":    {"components/queue", "stacks", "stacks/data"},
	}
	for name, packages := range want {
		if diff := cmp.Diff(packages, slices.Sorted(maps.Keys(got.Definitions()[name].Packages))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	if diff := cmp.Diff([]string{"network"}, got.Definitions()["data"].Needs); diff != "" {
		t.Error(diff)
	}
	if len(got.Toolchain) < len("go1.26") || got.Toolchain[:2] != "go" {
		t.Errorf("toolchain is %q", got.Toolchain)
	}
}

// plain is an estate whose main package is a table. Its kit is a package of
// its own.
func plain(table string, more map[string]string) map[string]string {
	all := map[string]string{
		"stacks/main.go": "package main\n\nimport (\n\t\"example.com/estate/estate\"\n\t\"example.com/estate/stacks/data\"\n\t\"example.com/estate/stacks/network\"\n" + table,
		"estate/estate.go": `package estate

import "fmt"

type Stack struct{ Name, Package string }

func Main(stacks ...Stack) {
	out := ""
	for i, s := range stacks {
		if i > 0 {
			out += ","
		}
		out += fmt.Sprintf("{\"name\":%q,\"package\":%q}", s.Name, s.Package)
	}
	fmt.Printf("{\"schema\":\"trunkline.estate/v1\",\"module\":\"example.com/estate\",\"stacks\":[%s]}", out)
}
`,
		"stacks/network/network.go": "package network\n\nimport \"example.com/estate/estate\"\n\nvar Stack = estate.Stack{Name: \"network\", Package: \"example.com/estate/stacks/network\"}\n",
		"stacks/data/data.go":       "package data\n\nimport (\n\t_ \"example.com/estate/components/queue\"\n\t\"example.com/estate/estate\"\n)\n\nvar Stack = estate.Stack{Name: \"data\", Package: \"example.com/estate/stacks/data\"}\n",
	}
	maps.Copy(all, more)
	return all
}

const two = ")\n\nfunc main() { estate.Main(network.Stack, data.Stack) }\n"

func TestAChangeReachesTheStacksThatAreCompiledFromIt(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	base := code(t, b, estate(t, plain(two, nil)))
	three := "\t\"example.com/estate/stacks/app\"\n)\n\n// three of them\nfunc main() { estate.Main(network.Stack, data.Stack, app.Stack) }\n"
	cases := map[string]struct {
		head map[string]string
		want []string
	}{
		"a component": {
			plain(two, map[string]string{"components/queue/text/queue.txt": "other"}),
			[]string{"data"},
		},
		"a new stack": {
			plain(three, map[string]string{"stacks/app/app.go": "package app\n\nimport \"example.com/estate/estate\"\n\nvar Stack = estate.Stack{Name: \"app\", Package: \"example.com/estate/stacks/app\"}\n"}),
			[]string{"app"},
		},
		"more than a table": {
			plain(")\n\nfunc init() {}\n\nfunc main() { estate.Main(network.Stack, data.Stack) }\n", nil),
			[]string{"data", "network"},
		},
		"an import for its effects": {
			plain("\t_ \"example.com/estate/components/unused\"\n"+two, nil),
			[]string{"data", "network"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			head := code(t, b, estate(t, c.head))
			var got []string
			for _, stack := range slices.Sorted(maps.Keys(head.Definitions())) {
				if !cmp.Equal(base.Definitions()[stack], head.Definitions()[stack]) {
					got = append(got, stack)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
