package frompulumi

import (
	"cmp"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

var accountInARN = regexp.MustCompile(`arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12}):`)

// AccountOf is the AWS account that most ARNs in a state are of, "" without any.
func AccountOf(exported []byte) string {
	count := map[string]int{}
	for _, m := range accountInARN.FindAllSubmatch(exported, -1) {
		count[string(m[1])]++
	}
	list := slices.SortedFunc(maps.Keys(count), func(a, b string) int {
		return cmp.Or(count[b]-count[a], strings.Compare(a, b))
	})
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// RegionOf is the AWS region of the default provider in a state, "" without any.
// A provider has it there also when it was a variable that said it.
func RegionOf(exported []byte) string {
	var doc struct {
		Deployment struct {
			Resources []struct {
				URN    string `json:"urn"`
				Inputs struct {
					Region any `json:"region"`
				} `json:"inputs"`
			} `json:"resources"`
		} `json:"deployment"`
	}
	if json.Unmarshal(exported, &doc) != nil { // which renaming it reports
		return ""
	}
	for _, r := range doc.Deployment.Resources {
		if region, ok := r.Inputs.Region.(string); ok && strings.Contains(r.URN, "::pulumi:providers:aws::default") {
			return region
		}
	}
	return ""
}

// refused are keys that the environment's file does not take: credentials do not
// get to the program.
var refused = []string{"aws:accessKey", "aws:secretKey", "aws:token"}

// place puts what of the configuration has a place of its own in the
// environment's file there, and keeps trunkline's own tags away.
func (e *Environment) place() []Finding {
	var out []Finding
	take := func(key string) string {
		v, ok := e.Config[key]
		if !ok || v.Kind != settings.String {
			return ""
		}
		delete(e.Config, key)
		return v.Text
	}
	e.Region, e.Profile = cmp.Or(take("aws:region"), e.Region), take("aws:profile")
	for _, key := range refused {
		if _, ok := e.Config[key]; ok {
			delete(e.Config, key)
			out = append(out, Finding{File: e.File, What: key + " is not carried over: a program never sees credentials",
				Next: "set the variables that the AWS tools read, or write cloud.credentials into the environment's file"})
		}
	}
	if e.Provider == "sandbox" && e.Profile != "" {
		e.Profile = ""
		out = append(out, Finding{File: e.File, What: "aws:profile is not carried over: the sandbox has no credentials"})
	}
	if _, own := e.Config["aws:defaultTags"]; !own {
		e.Config["aws:defaultTags"] = settings.Value{Kind: settings.Null}
	}
	return append(out, e.unplaced()...)
}

// unplaced says what is not known of where an environment on AWS is.
func (e *Environment) unplaced() []Finding {
	if e.Provider != "aws" {
		return nil
	}
	var out []Finding
	if e.Region == "" {
		out = append(out, Finding{File: e.File, Blocks: true, What: "the region of " + e.Name + " is not known: aws:region is not set, and the state does not say it", Next: "add --region"})
	}
	if e.Account == "" {
		out = append(out, Finding{File: e.File, Blocks: true, What: "the account of " + e.Name + " is not known: no ARN is in the state", Next: "add --account"})
	}
	return out
}
