package table

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/components/check"
)

// The quotas of a table, from "Quotas in Amazon DynamoDB".
const (
	maxGlobal   = 20
	maxLocal    = 5
	maxIncluded = 100
)

var indexName = regexp.MustCompile(`^[0-9A-Za-z_.-]{3,255}$`)

func (a Args) withDefaults() Args {
	if a.HashKey == (Attribute{}) {
		a.HashKey = String("id")
	}
	if a.RecoveryDays == 0 && !a.NoRecovery {
		a.RecoveryDays = 35
	}
	a.GlobalIndexes, a.LocalIndexes = slices.Clone(a.GlobalIndexes), slices.Clone(a.LocalIndexes)
	for i := range a.GlobalIndexes {
		a.GlobalIndexes[i].Projection = a.GlobalIndexes[i].Projection.orEverything()
	}
	for i := range a.LocalIndexes {
		a.LocalIndexes[i].Projection = a.LocalIndexes[i].Projection.orEverything()
	}
	if a.Capacity != nil {
		c := *a.Capacity
		c.Read, c.Write = c.Read.withDefaults(), c.Write.withDefaults()
		if c.TargetPercent == 0 {
			c.TargetPercent = 70
		}
		a.Capacity = &c
	}
	return a
}

func (p Projection) orEverything() Projection {
	if p == "" {
		return Everything
	}
	return p
}

func (a Args) check(name string) error {
	var p check.Problems
	a.checkKeys(&p)
	a.checkIndexes(&p)
	if a.Stream != "" {
		check.OneOf(&p, "Stream", a.Stream, Keys, NewImage, OldImage, NewAndOld)
	}
	if slices.ContainsFunc(a.keys(), func(at Attribute) bool { return at.Name == a.TTLAttribute && at.Type != Digits }) && a.TTLAttribute != "" {
		p.Addf("TTLAttribute", "%s is a key that does not hold a number", a.TTLAttribute)
	}
	switch {
	case !a.NoRecovery:
		check.Between(&p, "RecoveryDays", a.RecoveryDays, 1, 35)
	case a.RecoveryDays != 0:
		p.Addf("RecoveryDays", "restoring is turned off: give RecoveryDays or NoRecovery")
	}
	if c := a.Capacity; c != nil {
		c.Read.check(&p, "Capacity.Read")
		c.Write.check(&p, "Capacity.Write")
		check.Between(&p, "Capacity.TargetPercent", c.TargetPercent, 20, 90)
	}
	return p.Err("table", name)
}

func (r Range) check(p *check.Problems, field string) {
	check.Between(p, field+".Min", r.Min, 1, maxUnits)
	check.Between(p, field+".Max", r.Max, max(r.Min, 1), maxUnits)
}

// checkKeys notes keys that DynamoDB would refuse, and an attribute that is
// given two types.
func (a Args) checkKeys(p *check.Problems) {
	a.HashKey.check(p, "HashKey")
	a.RangeKey.checkOptional(p, "RangeKey")
	if a.RangeKey.Name == a.HashKey.Name && a.HashKey.Name != "" {
		p.Addf("RangeKey", "%s is the HashKey, too", a.RangeKey.Name)
	}
	types := map[string][]string{}
	for _, at := range a.attributes() {
		types[at.Name] = append(types[at.Name], string(at.Type))
	}
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if len(types[name]) > 1 {
			p.Addf("keys", "%s has the types %s: an attribute has one", name, strings.Join(types[name], " and "))
		}
	}
}

