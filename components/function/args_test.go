package function_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/components/function"
	"github.com/trunkline-dev/trunkline/components/image"
)

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	app := image.Image{Repository: pulumi.String("123456789012.dkr.ecr.eu-west-1.amazonaws.com/mailer"), Tag: "v7"}
	with := func(change func(*function.Args)) function.Args {
		args := smallest()
		change(&args)
		return args
	}
	tests := map[string]struct {
		args function.Args
		want string
	}{
		"no program":    {function.Args{}, `function "mailer": Code: there is no program: give Code, or Image`},
		"two programs":  {with(func(a *function.Args) { a.Image = app }), `function "mailer": Code: the program is an archive or an image, not both`},
		"half a VPC":    {with(func(a *function.Args) { a.VPCID = pulumi.String("vpc-1") }), `function "mailer": SubnetIDs: SubnetIDs and VPCID go together: give both or none`},
		"a half image":  {function.Args{Image: image.Image{Repository: app.Repository}}, `function "mailer": Image.Tag: is missing: without it the image would be "latest"`},
		"a moving one":  {function.Args{Image: image.Image{Repository: app.Repository, Tag: "latest"}}, `function "mailer": Image.Tag: "latest" is another image tomorrow`},
		"image runtime": {function.Args{Image: app, Runtime: "python3.13"}, `function "mailer": Handler: Handler and Runtime are for Code: an image says what runs`},
		"code alone": {
			function.Args{Code: code()},
			"function \"mailer\": 2 problems:\n  Handler: is missing: it says what of Code is called, such as bootstrap for Go\n" +
				"  Runtime: \"\" is not a runtime such as provided.al2023, python3.13 or nodejs22.x",
		},
		"out of bounds": {
			with(func(a *function.Args) {
				a.Architecture, a.Timeout, a.MemoryMiB, a.Reserved, a.LogDays = "riscv", 16*time.Minute, 64, -1, 2
			}),
			"function \"mailer\": 5 problems:\n  Architecture: \"riscv\" is not one of arm64, x86_64\n" +
				"  Timeout: 16m0s is not between 1s and 15m0s\n  MemoryMiB: 64 is not between 128 and 10240\n" +
				"  Reserved: -1 is not between 0 and 10000\n  LogDays: 2 is not one of [1 3 5 7 14 30 60 90",
		},
		"a fraction of a second": {
			with(func(a *function.Args) { a.Timeout = 1500 * time.Millisecond }),
			`function "mailer": Timeout: 1.5s is not a whole number of seconds`,
		},
		"variables": {
			with(func(a *function.Args) {
				a.Environment = pulumi.StringMap{"AWS_REGION": pulumi.String("x"), "A-B": pulumi.String("x"), "NONE": nil}
			}),
			"function \"mailer\": 3 problems:\n  Environment: \"A-B\" is not a name that Lambda accepts: a letter, then letters, digits and underscores\n" +
				"  Environment: AWS_REGION is set by Lambda itself\n  Environment: NONE has no value",
		},
		"queues": {
			with(func(a *function.Args) {
				a.Queues = []function.Queue{
					{Name: "Work", BatchSize: 10001, Window: 6 * time.Minute, MaxConcurrency: 1},
					{Name: "work", ARN: pulumi.String("arn"), BatchSize: 11}, {Name: "work", ARN: pulumi.String("arn")},
				}
			}),
			"function \"mailer\": 7 problems:\n  Queues[0].Name: \"Work\" is not lower-case letters, digits and hyphens\n" +
				"  Queues[0].ARN: is missing\n  Queues[0].BatchSize: 10001 is not between 1 and 10000\n" +
				"  Queues[0].Window: 6m0s is not between 0s and 5m0s\n  Queues[0].MaxConcurrency: 1 is not between 2 and 1000\n" +
				"  Queues[1].Window: is missing: more than 10 messages have to be collected, for at least 1s\n" +
				"  Queues[2].Name: \"work\" is the name of Queues[1], too",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := function.New(ctx, "mailer", tt.args)
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
