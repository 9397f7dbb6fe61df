package frompulumi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

// project is a small one, whose program is body.
func project(name, body string, stacks ...Stack) Project {
	return Project{Name: name, Module: "example.com/" + name, Stacks: stacks, Program: Program{Main: ".", Files: map[string][]byte{
		"go.mod":  []byte("module example.com/" + name + "\n\ngo 1.26.0\n"),
		"main.go": []byte(head + "func main() {\n\tpulumi.Run(func(ctx *pulumi.Context) error {\n\t\t" + body + "\n\t\treturn nil\n\t})\n}\n"),
	}}}
}

// state is an exported one of a stack that reads others.
func state(project, stack string, reads ...string) []byte {
	urn := "urn:pulumi:" + stack + "::" + project + "::"
	list := []string{fmt.Sprintf(`{"urn":"%spulumi:pulumi:Stack::%s-%s","type":"pulumi:pulumi:Stack"}`, urn, project, stack),
		fmt.Sprintf(`{"urn":"%saws:sqs/queue:Queue::q","type":"aws:sqs/queue:Queue","outputs":{"arn":"arn:aws:sqs:eu-west-1:123456789012:q"}}`, urn)}
	for _, r := range reads {
		list = append(list, fmt.Sprintf(`{"urn":"%spulumi:pulumi:StackReference::%s","type":"pulumi:pulumi:StackReference","inputs":{"name":"%s"}}`, urn, r, r))
	}
	return []byte(`{"version":3,"deployment":{"resources":[` + strings.Join(list, ",") + `]}}`)
}

func regional(more map[string]settings.Value) map[string]settings.Value {
	out := map[string]settings.Value{"aws:region": text("eu-west-1")}
	for k, v := range more {
		out[k] = v
	}
	return out
}

var options = Options{Name: "shop", Home: "example.com/shop", Provider: "aws", GoMod: []byte(kitMod), Kit: []string{"example.com/kit"}}

func TestProjectsThatReadEachOtherBecomeOneEstate(t *testing.T) {
	t.Parallel()
	net := project("Net", `println("./README.md")`, Stack{Name: "dev", File: "Pulumi.dev.yaml", State: state("Net", "dev"), Config: regional(nil)})
	net.Files["README.md"] = nil
	app := project("app", `_, _ = pulumi.NewStackReference(ctx, "acme/Net/dev", nil)`, Stack{Name: "dev", File: "Pulumi.dev.yaml",
		State: state("app", "dev", "acme/Net/dev", "acme/Gone/dev"), Config: regional(map[string]settings.Value{"app:size": text("3"), "app:environment": text("x"), "gcp:project": text("p")})})
	got, err := Carry([]Project{net, app}, options)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{".gitignore", "Pulumi.yaml", "environments/dev.yaml", "go.mod", "go.sum", "net/README.md", "policies/main.go", "stacks/app/main.go", "stacks/app/stack.go",
		"stacks/main.go", "stacks/net/main.go", "stacks/net/stack.go"}
	if diff := cmp.Diff(want, sortedKeys(got.Files)); diff != "" {
		t.Fatal(diff, got.Findings)
	}
	for file, part := range map[string]string{
		"stacks/app/stack.go": `estate.Define("app", build, estate.FromProject("app"), estate.Needs(net.Stack))`,
		"stacks/net/stack.go": `estate.Define("net", build, estate.FromProject("Net"))`,
		"stacks/app/main.go":  `estate.NewStackReference(ctx, "acme/Net/dev", nil)`,
		"stacks/main.go":      `estate.Main(net.Stack, app.Stack)`,
		"Pulumi.yaml":         "name: shop\n",
		".gitignore":          "/.trunkline/\n",
	} {
		if !strings.Contains(string(got.Files[file]), part) {
			t.Errorf("%s has no %s:\n%s", file, part, got.Files[file])
		}
	}
	env, err := environments.Parse("environments/dev.yaml", got.Files["environments/dev.yaml"])
	if err != nil {
		t.Fatal(err)
	}
	if env.Cloud.Account != "123456789012" || env.Stacks["app"].Values["size"].Text != "3" || env.Config["shop:environment"].Text != "x" || env.Config["gcp:project"].Text != "p" {
		t.Errorf("%s", got.Files["environments/dev.yaml"])
	}
	if len(got.States) != 2 || !strings.Contains(string(got.States[1].Exported), "urn:pulumi:app.dev::shop::aws:sqs/queue:Queue::q") {
		t.Errorf("%v", got.States)
	}
	var found []string
	for _, f := range got.Findings {
		found = append(found, f.String())
	}
	wantFound := []string{
		`Pulumi.dev.yaml: the program reads the stack acme/Gone/dev, and the project Gone does not become part of this estate; carry it over as well, with another --from-pulumi`,
		`main.go:7: "./README.md" looks like a file, and the program runs at the top of the estate; if it is one, write "./net/README.md"`,
	}
	if diff := cmp.Diff(wantFound, found); diff != "" {
		t.Error(diff)
	}
}

