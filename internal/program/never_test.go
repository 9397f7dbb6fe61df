package program_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/program"
)

const (
	grownStacks     = 4
	grownComponents = 5
	grownEdits      = 30
)

// grown is a tree of stacks and components that edits make different. What a
// stack does is one text, in which everything that it is compiled from shows.
type grown struct {
	files map[string]string
	r     *rand.Rand
	// made counts the edits, so that each makes something new.
	made int
}

func grow(r *rand.Rand) *grown {
	g := &grown{files: map[string]string{"go.mod": "module example.com/estate\n\ngo 1.26\n\nrequire example.org/lib v0.0.0\n\nreplace example.org/lib => ./lib\n",
		"lib/go.mod": "module example.org/lib\n\ngo 1.26\n", "lib/lib.go": "package lib\n\nvar Value = \"lib\"\n", "lib/sub/sub.go": "package sub\n\nvar Value = \"sub\"\n"}, r: r}
	var imports, says, described []string
	for i := range grownComponents {
		g.component(i)
	}
	for i := range grownStacks {
		name := fmt.Sprintf("s%d", i)
		g.stack(i)
		imports = append(imports, "\t\"example.com/estate/stacks/"+name+"\"")
		says = append(says, "\t\tfmt.Println(\""+name+"\", "+name+".Value)")
		described = append(described, `{\"name\":\"`+name+`\",\"package\":\"example.com/estate/stacks/`+name+`\"}`)
	}
	g.files["stacks/main.go"] = "package main\n\nimport (\n\t\"fmt\"\n\t\"os\"\n\n" + strings.Join(imports, "\n") + "\n)\n\nfunc main() {\n\tif os.Args[1] == \"say\" {\n" +
		strings.Join(says, "\n") + "\n\t\treturn\n\t}\n\tfmt.Print(\"{\\\"schema\\\":\\\"trunkline.estate/v1\\\",\\\"module\\\":\\\"example.com/estate\\\",\\\"stacks\\\":[" + strings.Join(described, ",") + "]}\")\n}\n"
	return g
}

func (g *grown) new() string { g.made++; return fmt.Sprintf("v%d", g.made) }

// component writes a component: it imports one with a higher number, or a package
// of the other module, and embeds a file.
func (g *grown) component(i int) {
	name := fmt.Sprintf("c%d", i)
	next, value := "example.org/lib", "lib.Value"
	if j := i + 1 + g.r.IntN(3); j < grownComponents {
		next, value = fmt.Sprintf("example.com/estate/components/c%d", j), fmt.Sprintf("c%d.Value", j)
	} else if g.r.IntN(2) == 0 {
		next, value = "example.org/lib/sub", "sub.Value"
	}
	dir := "components/" + name + "/"
	g.files[dir+name+".go"] = "package " + name + "\n\nimport (\n\t_ \"embed\"\n\n\t\"" + next + "\"\n)\n\n//go:embed text.txt\nvar text string\n\n// Value shows.\nvar Value = \"" + g.new() + "\" + text + tagged + " + value + "\n"
	g.files[dir+"tag_linux.go"] = "package " + name + "\n\nconst tagged = \"" + g.new() + "\"\n"
	g.files[dir+"tag_other.go"] = "//go:build !linux\n\npackage " + name + "\n\nconst tagged = \"" + g.new() + "\"\n"
	g.files[dir+"text.txt"] = g.new()
}

func (g *grown) stack(i int) {
	name, used := fmt.Sprintf("s%d", i), fmt.Sprintf("c%d", g.r.IntN(grownComponents))
	g.files["stacks/"+name+"/"+name+".go"] = "package " + name + "\n\nimport \"example.com/estate/components/" + used + "\"\n\nvar Value = \"" + g.new() + "\" + " + used + ".Value\n"
}

