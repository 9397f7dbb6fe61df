package builtin

import (
	_ "embed" // for the list of types
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/policy"
)

// taggable lists the types of pulumi-aws that have tags, one a line, sorted.
//
//go:embed taggable.txt
var taggable string

// RequiredTags is the policy required-tags: every resource of AWS that can have
// tags has these, and none is empty. Tags are how bills are split and how somebody
// finds out at night whose resource it is.
//
// The tags that Trunkline puts on everything count (Environment, Stack, ManagedBy,
// and those under tags: in the environment's file), as the provider has them by
// default. A provider that a stack makes itself has no such tags.
//
// To be exempt: add an exemption for the resource, or leave out its environment.
func RequiredTags(level policy.Level, keys []string, opts ...policy.Option) policy.Policy {
	types := strings.Fields(taggable)
	check := func(c policy.Change, r policy.Reporter) {
		_, known := slices.BinarySearch(types, c.Type)
		if c.Stays() && (known || c.Type == scalingGroup) {
			requireTags(c, keys, r)
		}
	}
	doc := policy.Doc("Every resource that can have tags has " + strings.Join(keys, ", ") + ".")
	return policy.Resource("required-tags", level, check, append([]policy.Option{doc, policy.Types("aws:*"), policy.Unchanged()}, opts...)...)
}

// scalingGroup has its tags in a list, and none by default.
const scalingGroup = "aws:autoscaling/group:Group"

func requireTags(c policy.Change, keys []string, r policy.Reporter) {
	tags := c.New("tagsAll") // what the provider makes of tags, where it tells
	if tags.There() == policy.No {
		tags = c.New("tags")
	}
	has, a := tagsOf(c, tags)
	if a == policy.Unclear {
		r.Unclear(tags, "it has the tags "+strings.Join(keys, ", "))
		return
	}
	var missing []string
	for _, key := range keys {
		v, given := has[key]
		byDefault := c.Stack.DefaultTags[key] != "" && c.Type != scalingGroup
		if given && v.Is("") == policy.Yes || !given && !byDefault {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		r.Report("it has no tag %s", strings.Join(missing, ", "))
	}
}

// tagsOf reads tags from the map that they are, or from the list of a group.
func tagsOf(c policy.Change, tags policy.Value) (map[string]policy.Value, policy.Answer) {
	if c.Type != scalingGroup {
		return tags.Map()
	}
	list, a := tags.List()
	out := map[string]policy.Value{}
	for _, t := range list {
		key, known := t.At("key").Text()
		if known != policy.Yes {
			return nil, policy.Unclear
		}
		out[key] = t.At("value")
	}
	return out, a
}
