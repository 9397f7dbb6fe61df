package alarms

import (
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
	"github.com/trunkline-dev/trunkline/components/tags"
)

// Alarm says when somebody should look. It is a value: take one of a preset,
// such as DeadLetters, and change what is different for you.
type Alarm struct {
	// Name is the end of the resource's name: "age" of "jobs" gives "jobs-age".
	// Lower-case letters, digits and hyphens.
	Name string
	// Description tells whoever is woken what has happened.
	Description string
	// Namespace and Metric say what is measured: "AWS/SQS" and
	// "ApproximateAgeOfOldestMessage".
	Namespace, Metric string
	// Dimensions say of what it is measured: {"QueueName": queue.Name}.
	Dimensions pulumi.StringMap
	// Statistic makes one number out of a period: Average, Maximum, Minimum, Sum,
	// SampleCount, or a percentile such as p99. Default Maximum.
	Statistic string
	// Raised says on which side of Threshold the alarm is raised. Default Above.
	Raised Side
	// Threshold is in the unit of the metric.
	Threshold float64
	// Period is what one number stands for: 10s, 20s, 30s or whole minutes up to
	// a day. Default one minute.
	Period time.Duration
	// Periods is for how many periods in a row it must be so, 1 to 100; together
	// they are at most a day. Default 3.
	Periods int
	// Missing says what a period without data means. Default Fine: what is idle
	// sends nothing.
	Missing Missing
}

// Side is the side of the threshold that is bad.
type Side string

// The sides, in the words of CloudWatch.
const (
	Above   Side = "GreaterThanThreshold"
	AtLeast Side = "GreaterThanOrEqualToThreshold"
	Below   Side = "LessThanThreshold"
	AtMost  Side = "LessThanOrEqualToThreshold"
)

// Missing is what a period without data means.
type Missing string

// The meanings, in the words of CloudWatch.
const (
	Fine    Missing = "notBreaching" // nothing happened
	Bad     Missing = "breaching"    // what should report does not
	Same    Missing = "ignore"       // the alarm stays as it is
	Unknown Missing = "missing"      // the alarm has insufficient data
)

// Register makes the alarms, each called name and its own name, and lets them
// notify the actions, such as the ARN of an SNS topic, when they are raised and
// when they are over. Components call it for their own alarms, with values that
// are right by construction; New checks what it is given.
func Register(ctx *pulumi.Context, name string, list []Alarm, actions pulumi.StringArray, extra map[string]string,
	opts ...pulumi.ResourceOption,
) error {
	for _, a := range list {
		if _, err := a.register(ctx, name+"-"+a.Name, actions, extra, opts...); err != nil {
			return err
		}
	}
	return nil
}

func (a Alarm) register(ctx *pulumi.Context, name string, actions pulumi.StringArray, extra map[string]string,
	opts ...pulumi.ResourceOption,
) (*cloudwatch.MetricAlarm, error) {
	a = a.withDefaults()
	var notify pulumi.Array
	for _, action := range actions {
		notify = append(notify, action)
	}
	args := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(a.Description),
		Namespace:          pulumi.String(a.Namespace),
		MetricName:         pulumi.String(a.Metric),
		Dimensions:         a.Dimensions,
		Period:             pulumi.Int(a.Period / time.Second),
		EvaluationPeriods:  pulumi.Int(a.Periods),
		ComparisonOperator: pulumi.String(a.Raised),
		Threshold:          pulumi.Float64(a.Threshold),
		TreatMissingData:   pulumi.String(a.Missing),
		AlarmActions:       notify,
		OkActions:          notify,
		Tags:               tags.Named(name, extra),
	}
	if percentile.MatchString(a.Statistic) {
		args.ExtendedStatistic = pulumi.String(a.Statistic)
	} else {
		args.Statistic = pulumi.String(a.Statistic)
	}
	return cloudwatch.NewMetricAlarm(ctx, name, args, opts...)
}

func (a Alarm) withDefaults() Alarm {
	if a.Statistic == "" {
		a.Statistic = "Maximum"
	}
	if a.Raised == "" {
		a.Raised = Above
	}
	if a.Period == 0 {
		a.Period = time.Minute
	}
	if a.Periods == 0 {
		a.Periods = 3
	}
	if a.Missing == "" {
		a.Missing = Fine
	}
	return a
}

var (
	alarmName  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	percentile = regexp.MustCompile(`^p(\d{1,2}(\.\d{1,10})?|100)$`)
)

// check notes what CloudWatch would refuse of an alarm with its defaults.
func (a Alarm) check(p *check.Problems, field string) {
	if !alarmName.MatchString(a.Name) {
		p.Addf(field+".Name", "%q is not lower-case letters, digits and hyphens", a.Name)
	}
	for _, f := range []struct{ field, value string }{
		{"Namespace", a.Namespace}, {"Metric", a.Metric}, {"Description", a.Description},
	} {
		if f.value == "" {
			p.Addf(field+"."+f.field, "is missing")
		}
	}
	if !percentile.MatchString(a.Statistic) {
		check.OneOf(p, field+".Statistic", a.Statistic, "Average", "Maximum", "Minimum", "Sum", "SampleCount", "p0 to p100")
	}
	check.OneOf(p, field+".Raised", a.Raised, Above, AtLeast, Below, AtMost)
	check.OneOf(p, field+".Missing", a.Missing, Fine, Bad, Same, Unknown)
	if math.IsNaN(a.Threshold) || math.IsInf(a.Threshold, 0) {
		p.Addf(field+".Threshold", "%v is not a number to compare with", a.Threshold)
	}
	check.Between(p, field+".Periods", a.Periods, 1, 100)
	if problem := badPeriod(a.Period); problem != "" {
		p.Addf(field+".Period", "%s", problem)
		return
	}
	const day = 24 * time.Hour
	if a.Periods > 1 && time.Duration(a.Periods)*a.Period > day {
		p.Addf(field+".Periods", "%d periods of %v are more than a day, which CloudWatch does not look back", a.Periods, a.Period)
	}
}

func badPeriod(d time.Duration) string {
	short := d == 10*time.Second || d == 20*time.Second || d == 30*time.Second
	if short || d >= time.Minute && d <= 24*time.Hour && d%time.Minute == 0 {
		return ""
	}
	return fmt.Sprintf("%v is not 10s, 20s, 30s or whole minutes up to a day", d)
}
