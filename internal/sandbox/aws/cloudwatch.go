package aws

import (
	"fmt"
	"regexp"
	"slices"
)

const logGroupToken = "aws:cloudwatch/logGroup:LogGroup"

var logGroupName = regexp.MustCompile(`^[0-9A-Za-z_./#-]{1,512}$`)

// retentions are the days that CloudWatch keeps logs for; 0 is for ever.
var retentions = []int{0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

var cloudwatch = map[string]Behaviour{
	logGroupToken: {
		Check:  all(pattern("name", logGroupName, "is not a log group name"), checkRetention, oneOf("logGroupClass", "STANDARD", "INFREQUENT_ACCESS", "DELIVERY")),
		Unique: &Unique{[]string{"name"}, Error{"ResourceAlreadyExistsException", "The specified log group already exists: %s"}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("logs", "log-group:"+out.Text("name"))
			out.put("logGroupClass", "STANDARD")
		},
	},
	"aws:cloudwatch/metricAlarm:MetricAlarm": {
		Check: all(
			oneOf("comparisonOperator", "GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
				"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold"),
			oneOf("statistic", "SampleCount", "Average", "Sum", "Minimum", "Maximum"),
			oneOf("treatMissingData", "breaching", "notBreaching", "ignore", "missing"),
			checkAlarm, between("evaluationPeriods", 1, 1<<30)),
		ID: func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"] = c.ARN("cloudwatch", "alarm:"+out.Text("name"))
		},
	},
}

func checkRetention(in Object) []Failure {
	days, ok := in.whole("retentionInDays")
	if !ok || slices.Contains(retentions, days) {
		return nil
	}
	return []Failure{{"retentionInDays", fmt.Sprintf("expected retentionInDays to be one of %v, got %d", retentions, days)}}
}

func checkAlarm(in Object) []Failure {
	if _, ok := in["metricName"]; ok && in["statistic"] == nil && in["extendedStatistic"] == nil {
		return []Failure{{"statistic", "one of statistic or extendedStatistic must be set for a cloudwatch metric alarm"}}
	}
	period, ok := in.whole("period")
	if ok && period != 10 && period != 20 && period != 30 && (period < 60 || period%60 != 0) {
		return []Failure{{"period", fmt.Sprintf("expected period to be 10, 20, 30 or a multiple of 60, got %d", period)}}
	}
	return nil
}
