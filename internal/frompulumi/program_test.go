package frompulumi

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const head = `package main

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

`

// same is a project that keeps its name and place.
var same = Move{Project: "web", Estate: "web", Definition: "web", Module: "example.com/web", Home: "example.com/web"}

// among is one of several.
var among = Move{Project: "My_Web", Estate: "shop", Definition: "my-web", Module: "web", Home: "example.com/shop", Prefix: "my-web"}

func TestTheProgramBecomesAFunction(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		move     Move
		in, want string
	}{
		"inline": {same, head + `// main runs it.
func main() {
	// All of it.
	pulumi.Run(func(c *pulumi.Context) error {
		c.Export("stage", pulumi.String(c.Stack()))
		return nil // done
	})
}
`, `package web

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

import "example.com/web/estate"

// main runs it.
func program(c *pulumi.Context) error {
	// All of it.
	c.Export("stage", pulumi.String(estate.EnvironmentOf(c).Name))
	return nil // done
}
`},
		"on one line": {same, head + "func main() { pulumi.Run(func(ctx *pulumi.Context) error { return nil }) } // all\n",
			strings.Replace(head, "main", "web", 1) + "func program(ctx *pulumi.Context) error { return nil } // all\n"},
		"with a comment at its end": {same, head + "func main() {\n\tpulumi.Run(func(ctx *pulumi.Context) error {\n\t\treturn nil // all\n\t}) }\n",
			strings.Replace(head, "main", "web", 1) + "func program(ctx *pulumi.Context) error {\n\n\treturn nil // all\n}\n"},
		"by name": {same, head + "func main() { pulumi.Run(deploy) }\n\nfunc deploy(ctx *pulumi.Context) error { return nil }\n",
			strings.Replace(head, "main", "web", 1) + "func program(ctx *pulumi.Context) error { return deploy(ctx) }\n\nfunc deploy(ctx *pulumi.Context) error { return nil }\n"},
		"after something else": {same, head + "func main() {\n\tprintln()\n\tpulumi.Run(func(ctx *pulumi.Context) error { return nil })\n}\n",
			strings.Replace(head, "main", "web", 1) + "func program(pulumiContext *pulumi.Context) error {\n\tprintln()\n\treturn func(ctx *pulumi.Context) error { return nil }(pulumiContext)\n}\n"},
		"among several": {among, `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"web/lib"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		_ = config.New(ctx, "My_Web").Get("a") + config.Get(ctx, "My_Web:b") + config.Get(ctx, "aws:region") + ctx.Project()
		return lib.Make(ctx)
	})
}
`, `package myweb

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"example.com/shop/my-web/lib"
)

func program(ctx *pulumi.Context) error {
	_ = config.New(ctx, "").Get("a") + config.Get(ctx, "shop:b") + config.Get(ctx, "aws:region") + "My_Web"
	return lib.Make(ctx)
}
`},
		"references": {same, head + `func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		estate := "a variable"
		_, err := pulumi.NewStackReference(ctx, "organization/net/"+ctx.Stack(), nil)
		return err
	})
}
`, `package web

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

import trunklineestate "example.com/web/estate"

func program(ctx *pulumi.Context) error {
	estate := "a variable"
	_, err := trunklineestate.NewStackReference(ctx, "organization/net/"+trunklineestate.EnvironmentOf(ctx).Name, nil)
	return err
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files, findings := Program{Main: ".", Files: map[string][]byte{"main.go": []byte(c.in)}}.Rewrite(c.move)
			if len(findings) > 0 {
				t.Fatal(findings)
			}
			if diff := cmp.Diff(c.want, string(files["stacks/"+c.move.Definition+"/main.go"])); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatCannotBecomeAFunctionIsSaidWithItsLine(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"func main() {\n\tpulumi.Run(deploy)\n\tprintln()\n}":         "main.go:5: the last thing that main does is not pulumi.Run(program); end main with it, and do everything else inside the program",
		"func main() {\n\tpulumi.Run(deploy, pulumi.WithMocks(1))\n}": "main.go:6: pulumi.Run has options; leave them out",
		"func helper() {}": ".: no function main that calls pulumi.Run; only Go projects with one package main are carried over",
		"func main() {":    "main.go: this is no Go: main.go:5:14: expected '}', found 'EOF'; mend it first",
		"func main() { pulumi.Run(build) }\nvar build, buildStack = 1, 2": ".: package main declares both build and buildStack; rename one of them",
	} {
		files, findings := Program{Main: ".", Files: map[string][]byte{"main.go": []byte(head + body)}}.Rewrite(same)
		if files != nil || len(findings) != 1 || findings[0].String() != want {
			t.Errorf("%s: got %v, want %s", body, findings, want)
		}
	}
}

func TestWhatMayBeWrongLaterIsSaidAndCarriedOver(t *testing.T) {
	t.Parallel()
	src := head + `type app struct{ ctx *pulumi.Context }

func (a app) name() string { return a.ctx.Stack() }

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error { println(ctx.Organization()); return nil })
}
`
	files, findings := Program{Main: ".", Files: map[string][]byte{"main.go": []byte(src)}}.Rewrite(same)
	var got []string
	for _, f := range findings {
		got = append(got, f.String())
	}
	want := []string{
		"main.go:7: this may ask for the name of the Pulumi stack, which is web.<environment> now; if so, write estate.EnvironmentOf(ctx).Name with Pulumi's context as ctx",
		`main.go:10: the organization is "organization" in every estate; write its name here if something is named after it`,
	}
	if diff := cmp.Diff(want, got); diff != "" || len(files) != 1 {
		t.Error(diff, len(files))
	}
}

func TestFilesGoWhereTheProgramFindsThem(t *testing.T) {
	t.Parallel()
	p := Program{Main: "cmd", Files: map[string][]byte{
		"go.mod": nil, "go.sum": nil, "README.md": nil, "lib/lib.go": []byte("package lib\n"), "cmd/web/index.html": nil,
		"cmd/main.go":      []byte(head + "//go:embed templates policy.json\nvar files embed.FS\n\nfunc main() { pulumi.Run(nil) }\n"),
		"cmd/main_test.go": []byte("package main_test\n"), "cmd/policy.json": nil, "cmd/templates/a/b.txt": nil,
	}}
	files, findings := p.Rewrite(same)
	want := []string{"README.md", "cmd/web/index.html", "lib/lib.go", "stacks/web/main.go", "stacks/web/main_test.go", "stacks/web/policy.json", "stacks/web/templates/a/b.txt"}
	if diff := cmp.Diff(want, sortedKeys(files)); diff != "" || len(findings) > 0 {
		t.Error(diff, findings)
	}
	if got := string(files["stacks/web/main_test.go"]); got != "package web_test\n" {
		t.Error(got)
	}
}

func TestTheStackFileAvoidsTheNamesOfTheProgram(t *testing.T) {
	t.Parallel()
	p := Program{Main: ".", Files: map[string][]byte{"a.go": []byte("package main\n\ntype Config struct{}\n\nfunc build() {}\n")}}
	text, stack, err := p.StackFile(among, []Field{{Key: "size", GoName: "Size", Kind: Whole, Required: true}, {Key: "list", GoName: "List", Kind: AnyValue}},
		[]Neighbour{{"net-work", "Stack"}})
	if err != nil || stack != "Stack" {
		t.Fatal(stack, err)
	}
	want := `// Package myweb is the stack that was the Pulumi project My_Web.
