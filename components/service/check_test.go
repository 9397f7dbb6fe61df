package service_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/securitygroup"
	"github.com/trunkline-dev/trunkline/components/service"
)

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	refused(t, map[string]bad{
		"nothing at all": {
			service.Args{},
			"service \"shop\": 5 problems:\n  Image.Repository: is missing\n  Image.Tag: is missing: without it the image would be \"latest\"\n" +
				"  VPCID: is missing\n  SubnetIDs: is missing\n  LoadBalancerSubnetIDs: is missing",
		},
		"a moving image": {
			with(func(a *service.Args) { a.Image.Tag = "latest" }),
			`service "shop": Image.Tag: "latest" is another image tomorrow: nobody can tell what runs, and a rollback changes nothing`,
		},
		"out of bounds": {
			with(func(a *service.Args) {
				a.Port, a.CPU, a.Architecture, a.Count, a.LogDays, a.Latency = 65536, 300, "riscv", 1001, 2, 2*time.Minute
			}),
			"service \"shop\": 6 problems:\n  Port: 65536 is not between 1 and 65535\n  CPU: 300 is not one of [256 512 1024 2048 4096 8192 16384]\n" +
				"  Architecture: \"riscv\" is not one of arm64, x86_64\n  Count: 1001 is not between 1 and 1000\n  LogDays: 2 is not one of",
		},
		"a size that Fargate does not have": {
			with(func(a *service.Args) { a.CPU, a.MemoryMiB = 1024, 2500 }),
			`service "shop": MemoryMiB: with CPU 1024 Fargate offers 2048 to 8192 in steps of 1024, not 2500`,
		},
		"scaling without a most": {
			with(func(a *service.Args) { a.ScaleAtRequests = 100 }),
			`service "shop": MaxCount: is missing: ScaleAtCPU and ScaleAtRequests say when the service grows up to MaxCount`,
		},
		"scaling": {
			with(func(a *service.Args) { a.Count, a.MaxCount, a.ScaleAtCPU = 4, 3, 95 }),
			"service \"shop\": 2 problems:\n  MaxCount: 3 is not between 4 and 1000\n  ScaleAtCPU: 95 is not between 10 and 90",
		},
		"access": {
			with(func(a *service.Args) { a.Access = securitygroup.Peers{CIDRs: []string{"10.0.0.1/8"}} }),
			`service "shop": Access.CIDRs[0]: 10.0.0.1/8 has bits set behind /8: did you mean 10.0.0.0/8?`,
		},
	})
}

func TestBadContainersAreReportedTogether(t *testing.T) {
	t.Parallel()
	refused(t, map[string]bad{
		"variables": {
			with(func(a *service.Args) {
				a.Environment = pulumi.StringMap{"1ST": pulumi.String("x"), "BOTH": pulumi.String("x"), "NONE": nil}
				a.Secrets = pulumi.StringMap{"BOTH": pulumi.String(password), "PLAIN": pulumi.String("hunter2")}
			}),
			"service \"shop\": 4 problems:\n  Environment: \"1ST\" is not the name of an environment variable\n  Environment: NONE has no value\n" +
				"  Secrets: BOTH is in Environment, too\n" +
				"  Secrets: PLAIN: \"hunter2\" is the ARN neither of a secret of Secrets Manager nor of a parameter of SSM",
		},
		"sidecars": {
			with(func(a *service.Args) {
				a.Sidecars = []service.Sidecar{{Name: "shop", Container: a.Container}, {Name: "Proxy", Container: a.Container}, {Name: "none"}}
			}),
			"service \"shop\": 4 problems:\n  Sidecars[0].Name: \"shop\" is the name of another container\n" +
				"  Sidecars[1].Name: \"Proxy\" is not lower-case letters, digits and hyphens\n" +
				"  Sidecars[2].Image.Repository: is missing\n  Sidecars[2].Image.Tag: is missing",
		},
		"health": {
			with(func(a *service.Args) {
				a.Health = service.Health{Path: "healthz", Codes: "ok", Interval: 5 * time.Second, Grace: 2 * time.Hour, Drain: 1500 * time.Millisecond}
			}),
			"service \"shop\": 5 problems:\n  Health.Path: \"healthz\" does not begin with /, or is longer than 1024 characters\n" +
				"  Health.Codes: \"ok\" are not answers such as 200, 200-299 or 200,302\n  Health.Interval: 5s is not between 6s and 5m0s\n" +
				"  Health.Grace: 2h0m0s is not between 0s and 1h0m0s\n  Health.Drain: 1.5s is not a whole number of seconds",
		},
	})
}

// with are the smallest arguments, changed.
func with(change func(*service.Args)) service.Args {
	args := smallest()
	change(&args)
	return args
}

// bad are arguments with what is said about them.
type bad struct {
	args service.Args
	want string
}

// refused wants arguments to be refused before anything is registered.
func refused(t *testing.T, tests map[string]bad) {
	t.Helper()
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := service.New(ctx, "shop", tt.args)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error:\n%v\nwant:\n%s", err, tt.want)
			}
			if len(rec.Resources) != 0 {
				t.Errorf("%d resources were registered", len(rec.Resources))
			}
		})
	}
}

func TestANameThatALoadBalancerCannotHaveIsRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"internal-shop", "shop_front", strings.Repeat("s", 25)} {
		_, err := componentstest.Record(func(ctx *pulumi.Context) error {
			_, err := service.New(ctx, name, smallest())
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "cannot begin the name of a load balancer: at most 24 letters, digits and hyphens, not internal-") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestACertificateOfAnotherRegionIsRefusedWheneverItIsKnown(t *testing.T) {
	t.Parallel()
	elsewhere := pulumi.String("arn:aws:acm:us-east-1:123456789012:certificate/c")
	for name, arn := range map[string]pulumi.StringInput{"known": elsewhere, "known later": elsewhere.ToStringOutput()} {
		args := smallest()
		args.CertificateARN = arn
		_, err := componentstest.Record(func(ctx *pulumi.Context) error {
			_, err := service.New(ctx, "shop", args)
			return err
		})
		const want = `service "shop": CertificateARN: arn:aws:acm:us-east-1:123456789012:certificate/c is in us-east-1, ` +
			`but a load balancer in eu-west-1 needs a certificate of eu-west-1`
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