// edit changes the tree at random. inert tells that the change is one that nothing
// may be touched by.
func (g *grown) edit() (what string, inert bool) {
	name := fmt.Sprintf("c%d", g.r.IntN(grownComponents))
	dir := "components/" + name + "/"
	edits := []func() (string, bool){
		func() (string, bool) { g.component(int(name[1] - '0')); return "component " + name, false },
		func() (string, bool) { i := g.r.IntN(grownStacks); g.stack(i); return fmt.Sprint("stack s", i), false },
		func() (string, bool) { g.files[dir+"text.txt"] = g.new(); return "text of " + name, false },
		func() (string, bool) {
			g.files["lib/lib.go"] = "package lib\n\nvar Value = \"" + g.new() + "\"\n"
			return "lib", false
		},
		func() (string, bool) {
			g.files["lib/sub/sub.go"] = "package sub\n\nvar Value = \"" + g.new() + "\"\n"
			return "lib/sub", false
		},
		func() (string, bool) {
			g.files[dir+"tag_linux.go"] = "package " + name + "\n\nconst tagged = \"" + g.new() + "\"\n"
			return "file of Linux in " + name, false
		},
		func() (string, bool) {
			g.files[dir+"init.go"] = "package " + name + "\n\nfunc init() { Value += \"" + g.new() + "\" }\n"
			return "init of " + name, false
		},
		func() (string, bool) {
			g.files[dir+"tag_other.go"] = "//go:build !linux\n\npackage " + name + "\n\nconst tagged = \"" + g.new() + "\"\n"
			return "file of other systems in " + name, true
		},
		func() (string, bool) {
			g.files[dir+"x_test.go"] = "package " + name + "\n\nvar _ = \"" + g.new() + "\"\n"
			return "test of " + name, true
		},
		func() (string, bool) { g.files[dir+"testdata/x.txt"] = g.new(); return "testdata of " + name, true },
		func() (string, bool) {
			g.files[dir+name+".go"] += "\n// Remark " + g.new() + ".\n"
			return "remark in " + name, true
		},
		func() (string, bool) { g.files["docs/x.md"] = g.new(); return "document", true },
		func() (string, bool) {
			g.files["tools/x.go"] = "package tools\n\nvar _ = \"" + g.new() + "\"\n"
			return "unused package", true
		},
	}
	return edits[g.r.IntN(len(edits))]()
}

// behaviour compiles the tree and asks every stack what it does.
func (g *grown) behaviour(t *testing.T, b *program.Builder) (map[string]string, affected.Facts) {
	t.Helper()
	root := t.TempDir()
	write(t, root, g.files)
	bin := build(t, b, root)
	d, err := program.Describe(t.Context(), bin)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), bin.Path, "say").Output()
	if err != nil {
		t.Fatal(err)
	}
	does, stacks := map[string]string{}, map[string]map[string]affected.Setting{}
	for line := range strings.Lines(string(out)) {
		name, text, _ := strings.Cut(line, " ")
		does[name], stacks[name] = text, nil
	}
	if len(does) != grownStacks {
		t.Fatalf("%d stacks say what they do", len(does))
	}
	return does, affected.Revision{Code: bin.Listing().Code(d), Environments: []affected.Environment{{Name: "dev", Stacks: stacks}}}.Facts()
}

// Random trees are edited at random, compiled for real and run. Whatever does
// something else after an edit is affected, and what the compiler never sees
// affects nothing.
func TestEveryStackThatDoesSomethingElseIsAffected(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			b := newBuilder(t)
			g := grow(rand.New(rand.NewPCG(seed, 1)))
			before, base := g.behaviour(t, b)
			changes, exact := 0, 0
			for range grownEdits / 3 {
				what, inert := g.edit()
				after, head := g.behaviour(t, b)
				hit := map[string]bool{}
				for _, a := range affected.Stacks(base, head) {
					hit[a.Name] = true
				}
				for name, does := range after {
					if does != before[name] {
						changes++
						if !hit[name] {
							t.Errorf("%s: %s does something else and is not affected", what, name)
						}
					}
				}
				if inert {
					exact++
					if len(hit) > 0 {
						t.Errorf("%s: %v are affected", what, hit)
					}
				}
				before, base = after, head
			}
			if changes == 0 || exact == 0 {
				t.Errorf("%d changes and %d edits without one prove nothing", changes, exact)
			}
		})
	}
}
