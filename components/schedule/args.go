package schedule

import (
	"time"
	_ "time/tzdata" // time zones are checked where none are installed, too

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

func (a Args) withDefaults() Args {
	if a.Timezone == "" {
		a.Timezone = "UTC"
	}
	if a.Attempts == 0 {
		a.Attempts = 186
	}
	if a.MaxAge == 0 {
		a.MaxAge = 24 * time.Hour
	}
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	when, err := parse(a.Expression)
	if err != nil {
		p.Addf("Expression", "%v", err)
	}
	if _, err := time.LoadLocation(a.Timezone); err != nil || a.Timezone == "Local" {
		p.Addf("Timezone", "%q is not a time zone such as Europe/Dublin", a.Timezone)
	}
	bounded := !a.Start.IsZero() || !a.End.IsZero()
	switch {
	case bounded && !when.once.IsZero():
		p.Addf("Start", "Start and End are for a rate or cron: at(…) says when")
	case !a.End.IsZero() && !a.End.After(a.Start):
		p.Addf("End", "%s is not after Start, %s", a.End.UTC().Format(time.RFC3339), a.Start.UTC().Format(time.RFC3339))
	}
	check.Between(&p, "Window", a.Window, 0, 24*time.Hour)
	if a.Window%time.Minute != 0 {
		p.Addf("Window", "%v is not a whole number of minutes", a.Window)
	}
	if a.TargetARN == nil {
		p.Addf("TargetARN", "is missing")
	}
	if known, ok := a.TargetARN.(pulumi.String); ok {
		statements, err := invoking(string(known))
		switch {
		case err != nil:
			p.Addf("TargetARN", "%v", err)
		case len(statements) == 0 && a.Policy == nil:
			p.Addf("Policy", "is missing: %s is called with the permissions that Policy gives", string(known))
		}
	}
	check.Between(&p, "Attempts", a.Attempts, 1, 186)
	check.Seconds(&p, "MaxAge", a.MaxAge, time.Minute, 24*time.Hour)
	if len(a.MessageGroup) > 128 {
		p.Addf("MessageGroup", "%d characters are more than 128", len(a.MessageGroup))
	}
	return p.Err("schedule", name)
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"expression": pulumi.String(a.Expression),
		"timezone":   pulumi.String(a.Timezone),
		"window":     pulumi.String(a.Window.String()),
		"targetArn":  a.TargetARN,
		"attempts":   pulumi.Int(a.Attempts),
		"maxAge":     pulumi.String(a.MaxAge.String()),
		"paused":     pulumi.Bool(a.Paused),
	}
	if start := date(a.Start); start != nil {
		m["start"] = start
	}
	if end := date(a.End); end != nil {
		m["end"] = end
	}
	if a.MessageGroup != "" {
		m["messageGroup"] = pulumi.String(a.MessageGroup)
	}
	for key, in := range map[string]pulumi.StringInput{"input": a.Input, "policy": a.Policy} {
		if in != nil {
			m[key] = in
		}
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
