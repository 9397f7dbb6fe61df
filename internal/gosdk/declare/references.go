package declare

import (
	"regexp"
	"strings"
)

// generated matches identifiers that a cloud has made up: no two things have the
// same by chance.
var generated = regexp.MustCompile(`^[a-z]+-[0-9a-f]{8,}$|^arn:|://`)

// target is what a value can refer to: the ID or the ARN of a resource.
type target struct {
	resource int
	// output is the Go field, "" for the ID.
	output string
}

// reference returns the expression of another resource's ID or ARN that has the
// value. A value that could be meant otherwise stays what it is: a bucket's name
// is no reference in a tag. key is the name of the property, "" for what a person
// has chosen the name of.
func (p *printer) reference(from int, key, value string) (string, bool) {
	var near, all []target
	for i, r := range p.list {
		if i == from || r.typ == nil || key == "name" {
			continue
		}
		for _, t := range p.targets(i, value) {
			all = append(all, t)
			if means(key, r.typ.Type) {
				near = append(near, t)
			}
		}
	}
	if len(near) == 0 && generated.MatchString(value) {
		near = all
	}
	if len(near) != 1 {
		return "", false
	}
	t := near[0]
	p.refs[from][t.resource] = true
	if p.placed != nil && !p.placed[t.resource] {
		return "", false // of a circle
	}
	p.used[t.resource] = true
	if t.output == "" {
		return p.variables[t.resource] + ".ID()", true
	}
	return p.variables[t.resource] + "." + t.output, true
}

// targets is how a resource has the value: as its ID, or else as its ARN.
func (p *printer) targets(i int, value string) []target {
	r := p.list[i]
	if r.ID == value && !r.belongs() {
		return []target{{resource: i}}
	}
	for _, f := range r.typ.Outputs {
		if f.Name == "arn" && f.Type == "pulumi.StringOutput" && r.Outputs["arn"] == value {
			return []target{{i, f.GoName}}
		}
	}
	return nil
}

// belongs tells whether the ID is that of something else, which the resource only
// says more about: a bucket policy has the ID of its bucket.
func (r known) belongs() bool {
	for key, v := range r.Inputs {
		if text, ok := v.(string); ok && text == r.ID && key != "name" && !means(key, r.typ.Type) {
			return true
		}
	}
	return false
}

var (
	roleOfKey   = regexp.MustCompile(`(?i)(ids?|arns?|urls?|names?)$`)
	typeVersion = regexp.MustCompile(`v\d+$`)
)

// means tells whether a property that is named like that speaks of the type:
// vpcId and vpcIds of Vpc, bucket of BucketV2.
func means(key, goType string) bool {
	subject := strings.ToLower(roleOfKey.ReplaceAllString(key, ""))
	typ := typeVersion.ReplaceAllString(strings.ToLower(goType), "")
	return subject != "" && (strings.HasSuffix(subject, typ) || strings.HasSuffix(strings.TrimSuffix(subject, "s"), typ))
}
