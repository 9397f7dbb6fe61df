package alarms_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/alarms"
	"github.com/trunkline-dev/trunkline/components/componentstest"
	"github.com/trunkline-dev/trunkline/estate/estatetest"
)

const alarmType = "aws:cloudwatch/metricAlarm:MetricAlarm"

var deadLetters = alarms.Args{Watch: []alarms.Alarm{alarms.DeadLetters(pulumi.String("jobs"))}}

func TestAlarmsKeepThePromisesOfEveryComponent(t *testing.T) {
	t.Parallel()
	componentstest.Exercise(t, componentstest.Subject{
		Token: "trunkline:alarms:Alarms",
		New: func(ctx *pulumi.Context, name string, opts ...pulumi.ResourceOption) (pulumi.ComponentResource, error) {
			return alarms.New(ctx, name, deadLetters, opts...)
		},
		NewTagged: func(ctx *pulumi.Context, name string) (pulumi.ComponentResource, error) {
			return alarms.New(ctx, name, alarms.Args{Watch: deadLetters.Watch, Tags: map[string]string{"owner": "payments"}})
		},
	})
}

func record(t *testing.T, args alarms.Args) *componentstest.Recording {
	t.Helper()
	rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
		_, err := alarms.New(ctx, "main", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestAnAlarmWithoutMoreIsRaisedAboveTheThresholdForThreeMinutes(t *testing.T) {
	t.Parallel()
	want := map[string]any{
		"alarmDescription": "A message failed too often and was put aside",
		"namespace":        "AWS/SQS", "metricName": "ApproximateNumberOfMessagesVisible",
		"dimensions": map[string]any{"QueueName": "jobs"}, "statistic": "Maximum", "period": 60.0,
		"evaluationPeriods": 3.0, "comparisonOperator": "GreaterThanThreshold", "threshold": 0.0,
		"treatMissingData": "notBreaching", "tags": map[string]any{"Name": "main-dead-letters"},
	}
	if diff := cmp.Diff(want, record(t, deadLetters).Inputs(t, alarmType, "main-dead-letters")); diff != "" {
		t.Errorf("alarm (-want +got):\n%s", diff)
	}
}

func TestEveryPartOfAnAlarmCanBeChosen(t *testing.T) {
	t.Parallel()
	got := record(t, alarms.Args{
		Watch: []alarms.Alarm{{
			Name: "slow", Description: "Checkout is slow", Namespace: "Shop", Metric: "Checkout",
			Dimensions: pulumi.StringMap{"Step": pulumi.String("pay")}, Statistic: "p99.9",
			Raised: alarms.AtMost, Threshold: 2.5, Period: 30 * time.Second, Periods: 7, Missing: alarms.Bad,
		}},
		Actions: pulumi.ToStringArray([]string{"arn:aws:sns:::pager"}),
		Tags:    map[string]string{"owner": "shop"},
	}).Inputs(t, alarmType, "main-slow")
	want := map[string]any{
		"alarmDescription": "Checkout is slow", "namespace": "Shop", "metricName": "Checkout",
		"dimensions": map[string]any{"Step": "pay"}, "extendedStatistic": "p99.9", "period": 30.0,
		"evaluationPeriods": 7.0, "comparisonOperator": "LessThanOrEqualToThreshold", "threshold": 2.5,
		"treatMissingData": "breaching", "alarmActions": []any{"arn:aws:sns:::pager"},
		"okActions": []any{"arn:aws:sns:::pager"},
		"tags":      map[string]any{"Name": "main-slow", "owner": "shop"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("alarm (-want +got):\n%s", diff)
	}
}

// presets is every preset of the package, as one list.
func presets() []alarms.Alarm {
	x := pulumi.String("x")
	list := []alarms.Alarm{alarms.OldestMessage(x, time.Minute), alarms.DeadLetters(x)}
	for _, of := range []struct {
		kind string
		list []alarms.Alarm
	}{
		{"topic", alarms.Topic(x)}, {"function", alarms.Function(x, 30*time.Second)}, {"schedules", alarms.Schedules(x)},
		{"service", alarms.Service(x, x)}, {"lb", alarms.LoadBalancer(x, x, time.Second)},
		{"database", append(alarms.Database(x, 20), alarms.DatabaseConnections(x, 90), alarms.DatabaseCredits(x))}, {"cache", alarms.Cache(x)}, {"table", alarms.Table(x)},
	} {
		for _, a := range of.list {
			a.Name = of.kind + "-" + a.Name
			list = append(list, a)
		}
	}
	return list
}

func TestEveryPresetDeploysAndSettles(t *testing.T) {
	t.Parallel()
	r := estatetest.Program(t, func(ctx *pulumi.Context) error {
		_, err := alarms.New(ctx, "all", alarms.Args{
			Watch: presets(), Actions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		})
		return err
	})
	r.Settled()
	r.Golden()
}

func TestThresholdsAreInTheUnitOfTheMetric(t *testing.T) {
	t.Parallel()
	got := map[string]float64{}
	for _, a := range presets() {
		got[a.Name] = a.Threshold
	}
	for name, want := range map[string]float64{
		"age":               60,         // seconds
		"function-duration": 27000,      // milliseconds, nine tenths of 30 seconds
		"lb-latency":        1,          // seconds
		"database-storage":  2147483648, // bytes, a tenth of 20 GiB
		"database-cpu":      85,         // percent
	} {
		if got[name] != want {
			t.Errorf("%s: %v, want %v", name, got[name], want)
		}
	}
}

func TestBadArgumentsAreReportedTogetherAndNothingIsRegistered(t *testing.T) {
	t.Parallel()
	ok := deadLetters.Watch[0]
	tests := map[string]struct {
		args alarms.Args
		want string
	}{
		"nothing to watch": {
			alarms.Args{},
			`alarms "main": Watch: there is no alarm: give at least one, such as alarms.DeadLetters(queue.Name)`,
		},
		"the same name twice": {
			alarms.Args{Watch: []alarms.Alarm{ok, ok}},
			`alarms "main": Watch[1].Name: "dead-letters" is the name of Watch[0], too`,
		},
		"everything wrong": {
			alarms.Args{Watch: []alarms.Alarm{{
				Name: "Dead Letters", Statistic: "p101", Raised: "Beside", Missing: "lost",
				Threshold: math.NaN(), Period: 45 * time.Second, Periods: 101,
			}}},
			"alarms \"main\": 10 problems:\n  Watch[0].Name: \"Dead Letters\" is not lower-case letters, digits and hyphens\n" +
				"  Watch[0].Namespace: is missing\n  Watch[0].Metric: is missing\n  Watch[0].Description: is missing\n" +
				"  Watch[0].Statistic: \"p101\" is not one of Average, Maximum, Minimum, Sum, SampleCount, p0 to p100\n" +
				"  Watch[0].Raised: \"Beside\" is not one of GreaterThanThreshold, GreaterThanOrEqualToThreshold, LessThanThreshold, LessThanOrEqualToThreshold\n" +
				"  Watch[0].Missing: \"lost\" is not one of notBreaching, breaching, ignore, missing\n" +
				"  Watch[0].Threshold: NaN is not a number to compare with\n" +
				"  Watch[0].Periods: 101 is not between 1 and 100\n" +
				"  Watch[0].Period: 45s is not 10s, 20s, 30s or whole minutes up to a day",
		},
		"longer than CloudWatch looks back": {
			alarms.Args{Watch: []alarms.Alarm{{
				Name: "x", Description: "x", Namespace: "x", Metric: "x", Period: 13 * time.Hour, Periods: 2,
			}}},
			`alarms "main": Watch[0].Periods: 2 periods of 13h0m0s are more than a day, which CloudWatch does not look back`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, err := componentstest.Record(func(ctx *pulumi.Context) error {
				_, err := alarms.New(ctx, "main", tt.args)
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

func ExampleNew() {
	program := func(ctx *pulumi.Context) error {
		_, err := alarms.New(ctx, "shop", alarms.Args{
			Watch: append(alarms.Table(pulumi.String("orders")), alarms.Alarm{
				Name: "no-orders", Description: "Nobody has ordered for an hour",
				Namespace: "Shop", Metric: "Orders", Statistic: "Sum", Raised: alarms.Below, Threshold: 1,
				Period: time.Hour, Periods: 1, Missing: alarms.Bad,
			}),
			Actions: pulumi.ToStringArray([]string{"arn:aws:sns:eu-west-1:123456789012:pager"}),
		})
		return err
	}
	// In a stack this is pulumi.Run(program).
	rec, err := componentstest.Record(program)
	if err != nil {
		fmt.Println(err)
	}
	for _, r := range rec.Resources {
		fmt.Println(r.Key())
	}
	// Output:
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-no-orders
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-read-throttles
	// aws:cloudwatch/metricAlarm:MetricAlarm shop-write-throttles
	// trunkline:alarms:Alarms shop
}