func TestOneProjectKeepsItsNames(t *testing.T) {
	t.Parallel()
	got, err := Carry([]Project{project("web", "", Stack{Name: "dev", State: state("web", "dev"), Config: regional(nil)})}, options)
	if err != nil || len(got.Findings) > 0 {
		t.Fatal(err, got.Findings)
	}
	if got.Project != "web" || got.Home != "example.com/web" || !strings.HasPrefix(string(got.Files["go.mod"]), "module example.com/web\n") {
		t.Errorf("%s %s", got.Project, got.Home)
	}
}

func TestWhatBlocksLeavesNothingButFindings(t *testing.T) {
	t.Parallel()
	good := func() Stack {
		return Stack{Name: "dev", File: "Pulumi.dev.yaml", State: state("web", "dev"), Config: regional(nil)}
	}
	with := func(change func(*Project)) []Project {
		p := project("web", "", good())
		change(&p)
		return []Project{p}
	}
	other := project("app", "", good())
	other.Stacks[0].State, other.Stacks[0].Config = state("app", "dev"), map[string]settings.Value{"aws:region": text("us-east-1")}
	for want, projects := range map[string][]Project{
		"the stack Dev_1 cannot become an environment":          with(func(p *Project) { p.Stacks[0].Name = "Dev_1" }),
		"the project web has no stacks":                         with(func(p *Project) { p.Stacks = nil }),
		"an estate needs the directory environments for itself": with(func(p *Project) { p.Files["environments/a.txt"] = nil }),
		"the region of dev is not known":                        with(func(p *Project) { p.Stacks[0].Config = nil }),
		"the account of dev is not known":                       with(func(p *Project) { p.Stacks[0].State = nil }),
		"go.mod:3: module example.com/x is replaced by the directory ../x": with(func(p *Project) {
			p.Files["go.mod"] = []byte("module example.com/web\n\nreplace example.com/x => ../x\n")
		}),
		"aws:region is something else in another project":                  {project("web", "", good()), other},
		"the project WEB would become the stack web, which web is already": {project("web", "", good()), project("WEB", "", good())},
	} {
		got, err := Carry(projects, options)
		if err != nil || len(got.Files)+len(got.States) > 0 {
			t.Errorf("%s: %v, and %d files", want, err, len(got.Files))
		}
		said := false
		for _, f := range got.Findings {
			said = said || f.Blocks && strings.Contains(f.String(), want)
		}
		if !said {
			t.Errorf("nobody says that %s: %v", want, got.Findings)
		}
	}
}

func TestAProjectWithAPolicyOfItsOwnKeepsItAndIsToldThatThereAreNoOthers(t *testing.T) {
	t.Parallel()
	p := project("app", "", Stack{Name: "dev", File: "Pulumi.dev.yaml", State: state("app", "dev"), Config: regional(nil)})
	p.Files["policy/role.json"] = nil
	got, err := Carry([]Project{p}, options)
	if err != nil {
		t.Fatal(err)
	}
	if got.Policed() || len(got.Findings) != 1 || got.Findings[0].Blocks || got.Findings[0].File != "policy" {
		t.Error(sortedKeys(got.Files), got.Findings)
	}
}
