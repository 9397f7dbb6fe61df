package function

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

func (a Args) withDefaults() Args {
	if a.Architecture == "" {
		a.Architecture = ARM64
	}
	if a.Timeout == 0 {
		a.Timeout = 30 * time.Second
	}
	if a.MemoryMiB == 0 {
		a.MemoryMiB = 256
	}
	if a.LogDays == 0 {
		a.LogDays = 30
	}
	queues := make([]Queue, len(a.Queues))
	for i, q := range a.Queues {
		if q.BatchSize == 0 {
			q.BatchSize = 10
		}
		queues[i] = q
	}
	a.Queues = queues
	return a
}

var (
	endOfName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	variable  = regexp.MustCompile(`^[A-Za-z][0-9A-Za-z_]+$`)
	runtime   = regexp.MustCompile(`^[a-z]+[0-9a-z.]*$`)
	// reserved are the variables that Lambda itself sets; it refuses others that
	// set them.
	reserved = []string{
		"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
		"AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME",
		"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
		"LAMBDA_RUNTIME_DIR", "LAMBDA_TASK_ROOT",
	}
)

func (a Args) check(name string) error {
	var p check.Problems
	a.checkProgram(&p)
	check.OneOf(&p, "Architecture", a.Architecture, ARM64, X86)
	for _, key := range slices.Sorted(maps.Keys(a.Environment)) {
		switch {
		case slices.Contains(reserved, key):
			p.Addf("Environment", "%s is set by Lambda itself", key)
		case !variable.MatchString(key):
			p.Addf("Environment", "%q is not a name that Lambda accepts: a letter, then letters, digits and underscores", key)
		case a.Environment[key] == nil:
			p.Addf("Environment", "%s has no value", key)
		}
	}
	check.Seconds(&p, "Timeout", a.Timeout, time.Second, 15*time.Minute)
	check.Between(&p, "MemoryMiB", a.MemoryMiB, 128, 10240)
	check.Between(&p, "Reserved", a.Reserved, 0, 10000)
	if (a.VPCID == nil) != (a.SubnetIDs == nil) {
		p.Addf("SubnetIDs", "SubnetIDs and VPCID go together: give both or none")
	}
	first := map[string]int{}
	for i, q := range a.Queues {
		field := fmt.Sprintf("Queues[%d]", i)
		q.check(&p, field)
		if j, twice := first[q.Name]; twice {
			p.Addf(field+".Name", "%q is the name of Queues[%d], too", q.Name, j)
			continue
		}
		first[q.Name] = i
	}
	check.LogDays(&p, "LogDays", a.LogDays)
	return p.Err("function", name)
}

// checkProgram notes what is wrong with the program: an archive or an image.
func (a Args) checkProgram(p *check.Problems) {
	switch {
	case a.Code != nil && a.Image.Given():
		p.Addf("Code", "the program is an archive or an image, not both")
	case a.Image.Given():
		a.Image.Check(p, "Image")
		if a.Handler != "" || a.Runtime != "" {
			p.Addf("Handler", "Handler and Runtime are for Code: an image says what runs")
		}
	case a.Code == nil:
		p.Addf("Code", "there is no program: give Code, or Image")
	default:
		if a.Handler == "" {
			p.Addf("Handler", "is missing: it says what of Code is called, such as bootstrap for Go")
		}
		if !runtime.MatchString(a.Runtime) {
			p.Addf("Runtime", "%q is not a runtime such as provided.al2023, python3.13 or nodejs22.x", a.Runtime)
		}
	}
}

func (q Queue) check(p *check.Problems, field string) {
	if !endOfName.MatchString(q.Name) {
		p.Addf(field+".Name", "%q is not lower-case letters, digits and hyphens", q.Name)
	}
	if q.ARN == nil {
		p.Addf(field+".ARN", "is missing")
	}
	check.Between(p, field+".BatchSize", q.BatchSize, 1, 10000)
	check.Seconds(p, field+".Window", q.Window, 0, 5*time.Minute)
	if q.BatchSize > 10 && q.Window < time.Second {
		p.Addf(field+".Window", "is missing: more than 10 messages have to be collected, for at least 1s")
	}
	if q.MaxConcurrency != 0 {
		check.Between(p, field+".MaxConcurrency", q.MaxConcurrency, 2, 1000)
	}
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"architecture": pulumi.String(a.Architecture),
		"timeout":      pulumi.String(a.Timeout.String()),
		"memoryMiB":    pulumi.Int(a.MemoryMiB),
		"reserved":     pulumi.Int(a.Reserved),
		"logDays":      pulumi.Int(a.LogDays),
		"tracing":      pulumi.Bool(a.Tracing),
	}
	if a.Image.Given() {
		m["image"] = a.Image.Ref()
	} else {
		m["handler"], m["runtime"] = pulumi.String(a.Handler), pulumi.String(a.Runtime)
	}
	if len(a.Environment) > 0 {
		m["environment"] = a.Environment
	}
	if len(a.Queues) > 0 {
		queues := pulumi.StringMap{}
		for _, q := range a.Queues {
			queues[q.Name] = q.ARN
		}
		m["queues"] = queues
	}
	if a.SubnetIDs != nil {
		m["vpcId"], m["subnetIds"] = a.VPCID, a.SubnetIDs
	}
	if a.Policy != nil {
		m["policy"] = a.Policy
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
