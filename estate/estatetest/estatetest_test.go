package estatetest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

type netOutputs struct {
	VpcID pulumi.StringOutput      `pulumi:"vpcId"`
	Zones pulumi.StringArrayOutput `pulumi:"zones"`
}

var network = estate.Define("network", func(*pulumi.Context, estate.Environment, struct{}) (*netOutputs, error) {
	return &netOutputs{VpcID: pulumi.String("v").ToStringOutput(), Zones: pulumi.StringArray{}.ToStringArrayOutput()}, nil
})

type config struct {
	Delay    int           `estate:"delay" default:"5" min:"0" max:"900"`
	Password estate.Secret `estate:"password"`
}

type outputs struct {
	URL      pulumi.StringOutput `pulumi:"url"`
	Password pulumi.StringOutput `pulumi:"password"`
	Where    pulumi.StringOutput `pulumi:"where"`
}

var work = estate.Define("work", func(ctx *pulumi.Context, env estate.Environment, cfg config) (*outputs, error) {
	net, err := estate.Use(ctx, network)
	if err != nil {
		return nil, err
	}
	q, err := sqs.NewQueue(ctx, "work", &sqs.QueueArgs{
		DelaySeconds: pulumi.Int(cfg.Delay),
		Tags:         pulumi.StringMap{"vpc": net.VpcID, "zone": net.Zones.Index(pulumi.Int(0)), "env": pulumi.String(env.Name)},
	})
	if err != nil {
		return nil, err
	}
	return &outputs{URL: q.Url, Password: cfg.Password.Output(), Where: pulumi.String(env.Region).ToStringOutput()}, nil
}, estate.Needs(network))

func upstream() estatetest.Option {
	return estatetest.Upstream(network, map[string]any{"vpcId": "vpc-1", "zones": []string{"a", "b"}})
}

func TestRunGivesSettledValues(t *testing.T) {
	t.Parallel()
	r := estatetest.Run(t, work, upstream(), estatetest.Settings{"delay": 9, "password": estate.NewSecret("hunter2")})
	q := r.Get("work")
	if diff := cmp.Diff([]any{9.0, "vpc-1", "a", "test"},
		[]any{q.Input("delaySeconds"), q.Input("tags.vpc"), q.Input("tags.zone"), q.Input("tags.env")}); diff != "" {
		t.Error(diff)
	}
	out := r.Outputs()
	if url, _ := out["url"].(string); !strings.HasPrefix(url, "https://sqs.") || url != q.Output("url") {
		t.Errorf("the URL is %v", out["url"])
	}
	if out["password"] != "hunter2" || !r.IsSecret("password") || r.IsSecret("url") {
		t.Errorf("outputs are %v", out)
	}
	if n := len(r.Resources("aws:sqs/queue:Queue")); n != 1 || len(r.Resources("")) != 1 {
		t.Errorf("there are %d queues", n)
	}
	if !strings.HasPrefix(q.Source, "estatetest/estatetest_test.go:") {
		t.Errorf("it is declared at %q", q.Source)
	}
	r.Settled()
	r.Golden()
}

func TestTryExplainsWhatFails(t *testing.T) {
	t.Parallel()
	boom := estate.Define("boom", func(ctx *pulumi.Context, _ estate.Environment, _ struct{}) (*struct{}, error) {
		_, err := sqs.NewQueue(ctx, "bad", &sqs.QueueArgs{DelaySeconds: pulumi.Int(100_000)})
		return nil, err
	})
	for name, c := range map[string]struct {
		stack estate.AnyStack
		opts  []estatetest.Option
		want  string
	}{
		"no stand-in":     {work, nil, `it needs "network": add estatetest.Upstream(network.Stack, …)`},
		"half a stand-in": {work, []estatetest.Option{estatetest.Upstream(network, map[string]any{"vpcId": ""})}, `has an output "zones", which is not given`},
		"unknown output": {work, []estatetest.Option{estatetest.Upstream(network,
			map[string]any{"vpcId": "", "zones": nil, "x": 1})}, `stack "network" has no output "x"`},
		"bad setting":  {work, []estatetest.Option{upstream(), estatetest.Settings{"delay": 901}}, "estatetest.Settings: delay is 901, maximum 900"},
		"unknown":      {work, []estatetest.Option{upstream(), estatetest.Settings{"dely": 1}}, "dely is not a setting here; did you mean delay?"},
		"bad resource": {boom, nil, "delaySeconds"},
		"wrong stand-in": {work, []estatetest.Option{estatetest.Upstream(network, map[string]any{"vpcId": 5, "zones": []string{}})},
			`output "vpcId" of stack "network" in test: is a number, not string`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := estatetest.Try(t, c.stack, c.opts...)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestProgramRunsComponentsAlone(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		q, err := sqs.NewQueue(ctx, "q", nil)
		if err == nil {
			ctx.Export("arn", q.Arn)
		}
		return err
	}, estatetest.Env(estate.Environment{Region: "us-east-2"}))
	if arn, _ := r.Outputs()["arn"].(string); !strings.HasPrefix(arn, "arn:aws:sqs:us-east-2:") {
		t.Errorf("the ARN is %q", arn)
	}
}

func TestOnDeploysNextToTheStacksThatItNeeds(t *testing.T) {
	t.Parallel()
	net := estatetest.Run(t, network, estatetest.Env(estate.Environment{Name: "dev"}))
	q := estatetest.Run(t, zoned, estatetest.On(net)).Get("zoned")
	if got := q.Input("tags.vpc"); got != "v" {
		t.Errorf("the VPC is %v, not the one that was deployed", got)
	}
	if got := q.Input("tags.env"); got != "dev" {
		t.Errorf("the environment is %v", got)
	}
}

var zoned = estate.Define("zoned", func(ctx *pulumi.Context, env estate.Environment, _ struct{}) (*struct{}, error) {
	net, err := estate.Use(ctx, network)
	if err != nil {
		return nil, err
	}
	_, err = sqs.NewQueue(ctx, "zoned", &sqs.QueueArgs{
		Tags: pulumi.StringMap{"vpc": net.VpcID, "env": pulumi.String(env.Name)},
	})
	return &struct{}{}, err
}, estate.Needs(network))
