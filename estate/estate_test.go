package estate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate/describe"
)

type netConfig struct {
	Zones int `estate:"zones" default:"2" min:"1" max:"6" doc:"availability zones"`
}

type netOutputs struct {
	VpcID   pulumi.StringOutput      `pulumi:"vpcId" doc:"the VPC"`
	Subnets pulumi.StringArrayOutput `pulumi:"subnets"`
	Zones   pulumi.IntOutput         `pulumi:"zones"`
	Public  pulumi.BoolOutput        `pulumi:"public"`
	Tags    pulumi.StringMapOutput   `pulumi:"tags"`
	Extra   pulumi.AnyOutput         `pulumi:"extra"`
}

var network = Define("network", func(_ *pulumi.Context, env Environment, cfg netConfig) (*netOutputs, error) {
	return &netOutputs{
		VpcID:   pulumi.Sprintf("vpc-%s", env.Name),
		Subnets: pulumi.ToStringArray([]string{"a", "b"}).ToStringArrayOutput(),
		Zones:   pulumi.Int(cfg.Zones).ToIntOutput(),
		Public:  pulumi.Bool(true).ToBoolOutput(),
		Tags:    pulumi.StringMap{"k": pulumi.String("v")}.ToStringMapOutput(),
		Extra:   pulumi.Any(1),
	}, nil
}, Doc("The network that everything is in."))

type appConfig struct {
	Password Secret `estate:"password" required:"true"`
}

type appOutputs struct {
	Where pulumi.StringOutput `pulumi:"where"`
	Pass  pulumi.StringOutput `pulumi:"pass"`
}

var app = Define("app", buildApp, Needs(network))

func buildApp(ctx *pulumi.Context, env Environment, cfg appConfig) (*appOutputs, error) {
	net, err := Use(ctx, network)
	if err != nil {
		return nil, err
	}
	if _, err := Use(ctx, network); err != nil { // twice is one reference
		return nil, err
	}
	where := pulumi.All(net.VpcID, net.Subnets, net.Zones, net.Public, net.Tags, net.Extra).ApplyT(
		func(v []any) string { return fmt.Sprintf("%s %v", env.Region, v) }).(pulumi.StringOutput)
	return &appOutputs{Where: where, Pass: cfg.Password.Output()}, nil
}

// upstream plays the engine: it answers stack references from a map and keeps
// what the stack exports.
type upstream struct{ outputs resource.PropertyMap }

func (upstream) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) {
	return resource.PropertyMap{}, nil
}

func (u upstream) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	if args.TypeToken != "pulumi:pulumi:StackReference" {
		return args.Name, args.Inputs, nil
	}
	return args.ID, resource.PropertyMap{"name": args.Inputs["name"], "outputs": resource.NewProperty(u.outputs)}, nil
}

// runStack runs one stack of the table against mocks.
func runStack(t *testing.T, table []AnyStack, stack string, config map[string]string, outputs resource.PropertyMap) error {
	t.Helper()
	p, err := newProgram(table)
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := pulumi.NewContext(context.Background(), pulumi.RunInfo{
		Project: "trunkline", Stack: stack, Config: config, Mocks: upstream{outputs},
		RootDirectory: "testdata/estate",
	})
	if err != nil {
		t.Fatal(err)
	}
	return p.runSafely(ctx)
}

func devConfig(more ...string) map[string]string {
	out := map[string]string{environmentKey: `{"name":"dev","region":"eu-west-1","account":"1","provider":"sandbox","tags":{}}`}
	for i := 0; i < len(more); i += 2 {
		out["trunkline:"+more[i]] = more[i+1]
	}
	return out
}