package myweb

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"example.com/shop/estate"
	"example.com/shop/estate/settings"
	"example.com/shop/stacks/net-work"
)

// StackConfig lists what an environment sets. The program reads it through Pulumi's
// package config.
type StackConfig struct {
	Size int            ` + "`estate:\"size\" required:\"true\"`" + `
	List settings.Value ` + "`estate:\"list\"`" + `
}

// Outputs is empty: the program exports its outputs itself.
type Outputs struct{}

// Stack is the stack.
var Stack = estate.Define("my-web", buildStack, estate.FromProject("My_Web"), estate.Needs(network.Stack))

func buildStack(ctx *pulumi.Context, _ estate.Environment, _ StackConfig) (*Outputs, error) {
	return nil, program(ctx)
}
`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
}

func FuzzRewrite(f *testing.F) {
	f.Add(head + "func main() { pulumi.Run(func(ctx *pulumi.Context) error { return nil }) }\n")
	f.Add(head + "func main() { f(); pulumi.Run(f) }\n")
	f.Add("package main\nfunc main()")
	f.Add("package main\nimport (\n. \"a\"\n)\nfunc main() {}")
	f.Fuzz(func(t *testing.T, src string) {
		files, findings := Program{Main: ".", Files: map[string][]byte{"main.go": []byte(src)}}.Rewrite(among)
		if files == nil && len(findings) == 0 {
			t.Fatal("no files, and nobody says why")
		}
		for name, text := range files {
			if _, err := parser.ParseFile(token.NewFileSet(), name, text, 0); err != nil {
				t.Errorf("from %q came no Go: %v", src, err)
			}
		}
	})
}
