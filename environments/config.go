package environments

import (
	"maps"
	"regexp"
	"slices"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

var configKey = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]*:[^:]+$`)

// placed are keys that have a place of their own in the file. What is a
// credential must not get to the program, which sees all of its configuration.
var placed = map[string]string{
	"aws:accessKey": "cloud.credentials says as whom AWS is called",
	"aws:secretKey": "cloud.credentials says as whom AWS is called",
	"aws:token":     "cloud.credentials says as whom AWS is called",
	"aws:profile":   "write it under cloud.credentials.profile",
	"aws:region":    "write it under cloud.region",

	"trunkline:environment": "trunkline tells the program about its environment itself",
}

// configProblems checks the keys under config:.
func configProblems(config map[string]settings.Value) []Problem {
	var out []Problem
	for _, key := range slices.Sorted(maps.Keys(config)) {
		p := Problem{Pos: config[key].Key, Path: "config." + key}
		instead, has := placed[key]
		switch {
		case !configKey.MatchString(key):
			p.What, p.Hint = "is no full key of Pulumi's configuration, such as gcp:project", "settings of a stack are written under stacks"
		case has:
			p.What, p.Hint = "does not belong here", instead
		default:
			continue
		}
		out = append(out, p)
	}
	return out
}