func (a Args) checkIndexes(p *check.Problems) {
	if n := len(a.GlobalIndexes); n > maxGlobal {
		p.Addf("GlobalIndexes", "%d are more than %d", n, maxGlobal)
	}
	if n := len(a.LocalIndexes); n > maxLocal {
		p.Addf("LocalIndexes", "%d are more than %d", n, maxLocal)
	}
	if len(a.LocalIndexes) > 0 && a.RangeKey == (Attribute{}) {
		p.Addf("LocalIndexes", "a table without a RangeKey has none")
	}
	seen, included := map[string]bool{}, 0
	index := func(field, name string, projection Projection, include []string) {
		checkIndex(p, field, name, projection, include)
		if seen[name] {
			p.Addf(field+".Name", "%q is the name of another index, too", name)
		}
		seen[name] = true
		included += len(include)
	}
	for i, x := range a.GlobalIndexes {
		field := fmt.Sprintf("GlobalIndexes[%d]", i)
		index(field, x.Name, x.Projection, x.Include)
		x.HashKey.check(p, field+".HashKey")
		x.RangeKey.checkOptional(p, field+".RangeKey")
		if x.RangeKey.Name == x.HashKey.Name && x.HashKey.Name != "" {
			p.Addf(field+".RangeKey", "%s is the HashKey, too", x.RangeKey.Name)
		}
	}
	for i, x := range a.LocalIndexes {
		field := fmt.Sprintf("LocalIndexes[%d]", i)
		index(field, x.Name, x.Projection, x.Include)
		x.RangeKey.check(p, field+".RangeKey")
		if x.RangeKey.Name == a.HashKey.Name {
			p.Addf(field+".RangeKey", "%s is the table's HashKey", x.RangeKey.Name)
		}
	}
	if included > maxIncluded {
		p.Addf("Include", "all indexes together include %d attributes, more than %d: use Everything", included, maxIncluded)
	}
}

func checkIndex(p *check.Problems, field, name string, projection Projection, include []string) {
	if !indexName.MatchString(name) {
		p.Addf(field+".Name", "%q is not 3 to 255 letters, digits, underscores, hyphens and dots", name)
	}
	check.OneOf(p, field+".Projection", projection, Everything, KeysOnly, Some)
	switch {
	case projection == Some && len(include) == 0:
		p.Addf(field+".Include", "the projection Some includes something: name it")
	case projection != Some && len(include) > 0:
		p.Addf(field+".Include", "needs the projection Some")
	}
}

func (at Attribute) check(p *check.Problems, field string) {
	if len(at.Name) < 1 || len(at.Name) > 255 {
		p.Addf(field, "%q is not the name of an attribute: 1 to 255 bytes", at.Name)
		return
	}
	check.OneOf(p, field+".Type", at.Type, Text, Digits, Bytes)
}

func (at Attribute) checkOptional(p *check.Problems, field string) {
	if at != (Attribute{}) {
		at.check(p, field)
	}
}

// inputs is what the state records of the arguments.
func (a Args) inputs() pulumi.Map {
	m := pulumi.Map{
		"hashKey":     pulumi.String(a.HashKey.Name),
		"recovery":    pulumi.Int(a.RecoveryDays),
		"unprotected": pulumi.Bool(a.Unprotected),
	}
	for key, text := range map[string]string{
		"rangeKey": a.RangeKey.Name, "stream": string(a.Stream), "ttlAttribute": a.TTLAttribute,
	} {
		if text != "" {
			m[key] = pulumi.String(text)
		}
	}
	var indexes []string
	for _, i := range a.GlobalIndexes {
		indexes = append(indexes, i.Name)
	}
	for _, i := range a.LocalIndexes {
		indexes = append(indexes, i.Name)
	}
	if len(indexes) > 0 {
		m["indexes"] = pulumi.ToStringArray(indexes)
	}
	if c := a.Capacity; c != nil {
		m["capacity"] = pulumi.Map{
			"read":          pulumi.ToIntArray([]int{c.Read.Min, c.Read.Max}),
			"write":         pulumi.ToIntArray([]int{c.Write.Min, c.Write.Max}),
			"targetPercent": pulumi.Int(c.TargetPercent),
		}
	}
	if a.KMSKeyARN != nil {
		m["kmsKeyArn"] = a.KMSKeyARN
	}
	if len(a.AlarmActions) > 0 {
		m["alarmActions"] = a.AlarmActions
	}
	if len(a.Tags) > 0 {
		m["tags"] = pulumi.ToStringMap(a.Tags)
	}
	return m
}
