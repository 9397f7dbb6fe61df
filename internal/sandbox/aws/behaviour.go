package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Behaviour is what one resource type does that its data does not say. Every
// part is optional.
type Behaviour struct {
	// Global tells that the resource belongs to an account, not to a region.
	Global bool
	// Check rejects inputs at preview. It sees known values only.
	Check func(in Object) []Failure
	// Links are the references to other resources.
	Links []Link
	// Unique refuses a second resource with equal values of its properties.
	Unique *Unique
	// Refuse refuses a creation or update for another reason.
	Refuse func(c *Call) error
	// Keep refuses a deletion for another reason than Links.
	Keep func(r Resource) error
	// ID makes the identifier. Without it the ID is random.
	ID func(c *Call) string
	// Outputs sets what AWS computes. On an update out holds the old values.
	Outputs func(c *Call, out Object)
}

// Link says that the value at a path names another resource.
type Link struct {
	Path string
	To   []Target
	// Missing is the refusal when there is no such resource; %s is the value.
	Missing Error
	// Holds is the refusal to delete the other resource while this one exists;
	// %s is the value. Without a code the other can go.
	Holds Error
	// Free names values that are never checked, by prefix.
	Free []string
}

// Target is a property of a type that a link's value may equal.
type Target struct{ Token, Property string }

// Unique says that a combination of properties exists once.
type Unique struct {
	Properties []string
	Taken      Error // %s is the value of the first property
}

// For returns the behaviour of a type; the zero Behaviour when it has none.
func For(token string) Behaviour { return behaviours[token] }

// behaviours is never changed after the program has started.
var behaviours = merged(ec2Network, ec2Gateways, ec2Routing, ec2Security, ec2Compute, iam, s3, sqs, cloudwatch, kms, sns, ssm, secretsmanager, dynamodb,
	lambda, scheduler, ecs, lb, appautoscaling, rds, elasticache,
	acm, cloudfront, ecr, route53)

func merged(services ...map[string]Behaviour) map[string]Behaviour {
	all := map[string]Behaviour{}
	for _, s := range services {
		maps.Copy(all, s)
	}
	return all
}

// Check rejects inputs before anything is created.
func Check(token string, in Object) []Failure {
	if check := behaviours[token].Check; check != nil {
		return check(in)
	}
	return nil
}

// Admit decides whether AWS would accept the call: every reference exists, the
// name is free, and the type's own rules hold.
func Admit(c *Call) error {
	b := behaviours[c.Token]
	for _, l := range b.Links {
		for _, v := range c.In.text(l.Path) {
			ok, err := exists(c, l, v)
			if err != nil {
				return err
			}
			if !ok {
				return &Error{l.Missing.Code, withValue(l.Missing.Message, v)}
			}
		}
	}
	if b.Unique != nil && !c.Update {
		if err := free(c, *b.Unique); err != nil {
			return err
		}
	}
	if b.Refuse != nil {
		return b.Refuse(c)
	}
	return nil
}

func exists(c *Call, l Link, value string) (bool, error) {
	for _, prefix := range l.Free {
		if strings.HasPrefix(value, prefix) {
			return true, nil
		}
	}
	if value == c.defaultVPC() || value == c.defaultSubnet() || value == c.defaultGroup() {
		return true, nil
	}
	for _, t := range l.To {
		all, err := c.Cloud.All(t.Token)
		if err != nil {
			return false, err
		}
		for _, r := range all {
			if r.value(t.Property) == value {
				return true, nil
			}
		}
	}
	return false, nil
}

func (r Resource) value(property string) string {
	if property == "id" {
		return r.ID
	}
	return r.State.Text(property)
}

func free(c *Call, u Unique) error {
	all, err := c.Cloud.All(c.Token)
	if err != nil {
		return err
	}
	for _, r := range all {
		same := true
		for _, p := range u.Properties {
			same = same && c.In.Text(p) == r.State.Text(p)
		}
		if same {
			return &Error{u.Taken.Code, withValue(u.Taken.Message, c.In.Text(u.Properties[0]))}
		}
	}
	return nil
}

// Release decides whether AWS would let the resource go: it is not protected,
// and nothing that exists holds it.
func Release(cloud Cloud, r Resource) error {
	if keep := behaviours[r.Type].Keep; keep != nil {
		if err := keep(r); err != nil {
			return err
		}
	}
	for _, token := range slices.Sorted(maps.Keys(behaviours)) {
		for _, l := range behaviours[token].Links {
			if l.Holds.Code == "" || !points(l, r.Type) {
				continue
			}
			if err := held(cloud, token, l, r); err != nil {
				return err
			}
		}
	}
	return nil
}

func points(l Link, token string) bool {
	for _, t := range l.To {
		if t.Token == token {
			return true
		}
	}
	return false
}

func held(cloud Cloud, token string, l Link, r Resource) error {
	others, err := cloud.All(token)
	if err != nil {
		return err
	}
	for _, other := range others {
		if other.Type == r.Type && other.ID == r.ID {
			continue
		}
		for _, v := range other.State.text(l.Path) {
			for _, t := range l.To {
				if t.Token == r.Type && r.value(t.Property) == v {
					return refuse(l.Holds.Code, "%s (%s %s depends on it)", withValue(l.Holds.Message, v), short(token), other.ID)
				}
			}
		}
	}
	return nil
}

// short returns "Subnet" of "aws:ec2/subnet:Subnet".
func short(token string) string { return token[strings.LastIndexByte(token, ':')+1:] }

func withValue(message, v string) string {
	if strings.Contains(message, "%s") {
		return fmt.Sprintf(message, v)
	}
	return message
}

// all concatenates checks.
func all(checks ...func(Object) []Failure) func(Object) []Failure {
	return func(in Object) []Failure {
		var out []Failure
		for _, c := range checks {
			out = append(out, c(in)...)
		}
		return out
	}
}