func TestDescribePrintsTheTable(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run([]string{"describe"}, noEnv, nil, &out, &errs, []AnyStack{network, app}); code != 0 {
		t.Fatalf("code %d: %s", code, &errs)
	}
	var d describe.Description
	if err := json.Unmarshal(out.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.Schema != "trunkline.estate/v1" || d.Module != "github.com/trunkline-dev/trunkline" {
		t.Errorf("schema %q, module %q", d.Schema, d.Module)
	}
	net, _ := d.Stack("network")
	if !strings.HasPrefix(net.Source, "estate/estate_test.go:") || net.Package != "github.com/trunkline-dev/trunkline/estate" {
		t.Errorf("source %q, package %q", net.Source, net.Package)
	}
	wantOutputs := []describe.Output{
		{Name: "vpcId", Type: "string", Doc: "the VPC"}, {Name: "subnets", Type: "[]string"}, {Name: "zones", Type: "int"},
		{Name: "public", Type: "bool"}, {Name: "tags", Type: "map[string]string"}, {Name: "extra", Type: "interface {}"},
	}
	if diff := cmp.Diff(wantOutputs, net.Outputs); diff != "" {
		t.Error(diff)
	}
	if f := net.Settings.Fields[0]; f.GoField != "estate.netConfig.Zones" || f.Max != "6" || *f.Default != "2" {
		t.Errorf("settings are %+v", f)
	}
	if a, _ := d.Stack("app"); !cmp.Equal(a.Needs, []string{"network"}) {
		t.Errorf("needs are %v", a.Needs)
	}
}

func noEnv(string) string { return "" }

func TestUseFillsTypedOutputs(t *testing.T) {
	t.Parallel()
	got := ""
	probe := Define("probe", func(ctx *pulumi.Context, env Environment, cfg appConfig) (*struct{}, error) {
		out, err := buildApp(ctx, env, cfg)
		if err == nil {
			out.Where.ApplyT(func(s string) string { got = s; return s })
		}
		return nil, err
	}, Needs(network))
	err := runStack(t, []AnyStack{network, probe}, "probe.dev", devConfig("password", "x"), resource.NewPropertyMapFromMap(map[string]any{
		"vpcId": "vpc-1", "subnets": []any{"s1", "s2"}, "zones": 2.0, "public": true,
		"tags": map[string]any{"a": "b"}, "extra": "any",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := "eu-west-1 [vpc-1 [s1 s2] 2 true map[a:b] any]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRunExplainsWhatIsWrong(t *testing.T) {
	t.Parallel()
	good := map[string]any{"vpcId": "v", "subnets": []any{}, "zones": 2.0, "public": true, "tags": map[string]any{}, "extra": 1.0}
	with := func(key string, value any) resource.PropertyMap {
		m := map[string]any{}
		for k, v := range good {
			m[k] = v
		}
		if m[key] = value; value == nil {
			delete(m, key)
		}
		return resource.NewPropertyMapFromMap(m)
	}
	none := Define("none", func(*pulumi.Context, Environment, struct{}) (*netOutputs, error) { return nil, nil })
	half := Define("half", func(*pulumi.Context, Environment, struct{}) (*appOutputs, error) {
		return &appOutputs{Where: pulumi.String("x").ToStringOutput()}, nil
	})
	sly := Define("sly", func(ctx *pulumi.Context, _ Environment, _ struct{}) (*struct{}, error) {
		_, err := Use(ctx, network)
		return nil, err
	})
	boom := Define("boom", func(*pulumi.Context, Environment, struct{}) (*struct{}, error) {
		var list []int
		_ = list[len(list)]
		return nil, nil
	})
	table := []AnyStack{network, app, none, half, sly, boom}
	for name, c := range map[string]struct {
		stack   string
		config  map[string]string
		outputs resource.PropertyMap
		want    string
	}{
		"fine":              {"app.dev", devConfig("password", "s"), with("vpcId", "v"), ""},
		"unknown stack":     {"ap.dev", devConfig(), nil, `the estate has no stack "ap"; did you mean app?`},
		"bare name":         {"app", devConfig(), nil, `is not of the form <stack>.<environment>`},
		"bad setting":       {"network.dev", devConfig("zones", "9"), nil, "configuration: zones is 9, maximum 6 (estate.netConfig.Zones `max:\"6\"`)"},
		"no number":         {"network.dev", devConfig("zones", "two"), nil, `zones "two" is a text, not a whole number`},
		"missing secret":    {"app.dev", devConfig(), nil, `password is required and missing (estate.appConfig.Password); run trunkline secret set`},
		"missing output":    {"app.dev", devConfig("password", "s"), with("vpcId", nil), `stack "network" in dev has no output "vpcId" yet; run trunkline up -e dev -s network first`},
		"wrong output":      {"app.dev", devConfig("password", "s"), with("zones", "two"), `output "zones" of stack "network" in dev: is a text, not int`},
		"fraction":          {"app.dev", devConfig("password", "s"), with("zones", 2.5), `is 2.5, which is not an int`},
		"wrong entry":       {"app.dev", devConfig("password", "s"), with("subnets", []any{1.0}), `entry 0 is a number, not string`},
		"no outputs":        {"none.dev", devConfig(), nil, `stack "none" (estate/estate_test.go:`},
		"half":              {"half.dev", devConfig(), nil, `did not set estate.appOutputs.Pass`},
		"undeclared":        {"sly.dev", devConfig(), nil, `stack "sly" uses "network" without declaring it; add estate.Needs(estate.Stack)`},
		"panic":             {"boom.dev", devConfig(), nil, "the program panicked: runtime error: index out of range [0] with length 0\n    at estate/estate_test.go:"},
		"no environment":    {"network.qa", nil, nil, `there is no environment "qa": no file environments/qa.yaml next to Pulumi.yaml`},
		"sandbox":           {"network.dev", nil, nil, `lives in the sandbox, which only trunkline has`},
		"stock ciphertext":  {"app.prod", nil, nil, `environments/prod.yaml:6:19: app.password is encrypted for trunkline; under the Pulumi CLI run: pulumi config set --secret password`},
		"stock bad setting": {"network.prod", map[string]string{"trunkline:zones": "7"}, nil, `zones is 7, maximum 6`},
		"stock fine":        {"network.prod", nil, nil, ""},
		"stock secret":      {"app.prod", map[string]string{"trunkline:password": "s"}, with("vpcId", "v"), ""},
		"stock no stack":    {"half.prod", nil, nil, `environment "prod" has no stack "half"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := runStack(t, table, c.stack, c.config, c.outputs)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestTableMistakesAreAllReportedWithTheirPlace(t *testing.T) {
	t.Parallel()
	type bad struct {
		A chan int `estate:"a"`
		B int      `estate:"b" default:"x"`
	}
	type plain struct {
		ID string `pulumi:"id"`
	}
	nothing := func(*pulumi.Context, Environment, struct{}) (*struct{}, error) { return nil, nil }
	other := Define("network", nothing)
	wrong := Define("Bad Name", func(*pulumi.Context, Environment, bad) (*plain, error) { return nil, nil })
	reserved := Define("reserved", func(*pulumi.Context, Environment, struct {
		E string `estate:"environment"`
	}) (*struct{}, error) {
		return nil, nil
	})
	lone := Define("lone", nothing, Needs(app), Needs(nil))
	var none *Stack[netOutputs]
	var out, errs bytes.Buffer
	code := run([]string{"serve"}, noEnv, nil, &out, &errs, []AnyStack{network, other, wrong, reserved, lone, none, nil})
	if code != 2 || out.Len() > 0 {
		t.Errorf("code %d, output %q", code, &out)
	}
	for _, want := range []string{
		`stack "network" is already defined at estate/estate_test.go:`,
		`the name "Bad Name" of a stack is not lower-case letters`,
		`estate.bad.A: a setting cannot be of type chan int`,
		`stack "Bad Name": estate.bad.B: default:"x": x is not a whole number`,
		`estate.plain.ID is a string, not an output such as pulumi.StringOutput`,
		`stack "reserved": the key "environment" is reserved`,
		`stack "lone" needs "app", which is not in the table of estate.Main; known: Bad Name, lone, network`,
		`stack "lone" needs a nil stack`,
		`stack 6 in the table of estate.Main is nil`,
	} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("missing: %s\nin:\n%s", want, &errs)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	cfg := appConfig{Password: NewSecret("hunter2")}
	inner := struct{ hidden Secret }{NewSecret("hunter2")}
	js, err := json.Marshal(cfg)
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %q %x %d %v %+v %#v %s", cfg, cfg, cfg, cfg.Password, cfg.Password, cfg.Password,
		cfg.Password, &cfg, inner, inner, js)
	if strings.Contains(shown, "hunter2") || strings.Contains(shown, fmt.Sprintf("%x", "hunter2")) {
		t.Errorf("the secret is in %s", shown)
	}
}

func TestStartedByHandExplainsItself(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if code := run(nil, noEnv, nil, &out, &errs, []AnyStack{network}); code != 2 || !strings.Contains(errs.String(), "started by trunkline") {
		t.Errorf("code %d: %s", code, &errs)
	}
}
