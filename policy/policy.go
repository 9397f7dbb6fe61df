package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/place"
)

// Level says what follows from a violation.
type Level string

// The levels.
const (
	// Mandatory violations stop an update and fail a pull request.
	Mandatory Level = "mandatory"
	// Advisory ones are shown.
	Advisory Level = "advisory"
)

// About says what a policy looks at.
type About string

// What policies look at.
const (
	AboutChanges   About = "changes"   // one resource at a time, when it changes
	AboutResources About = "resources" // one at a time, also what stays as it is
	AboutReview    About = "review"    // everything at once
)

// Policy is a rule over what is proposed. It is made by Resource or Review, and
// is a value: it keeps nothing between two calls.
type Policy struct {
	info     Info
	types    []string
	resource func(Change, Reporter)
	review   func(ReviewInput, Reporter)
	problems []string
}

// Info is what a policy says about itself.
type Info struct {
	Name  string `json:"name"`
	Level Level  `json:"level"`
	Doc   string `json:"doc,omitempty"`
	About About  `json:"about"`
	// In and Except are patterns of environments: the policy holds where one of In
	// matches, or In is empty, and none of Except does.
	In     []string `json:"in,omitempty"`
	Except []string `json:"except,omitempty"`
	// Source is the "file:line" of the estate that makes the policy, relative to
	// the module.
	Source string `json:"source,omitempty"`
	// BuiltIn tells that it is one of package builtin.
	BuiltIn bool `json:"builtIn,omitempty"`
}

// Scope says for people where the policy holds: "everywhere", "in production",
// "everywhere except dev".
func (i Info) Scope() string {
	out := "everywhere"
	if len(i.In) > 0 {
		out = "in " + strings.Join(i.In, ", ")
	}
	if len(i.Except) > 0 {
		out += " except " + strings.Join(i.Except, ", ")
	}
	return out
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,62}$`)

// Resource makes a policy that looks at one resource at a time: at those that
// change and, with Unchanged, at all that stay as well. A resource that goes is a
// change, too, and has no new inputs. Mistakes are reported by Main.
func Resource(name string, level Level, check func(c Change, r Reporter), opts ...Option) Policy {
	p := Policy{info: Info{Name: name, Level: level, About: AboutChanges}, resource: check}
	if check == nil {
		p.fail("has no function")
	}
	return p.with(opts)
}

// Review makes a policy that looks at everything that is proposed at once.
func Review(name string, level Level, check func(rev ReviewInput, r Reporter), opts ...Option) Policy {
	p := Policy{info: Info{Name: name, Level: level, About: AboutReview}, review: check}
	if check == nil {
		p.fail("has no function")
	}
	return p.with(opts)
}

// with applies the options and notes who called the function that calls it. For
// those who made a policy of package builtin, that is the estate.
func (p Policy) with(opts []Option) Policy {
	pkg, file, line := place.Caller(1)
	for up := 2; pkg == kit+"/builtin"; up++ {
		p.info.BuiltIn = true
		pkg, file, line = place.Caller(up)
	}
	p.info.Source = place.Source(place.Module(), pkg, file, line)
	if !namePattern.MatchString(p.info.Name) {
		p.fail("its name is not lower-case letters, digits and -, beginning with a letter, at most 63")
	}
	if p.info.Level != Mandatory && p.info.Level != Advisory {
		p.fail("its level %q is neither policy.Mandatory nor policy.Advisory", p.info.Level)
	}
	for _, o := range opts {
		o(&p)
	}
	return p
}

func (p *Policy) fail(format string, args ...any) {
	p.problems = append(p.problems, fmt.Sprintf("policy %q: ", p.info.Name)+fmt.Sprintf(format, args...))
}

// Info returns what the policy says about itself.
func (p Policy) Info() Info { return p.info }

// Option changes a policy.
type Option func(*Policy)

// Doc gives the policy a sentence for those who meet it: what it asks for and why.
func Doc(sentence string) Option { return func(p *Policy) { p.info.Doc = sentence } }

// Types restricts a policy over resources to types that one of the patterns
// matches, such as "aws:s3/*".
func Types(patterns ...string) Option {
	return func(p *Policy) {
		if p.resource == nil {
			p.fail("policy.Types is for policies over resources; look at Change.Type")
		}
		p.types = append(p.types, patterns...)
	}
}

// Unchanged makes a policy over resources look also at those that stay as they
// are, in every stack that is previewed.
func Unchanged() Option {
	return func(p *Policy) {
		if p.resource == nil {
			p.fail("policy.Unchanged is for policies over resources; use ReviewInput.Resources")
		}
		p.info.About = AboutResources
	}
}

// In makes a policy hold only in environments that one of the patterns matches.
func In(environments ...string) Option {
	return func(p *Policy) { p.info.In = append(p.info.In, environments...) }
}

// Except makes a policy hold in all environments but those that one of the
// patterns matches, so that it holds in new ones.
func Except(environments ...string) Option {
	return func(p *Policy) { p.info.Except = append(p.info.Except, environments...) }
}

// holdsIn tells whether the policy holds in an environment.
func (p Policy) holdsIn(environment string) bool {
	matches := func(pattern string) bool { return Match(pattern, environment) }
	return (len(p.info.In) == 0 || slices.ContainsFunc(p.info.In, matches)) && !slices.ContainsFunc(p.info.Except, matches)
}

// looksAt tells whether a policy over resources wants to see one.
func (p Policy) looksAt(c Change) bool {
	if c.Op == Same && p.info.About != AboutResources {
		return false
	}
	return len(p.types) == 0 || slices.ContainsFunc(p.types, func(pattern string) bool { return Match(pattern, c.Type) })
}

// Problems lists what is wrong with a table of policies, one line each.
func Problems(policies ...Policy) []string {
	var out []string
	first := map[string]string{}
	for i, p := range policies {
		if p.resource == nil && p.review == nil && len(p.problems) == 0 {
			out = append(out, fmt.Sprintf("policy %d in the table of policy.Main is none", i+1))
			continue
		}
		for _, text := range p.problems {
			out = append(out, p.info.Source+": "+text)
		}
		if at, twice := first[p.info.Name]; twice {
			out = append(out, fmt.Sprintf("%s: policy %q is already made at %s", p.info.Source, p.info.Name, at))
			continue
		}
		first[p.info.Name] = p.info.Source
	}
	return out
}
