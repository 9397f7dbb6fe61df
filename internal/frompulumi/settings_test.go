package frompulumi

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

func TestUsesAreWhatTheProgramReadsOfItsOwn(t *testing.T) {
	t.Parallel()
	src := `package main

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

func deploy(ctx *pulumi.Context, other map[string]string) {
	cfg, aws := config.New(ctx, ""), config.New(ctx, "aws")
	_ = cfg.RequireInt("count")
	_ = cfg.Get("name")
	_ = cfg.RequireSecret("password")
	cfg.RequireObject("rules", &other)
	_, _ = cfg.TryBool("debug")
	_ = cfg.GetFloat64("ratio")
	_ = cfg.Get("count2") + cfg.Get(name())
	_ = cfg.GetInt("count2")
	_ = aws.Require("region")
	_ = config.New(ctx, ctx.Project()).Require("direct")
	_ = config.Require(ctx, "web:full") + config.Get(ctx, "gcp:project")
	_ = other.Get("not")
}
`
	got := Program{Main: ".", Files: map[string][]byte{"main.go": []byte(src)}}.Uses("web")
	want := map[string]Use{"count": {Whole, true}, "name": {Text, false}, "password": {Text, true}, "rules": {AnyValue, true}, "debug": {Truth, false},
		"ratio": {Number, false}, "count2": {Text, false}, "direct": {Text, true}, "full": {Text, true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func text(s string) settings.Value   { return settings.Value{Kind: settings.String, Text: s} }
func secret(s string) settings.Value { return settings.Value{Kind: settings.SecretValue, Text: s} }

func TestFieldsFitTheValuesOfEveryStack(t *testing.T) {
	t.Parallel()
	list := settings.Value{Kind: settings.List, List: []settings.Value{text("a")}}
	dev := map[string]settings.Value{"count": text("3"), "zip": text("007"), "on": text("true"), "db-password": secret("x"), "mixed": secret("x"), "list": list,
		"environment": text("dev"), "a:b": text("1"), "ratio": text("0.5"), "unread": text("5")}
	prod := map[string]settings.Value{"count": text("4"), "on": text("1"), "mixed": text("plain")}
	uses := map[string]Use{"count": {Whole, true}, "zip": {Whole, true}, "on": {Truth, false}, "ratio": {Number, true}, "unset": {Text, false}}
	want := []Field{
		{"count", "Count", Whole, true}, {"db-password", "DbPassword", Secret, false}, {"list", "List", AnyValue, false}, {"mixed", "Mixed", AnyValue, false},
		{"on", "On", Text, false}, {"ratio", "Ratio", Number, false}, {"unread", "Unread", Text, false}, {"unset", "Unset", Text, false}, {"zip", "Zip", Text, false},
	}
	if diff := cmp.Diff(want, Fields(uses, []map[string]settings.Value{dev, prod})); diff != "" {
		t.Error(diff)
	}
}

func TestTheEnvironmentsFileReadsBackAsWhatWasWritten(t *testing.T) {
	t.Parallel()
	values := map[string]settings.Value{"count": text("3"), "name": text("a: \"b\" # <c>\n"), "on": text("true"), "key": secret("tk1:x"),
		"rules": {Kind: settings.List, List: []settings.Value{{Kind: settings.Map, Map: map[string]settings.Value{"no": text("x"), "p w": secret("y")}}}}}
	e := Environment{Name: "dev", File: "Pulumi.dev.yaml", Provider: "aws", Account: "123456789012",
		Config: map[string]settings.Value{"aws:region": text("eu-west-1"), "aws:profile": text("me"), "aws:secretKey": secret("z"), "gcp:project": text("p")},
		Stacks: map[string]map[string]settings.Value{"web": values, "net": nil},
		Fields: map[string][]Field{"web": {{Key: "count", Kind: Whole}, {Key: "on", Kind: Text}}}}
	findings := e.place()
	if len(findings) != 1 || findings[0].Blocks {
		t.Error(findings)
	}
	read, err := environments.Parse("environments/dev.yaml", []byte(e.Text()))
	if err != nil {
		t.Fatalf("%v in\n%s", err, e.Text())
	}
	if c := read.Cloud; c.Region != "eu-west-1" || c.Account != "123456789012" || c.Credentials.Profile != "me" {
		t.Errorf("cloud is %+v", c)
	}
	values["count"] = settings.Value{Kind: settings.Int, Text: "3"}
	for key, want := range values {
		if got := read.Stacks["web"].Values[key]; got.Canonical() != want.Canonical() {
			t.Errorf("%s is %s, want %s", key, got.Canonical(), want.Canonical())
		}
	}
	if v, there := read.Config["aws:defaultTags"]; !there || v.Kind != settings.Null || read.Config["gcp:project"].Text != "p" || len(read.Config) != 2 {
		t.Errorf("config is %v", read.Config)
	}
}

func TestDefinitionNamesFitTheKit(t *testing.T) {
	t.Parallel()
	for project, want := range map[string]string{"web": "web", "My_Web.App": "my-web-app", "1st": "stack-1st", "--": "stack"} {
		if got := DefinitionName(project); got != want {
			t.Errorf("%s becomes %q, want %q", project, got, want)
		}
	}
}

func TestTheCloudIsThatOfTheState(t *testing.T) {
	t.Parallel()
	exported := []byte(`{"deployment":{"resources":[
 {"urn":"urn:pulumi:dev::web::pulumi:providers:aws::us","inputs":{"region":"us-east-1"}},
 {"urn":"urn:pulumi:dev::web::pulumi:providers:aws::default_6_83_2","inputs":{"region":"eu-west-1"}},
 {"urn":"urn:pulumi:dev::web::a:b:C::d","outputs":{"role":"arn:aws:iam::aws:policy/x","of":"arn:aws:iam::210987654321:role/x",
  "arn":"arn:aws:sqs:eu-west-1:123456789012:q","url":"arn:aws:sqs:eu-west-1:123456789012:r"}}]}}`)
	if region, account := RegionOf(exported), AccountOf(exported); region != "eu-west-1" || account != "123456789012" {
		t.Error(region, account)
	}
	if region, account := RegionOf([]byte("{")), AccountOf([]byte("{")); region+account != "" {
		t.Error(region, account)
	}
}
