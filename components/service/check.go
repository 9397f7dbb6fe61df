package service

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

var (
	// serviceName leaves room for the random end of a load balancer's name.
	serviceName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,23}$`)
	sidecarName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	codes       = regexp.MustCompile(`^[2-4][0-9]{2}([,-][2-4][0-9]{2})*$`)
	variable    = regexp.MustCompile(`^[A-Za-z_][0-9A-Za-z_.-]*$`)
)

func (a Args) check(name string) error {
	var p check.Problems
	if !serviceName.MatchString(name) || strings.HasPrefix(name, "internal-") {
		p.Addf("name", "%q cannot begin the name of a load balancer: at most 24 letters, digits and hyphens, not internal-", name)
	}
	a.Container.check(&p, "")
	a.checkSidecars(&p, name)
	check.Between(&p, "Port", a.Port, 1, 65535)
	checkSize(&p, a.CPU, a.MemoryMiB)
	check.OneOf(&p, "Architecture", a.Architecture, ARM64, X86)
	a.checkScaling(&p)
	for _, needed := range []struct {
		field string
		given bool
	}{{"VPCID", a.VPCID != nil}, {"SubnetIDs", a.SubnetIDs != nil}, {"LoadBalancerSubnetIDs", a.LoadBalancerSubnetIDs != nil}} {
		if !needed.given {
			p.Addf(needed.field, "is missing")
		}
	}
	a.Access.Check(&p, "Access")
	a.Health.check(&p)
	check.LogDays(&p, "LogDays", a.LogDays)
	check.Between(&p, "Latency", a.Latency, time.Millisecond, time.Minute)
	return p.Err("service", name)
}

func (c Container) check(p *check.Problems, in string) {
	c.Image.Check(p, in+"Image")
	for _, vars := range []struct {
		field string
		of    pulumi.StringMap
	}{{"Environment", c.Environment}, {"Secrets", c.Secrets}} {
		for _, key := range slices.Sorted(maps.Keys(vars.of)) {
			if !variable.MatchString(key) {
				p.Addf(in+vars.field, "%q is not the name of an environment variable", key)
			}
			if vars.of[key] == nil {
				p.Addf(in+vars.field, "%s has no value", key)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(c.Secrets)) {
		if _, both := c.Environment[key]; both {
			p.Addf(in+"Secrets", "%s is in Environment, too", key)
		}
		if known, ok := c.Secrets[key].(pulumi.String); ok {
			if _, err := reading(string(known)); err != nil {
				p.Addf(in+"Secrets", "%s: %v", key, err)
			}
		}
	}
}

func (a Args) checkSidecars(p *check.Problems, name string) {
	seen := map[string]bool{name: true}
	for i, s := range a.Sidecars {
		field := fmt.Sprintf("Sidecars[%d]", i)
		switch {
		case !sidecarName.MatchString(s.Name):
			p.Addf(field+".Name", "%q is not lower-case letters, digits and hyphens", s.Name)
		case seen[s.Name]:
			p.Addf(field+".Name", "%q is the name of another container", s.Name)
		}
		seen[s.Name] = true
		s.Container.check(p, field+".")
	}
}

func (a Args) checkScaling(p *check.Problems) {
	check.Between(p, "Count", a.Count, 1, 1000)
	if a.MaxCount == 0 {
		if a.ScaleAtCPU != 0 || a.ScaleAtRequests != 0 {
			p.Addf("MaxCount", "is missing: ScaleAtCPU and ScaleAtRequests say when the service grows up to MaxCount")
		}
		return
	}
	check.Between(p, "MaxCount", a.MaxCount, a.Count, 1000)
	check.Between(p, "ScaleAtCPU", a.ScaleAtCPU, 10, 90)
	check.Between(p, "ScaleAtRequests", a.ScaleAtRequests, 0, 1_000_000)
}

func (h Health) check(p *check.Problems) {
	if !strings.HasPrefix(h.Path, "/") || len(h.Path) > 1024 {
		p.Addf("Health.Path", "%q does not begin with /, or is longer than 1024 characters", h.Path)
	}
	if !codes.MatchString(h.Codes) {
		p.Addf("Health.Codes", "%q are not answers such as 200, 200-299 or 200,302", h.Codes)
	}
	check.Seconds(p, "Health.Interval", h.Interval, 6*time.Second, 5*time.Minute)
	check.Seconds(p, "Health.Grace", h.Grace, 0, time.Hour)
	check.Seconds(p, "Health.Drain", h.Drain, 0, time.Hour)
}

// sizes are what Fargate offers: for each CPU the least and the most MiB, and
// the step between.
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
var sizes = map[int]struct{ least, most, step int }{
	256: {512, 2048, 1024}, 512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024},
	4096: {8192, 30720, 1024}, 8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192},
}

func checkSize(p *check.Problems, cpu, memory int) {
	size, ok := sizes[cpu]
	if !ok {
		p.Addf("CPU", "%d is not one of %v", cpu, slices.Sorted(maps.Keys(sizes)))
		return
	}
	if memory < size.least || memory > size.most || memory != size.least && memory%size.step != 0 {
		p.Addf("MemoryMiB", "with CPU %d Fargate offers %d to %d in steps of %d, not %d", cpu, size.least, size.most, size.step, memory)
	}
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"image":        a.Image.Ref(),
		"port":         pulumi.Int(a.Port),
		"cpu":          pulumi.Int(a.CPU),
		"memoryMiB":    pulumi.Int(a.MemoryMiB),
		"architecture": pulumi.String(a.Architecture),
		"count":        pulumi.Int(a.Count),
		"maxCount":     pulumi.Int(a.MaxCount),
		"internal":     pulumi.Bool(a.Internal),
		"unprotected":  pulumi.Bool(a.Unprotected),
		"healthPath":   pulumi.String(a.Health.Path),
		"logDays":      pulumi.Int(a.LogDays),
		"latency":      pulumi.String(a.Latency.String()),
		"vpcId":        a.VPCID,
		"subnetIds":    a.SubnetIDs,
	}
	if len(a.Sidecars) > 0 {
		sidecars := pulumi.StringMap{}
		for _, s := range a.Sidecars {
			sidecars[s.Name] = s.Image.Ref()
		}
		m["sidecars"] = sidecars
	}
	if access := a.Access.Inputs(); access != nil {
		m["access"] = access
	}
	for key, in := range map[string]pulumi.StringInput{
		"clusterArn": a.ClusterARN, "certificateArn": a.CertificateARN, "taskPolicy": a.TaskPolicy,
	} {
		if in != nil {
			m[key] = in
		}
	}
	for key, in := range map[string]pulumi.StringMap{"environment": a.Environment, "secrets": a.Secrets} {
		if len(in) > 0 {
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
