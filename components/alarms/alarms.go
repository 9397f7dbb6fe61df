// Package alarms provides CloudWatch alarms: values that say when somebody
// should look, presets of them for the services that components use, and a
// component that watches a list of them.
package alarms

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// Token is the component's type. It is part of the identity of everything that
// is deployed and never changes.
const Token = "trunkline:alarms:Alarms"

// Args configures a set of alarms. Watch must be given.
type Args struct {
	// Watch lists the alarms, each with a name of its own: presets of this
	// package, or any metric. Taking one away leaves the others alone.
	Watch []Alarm
	// Actions are the ARNs that every alarm notifies, such as an SNS topic.
	// Without them the alarms are only seen in CloudWatch.
	Actions pulumi.StringArray
	// Tags are added to the provider's default tags.
	Tags map[string]string
}

// Alarms is a set of CloudWatch alarms that notify the same people. Components
// bring their own alarms; this is for what they do not watch. An alarm costs
// about 0.10 USD a month, one with a period below a minute 0.30.
type Alarms struct {
	pulumi.ResourceState

	// ARNs are the alarms in the order of Args.Watch.
	ARNs pulumi.StringArrayOutput `pulumi:"arns"`
}

// New creates the alarms. Every problem with args is reported at once, before
// anything is registered.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Alarms, error) {
	args = args.withDefaults()
	if err := args.check(name); err != nil {
		return nil, err
	}
	self := &Alarms{}
	if err := ctx.RegisterComponentResourceV2(Token, name, args.inputs(), self, opts...); err != nil {
		return nil, err
	}
	var arns pulumi.StringArray
	for _, a := range args.Watch {
		alarm, err := a.register(ctx, name+"-"+a.Name, args.Actions, args.Tags, pulumi.Parent(self))
		if err != nil {
			return nil, err
		}
		arns = append(arns, alarm.Arn)
	}
	self.ARNs = arns.ToStringArrayOutput()
	return self, ctx.RegisterResourceOutputs(self, pulumi.Map{"arns": self.ARNs})
}

func (a Args) withDefaults() Args {
	watch := make([]Alarm, len(a.Watch))
	for i, alarm := range a.Watch {
		watch[i] = alarm.withDefaults()
	}
	a.Watch = watch
	return a
}

func (a Args) check(name string) error {
	var p check.Problems
	if len(a.Watch) == 0 {
		p.Addf("Watch", "there is no alarm: give at least one, such as alarms.DeadLetters(queue.Name)")
	}
	first := map[string]int{}
	for i, alarm := range a.Watch {
		field := fmt.Sprintf("Watch[%d]", i)
		alarm.check(&p, field)
		if j, twice := first[alarm.Name]; twice {
			p.Addf(field+".Name", "%q is the name of Watch[%d], too", alarm.Name, j)
			continue
		}
		first[alarm.Name] = i
	}
	return p.Err("alarms", name)
}

// inputs is what the state records of the arguments; the alarms themselves say
// the rest.
func (a Args) inputs() pulumi.Map {
	names := make([]string, len(a.Watch))
	for i, alarm := range a.Watch {
		names[i] = alarm.Name
	}
	m := pulumi.Map{"watch": pulumi.ToStringArray(names)}
	if len(a.Actions) > 0 {
		m["actions"] = a.Actions
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
