package cache

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

func (a Args) withDefaults() Args {
	if a.Engine == "" {
		a.Engine = Valkey
	}
	if a.EngineVersion == "" {
		a.EngineVersion = map[string]string{Valkey: "8.0", Redis: "7.1"}[a.Engine]
	}
	if a.NodeType == "" {
		a.NodeType = "cache.t4g.micro"
	}
	if a.Nodes == 0 {
		a.Nodes = 1
	}
	if a.Port == 0 {
		a.Port = 6379
	}
	if a.SnapshotDays == 0 && !a.NoSnapshots {
		a.SnapshotDays = 7
	}
	return a
}

var (
	nodeType = regexp.MustCompile(`^cache\.[a-z][a-z0-9]*\.[0-9]*[a-z]+$`)
	// Older engines cannot rotate the password of clients, and are not worth
	// beginning with.
	versions = map[string]*regexp.Regexp{
		Valkey: regexp.MustCompile(`^([789]|[1-9]\d)\.\d+$`),
		Redis:  regexp.MustCompile(`^7\.\d+$`),
	}
)

// longestName leaves room for the eight characters that make a replication
// group's id unique.
const longestName = 40 - 8

func (a Args) check(name string) error {
	var p check.Problems
	check.Name(&p, name, longestName)
	check.OneOf(&p, "Engine", a.Engine, Valkey, Redis)
	if v := versions[a.Engine]; v != nil && !v.MatchString(a.EngineVersion) {
		p.Addf("EngineVersion", "%q is not a version of %s such as 7.2: from 7.0", a.EngineVersion, a.Engine)
	}
	if !nodeType.MatchString(a.NodeType) {
		p.Addf("NodeType", "%q is not a node type such as cache.t4g.micro", a.NodeType)
	}
	check.Between(&p, "Nodes", a.Nodes, 1, 6)
	if (a.SubnetIDs == nil) != (a.VPCID == nil) {
		p.Addf("SubnetIDs", "SubnetIDs and VPCID go together: give both or none")
	}
	a.Clients.Check(&p, "Clients")
	check.Between(&p, "Port", a.Port, 1024, 65535)
	if _, sharded := a.Parameters["cluster-enabled"]; sharded {
		p.Addf("Parameters", "cluster-enabled is for caches with shards, which this is not")
	}
	switch {
	case !a.NoSnapshots:
		check.Between(&p, "SnapshotDays", a.SnapshotDays, 1, 35)
	case a.SnapshotDays != 0 || a.SnapshotWindow != "":
		p.Addf("NoSnapshots", "there is a SnapshotDays or SnapshotWindow: give one or the other")
	}
	check.Windows(&p, check.Window{Field: "SnapshotWindow", Text: a.SnapshotWindow, Least: time.Hour},
		check.Window{Field: "MaintenanceWindow", Text: a.MaintenanceWindow, Least: time.Hour})
	return p.Err("cache", name)
}

// family is the family of parameters of a version: valkey8, redis7.
func family(engine, version string) string {
	major, _, _ := strings.Cut(version, ".")
	return engine + major
}

func sorted(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// inputs is what the state records of the arguments; the token is not among
// them.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"engine":        pulumi.String(a.Engine),
		"engineVersion": pulumi.String(a.EngineVersion),
		"nodeType":      pulumi.String(a.NodeType),
		"nodes":         pulumi.Int(a.Nodes),
		"port":          pulumi.Int(a.Port),
		"snapshotDays":  pulumi.Int(a.SnapshotDays),
		"applyAtOnce":   pulumi.Bool(a.ApplyAtOnce),
	}
	if a.SubnetIDs != nil {
		m["vpcId"], m["subnetIds"] = a.VPCID, a.SubnetIDs
	}
	if clients := a.Clients.Inputs(); clients != nil {
		m["clients"] = clients
	}
	if a.KMSKeyARN != nil {
		m["kmsKeyArn"] = a.KMSKeyARN
	}
	for key, text := range map[string]string{"snapshotWindow": a.SnapshotWindow, "maintenanceWindow": a.MaintenanceWindow} {
		if text != "" {
			m[key] = pulumi.String(text)
		}
	}
	for key, values := range map[string]map[string]string{"parameters": a.Parameters, "tags": a.Tags} {
		if len(values) > 0 {
			m[key] = pulumi.ToStringMap(values)
		}
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	return m
}
