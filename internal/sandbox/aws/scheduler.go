package aws

import (
	"fmt"
	"regexp"
	"time"
)

const scheduleGroupToken = "aws:scheduler/scheduleGroup:ScheduleGroup"

var (
	scheduleName = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`)
	expression   = regexp.MustCompile(`^(at|rate|cron)\(.+\)$`)
)

const scheduleNameRule = "is not a name: letters, digits, dots, hyphens and underscores, at most 64"

var scheduler = map[string]Behaviour{
	scheduleGroupToken: {
		Check:  pattern("name", scheduleName, scheduleNameRule),
		Unique: &Unique{[]string{"name"}, Error{"ConflictException", "Schedule group %s already exists."}},
		ID:     func(c *Call) string { return c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out["arn"], out["state"] = c.ARN("scheduler", "schedule-group/"+out.Text("name")), "ACTIVE"
			out.put("creationDate", c.Now.Format(time.RFC3339))
			out.put("lastModificationDate", c.Now.Format(time.RFC3339))
		},
	},
	"aws:scheduler/schedule:Schedule": {
		Check: all(pattern("name", scheduleName, scheduleNameRule), oneOf("state", "ENABLED", "DISABLED"),
			pattern("scheduleExpression", expression, "is not at(…), rate(…) or cron(…)"), checkWindow),
		Links: []Link{
			{Path: "groupName", To: []Target{{scheduleGroupToken, "name"}}, Free: []string{"default"},
				Missing: Error{"ResourceNotFoundException", "Schedule group %s does not exist."}},
			{Path: "target.roleArn", To: []Target{{roleToken, "arn"}},
				Missing: Error{"ValidationException", "The execution role you provide must allow AWS EventBridge Scheduler to assume the role: %s"}},
		},
		Unique: &Unique{[]string{"name", "groupName"}, Error{"ConflictException", "Schedule %s already exists."}},
		ID:     func(c *Call) string { return scheduleGroup(c.In) + "/" + c.In.Text("name") },
		Outputs: func(c *Call, out Object) {
			out.put("groupName", "default")
			out["arn"] = c.ARN("scheduler", "schedule/"+out.Text("groupName")+"/"+out.Text("name"))
		},
	},
}

func scheduleGroup(in Object) string {
	if g := in.Text("groupName"); g != "" {
		return g
	}
	return "default"
}

// checkWindow wants minutes with FLEXIBLE, and none with OFF.
func checkWindow(in Object) []Failure {
	window, ok := in["flexibleTimeWindow"].(map[string]any)
	if !ok {
		return nil
	}
	minutes, given := Object(window).whole("maximumWindowInMinutes")
	switch mode := Object(window).Text("mode"); {
	case mode != "OFF" && mode != "FLEXIBLE" && mode != "":
		return []Failure{{"flexibleTimeWindow.mode", fmt.Sprintf("expected mode to be one of [\"OFF\" \"FLEXIBLE\"], got %s", mode)}}
	case given && (minutes < 1 || minutes > 1440):
		return []Failure{{"flexibleTimeWindow.maximumWindowInMinutes", fmt.Sprintf("expected maximumWindowInMinutes to be in the range (1 - 1440), got %d", minutes)}}
	}
	return nil
}
