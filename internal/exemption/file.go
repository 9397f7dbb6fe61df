// Package exemption reads who took responsibility for violations of policies, and
// for how long, and lets those violations pass. The file is
// policies/exemptions.yaml of the revision that something is proposed to.
package exemption

import (
	"reflect"
	"time"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/estate/settings"
)

// File is where the exemptions are, relative to the estate.
const File = "policies/exemptions.yaml"

// Exemption is one entry of the file. In the patterns, * stands for any text.
type Exemption struct {
	// Policy is the name of a policy.
	Policy string `estate:"policy" required:"true" doc:"name of the policy"`
	// Stack, Environment and Resource are patterns of names. What is about more
	// than one resource or stack has no name there.
	Stack       string `estate:"stack" required:"true" doc:"pattern of the names of stacks, * for any"`
	Environment string `estate:"environment" required:"true" doc:"pattern of the names of environments, * for any"`
	Resource    string `estate:"resource" required:"true" doc:"pattern of the names of resources, * for any"`
	// Owner took the responsibility, for a reason.
	Owner  string `estate:"owner" required:"true" doc:"who takes the responsibility"`
	Reason string `estate:"reason" required:"true" doc:"why the violation is right, or how long it takes to mend"`
	// Expires is the last day on which it holds, in UTC.
	Expires string `estate:"expires" required:"true" pattern:"[0-9]{4}-[0-9]{2}-[0-9]{2}" format:"a day such as 2026-12-31" doc:"last day on which it holds"`

	// Where is the "file:line" of the entry, day is Expires.
	Where string    `estate:"-"`
	day   time.Time `estate:"-"`
}

// file is the shape of the file.
type file struct {
	Version    int         `estate:"version" required:"true" min:"1" max:"1" doc:"version of this format: 1"`
	Exemptions []Exemption `estate:"exemptions" doc:"what may be violated, by whom, and until when"`
}

// Parse reads the file. The error is a *settings.Error with everything that is
// wrong with it, with its place.
func Parse(name string, data []byte) ([]Exemption, error) {
	root, problems := environments.Tree(name, data)
	if len(problems) > 0 {
		return nil, settings.ErrorOf(problems)
	}
	schema, err := settings.Of(reflect.TypeFor[file]())
	if err != nil {
		return nil, err
	}
	start := settings.Pos{File: name, Line: 1, Col: 1}
	for _, p := range settings.Check(schema, root.Map, start) {
		p.GoField, p.Rule = "", "" // of no interest to those who write the file
		problems = append(problems, p)
	}
	if len(problems) > 0 {
		return nil, settings.ErrorOf(problems)
	}
	var f file
	if err := settings.Decode(schema, root.Map, start, &f); err != nil {
		return nil, err
	}
	for i, v := range root.Map["exemptions"].List {
		e := &f.Exemptions[i]
		e.Where = settings.Pos{File: name, Line: v.Pos.Line}.String()
		problems = append(problems, e.check(v)...)
	}
	return f.Exemptions, settings.ErrorOf(problems)
}

// check finds what the types of the values do not say.
func (e *Exemption) check(v settings.Value) []settings.Problem {
	var out []settings.Problem
	var err error
	if e.day, err = time.Parse(time.DateOnly, e.Expires); err != nil {
		out = append(out, settings.Problem{Pos: v.Map["expires"].Pos, Path: "expires", What: "is " + e.Expires + ", and there is no such day"})
	}
	for _, key := range []string{"policy", "stack", "environment", "resource", "owner", "reason"} {
		if v.Map[key].Text == "" {
			out = append(out, settings.Problem{Pos: v.Map[key].Pos, Path: key, What: "is empty"})
		}
	}
	return out
}
