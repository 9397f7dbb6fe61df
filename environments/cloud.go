package environments

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Cloud says where the environment lives, and how to get there.
type Cloud struct {
	Provider string `estate:"provider" required:"true" enum:"aws,sandbox" doc:"aws, or sandbox: an offline stand-in for AWS"`
	Region   string `estate:"region" pattern:"[a-z]{2}(-[a-z]+)+-[0-9]+" format:"an AWS region such as eu-west-1" doc:"AWS region"`
	// Account is 12 digits. Nothing is deployed into any other account.
	Account     string      `estate:"account" pattern:"[0-9]{12}" format:"the 12 digits of an AWS account" doc:"AWS account id, in quotes"`
	Credentials Credentials `estate:"credentials"`
	// Endpoints are URLs by the name that the provider gives to a service: "s3",
	// "sts". "default" stands for all that are not named, and only for an Emulator.
	Endpoints map[string]string `estate:"endpoints" doc:"URLs of AWS services by their name (s3, sts, …): of a private network, or of an emulator, with default for all others"`
	// Emulator tells that the endpoints are those of a stand-in for AWS.
	Emulator bool `estate:"emulator" doc:"the endpoints are LocalStack or moto: made-up credentials, and no checks that only AWS can answer"`
	// Variables name what provider processes get from the environment of the
	// driver, besides the few that all get.
	Variables []string `estate:"variables" doc:"names of environment variables to hand to provider processes, such as GITHUB_TOKEN for a provider that needs it"`
}

// Credentials say as whom AWS is called. The zero value is the default chain of
// AWS's own tools.
type Credentials struct {
	// From are the sources to look at, in order; the first one that is there is
	// taken. Empty means default.
	From []string `estate:"from" doc:"sources in order, the first one that is there is taken: default (what AWS's own tools find), github or gitlab (the job's OIDC token), file (a token in a file)"`
	// Profile is that of the default source.
	Profile string `estate:"profile" doc:"named profile of the AWS configuration, for the source default"`
	// TokenVariable and TokenFile are where the sources gitlab and file find their
	// token.
	TokenVariable string `estate:"tokenVariable" pattern:"[A-Za-z_][A-Za-z0-9_]*" format:"the name of a variable" doc:"variable with the token of the source gitlab; default: GITLAB_OIDC_TOKEN"`
	TokenFile     string `estate:"tokenFile" doc:"file with the token of the source file; default: what AWS_WEB_IDENTITY_TOKEN_FILE names"`
	// Roles are assumed with what was found.
	Roles Roles `estate:"roles"`
}

// Roles are ARNs of IAM roles. Preview is for what only looks: previews, drift,
// and what is shown before somebody agrees. Update is for what changes things.
// Without one, the credentials are used as they are.
type Roles struct {
	Preview string `estate:"preview" pattern:"arn:[a-z-]+:iam::[0-9]{12}:role/.+" format:"the ARN of an IAM role" doc:"ARN of the role for previews and drift"`
	Update  string `estate:"update" pattern:"arn:[a-z-]+:iam::[0-9]{12}:role/.+" format:"the ARN of an IAM role" doc:"ARN of the role for updates"`
}

// DefaultEndpoint is the key of the endpoint for services without one.
const DefaultEndpoint = "default"

// The region and account of a sandbox that asks for none.
const (
	sandboxRegion  = "eu-west-1"
	sandboxAccount = "000000000000"
)

var (
	sources         = []string{"default", "github", "gitlab", "file"}
	servicePattern  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	variablePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// cloudCheck collects what is wrong with the cloud of an environment.
type cloudCheck struct {
	cloud    *Cloud
	node     settings.Value // cloud: itself
	problems []Problem
}

// fail reports a problem with the value on a path below cloud, such as
// "variables[0]", at the nearest place that the file has.
func (c *cloudCheck) fail(path, what, hint string) {
	pos, at := c.node.Key, c.node
	for step := range strings.SplitSeq(path, ".") {
		key, index, listed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		if at = at.Map[key]; at.Kind == "" {
			break
		}
		pos = at.Key
		if i, err := strconv.Atoi(index); listed && err == nil && i < len(at.List) {
			pos = at.List[i].Pos
		}
	}
	c.problems = append(c.problems, Problem{Pos: pos, Path: "cloud." + path, What: what, Hint: hint})
}

// cloudProblems asks for what AWS needs and gives a sandbox its defaults.
func cloudProblems(env *Environment, root settings.Value) []Problem {
	c := &cloudCheck{cloud: &env.Cloud, node: root.Map["cloud"]}
	c.variables()
	if env.Cloud.Provider == "sandbox" {
		c.sandbox()
		return c.problems
	}
	for _, need := range []struct{ key, value string }{{"region", env.Cloud.Region}, {"account", env.Cloud.Account}} {
		if need.value == "" {
			c.fail(need.key, "is required for provider aws and missing", "")
		}
	}
	c.sources()
	c.endpoints()
	return c.problems
}

func (c *cloudCheck) sandbox() {
	for _, key := range []string{"credentials", "endpoints", "emulator"} {
		if _, there := c.node.Map[key]; there {
			c.fail(key, "is only for provider aws", "remove it; the sandbox is in this process and needs nothing")
		}
	}
	if c.cloud.Region == "" {
		c.cloud.Region = sandboxRegion
	}
	if c.cloud.Account == "" {
		c.cloud.Account = sandboxAccount
	}
}

// variables keeps this list from becoming a second way to hand over what has a
// setting of its own.
func (c *cloudCheck) variables() {
	for i, name := range c.cloud.Variables {
		path := fmt.Sprintf("variables[%d]", i)
		switch {
		case !variablePattern.MatchString(name):
			c.fail(path, fmt.Sprintf("is %q, which is not the name of a variable", name), "")
		case strings.HasPrefix(name, "AWS_"):
			c.fail(path, "is "+name+": providers get credentials from cloud.credentials alone", "remove it")
		case strings.HasPrefix(name, "PULUMI_"):
			c.fail(path, "is "+name+", which belongs to the engine", "remove it")
		}
	}
}

func (c *cloudCheck) sources() {
	from := c.cloud.Credentials.From
	for i, name := range from {
		if !slices.Contains(sources, name) {
			c.fail(fmt.Sprintf("credentials.from[%d]", i), fmt.Sprintf("is %q, and not one of %s", name, strings.Join(sources, ", ")), settings.DidYouMean(name, sources))
		} else if slices.Contains(from[:i], name) {
			c.fail(fmt.Sprintf("credentials.from[%d]", i), "is "+name+" again", "name each source once")
		}
	}
	cr := c.cloud.Credentials
	for _, only := range []struct{ key, value, source string }{
		{"profile", cr.Profile, "default"}, {"tokenVariable", cr.TokenVariable, "gitlab"}, {"tokenFile", cr.TokenFile, "file"},
	} {
		used := slices.Contains(from, only.source) || len(from) == 0 && only.source == "default"
		if only.value != "" && !used {
			c.fail("credentials."+only.key, "is only for the source "+only.source, "add "+only.source+" to cloud.credentials.from, or remove it")
		}
	}
	c.roles(slices.ContainsFunc(from, func(s string) bool { return s != "default" }))
}

func (c *cloudCheck) roles(token bool) {
	roles := c.cloud.Credentials.Roles
	for _, role := range []struct{ key, arn string }{{"preview", roles.Preview}, {"update", roles.Update}} {
		path := "credentials.roles." + role.key
		if role.arn == "" {
			if token {
				c.fail(path, "is missing: a token is worth nothing without a role to assume with it", "")
			}
			continue
		}
		if in := strings.Split(role.arn, ":")[4]; c.cloud.Account != "" && in != c.cloud.Account {
			c.fail(path, "is in account "+in+", and cloud.account is "+c.cloud.Account, "")
		}
	}
}

func (c *cloudCheck) endpoints() {
	for _, name := range slices.Sorted(maps.Keys(c.cloud.Endpoints)) {
		path, raw := "endpoints."+name, c.cloud.Endpoints[name]
		u, err := url.Parse(raw)
		switch {
		case !servicePattern.MatchString(name):
			c.fail(path, "is not the name of a service, such as s3, or default", "")
		case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "":
			c.fail(path, "is no URL such as https://host", "")
		case u.User != nil:
			c.fail(path, "holds a user or password, and this file is in Git", "leave it out")
		case name == DefaultEndpoint && !c.cloud.Emulator:
			c.fail(path, "would send everything somewhere else than to AWS", "name single services, or set cloud.emulator: true")
		case u.Scheme == "http" && !c.cloud.Emulator && !loopback(u.Hostname()):
			c.fail(path, "is not encrypted", "use https://")
		}
	}
	if c.cloud.Emulator && c.cloud.Endpoints[DefaultEndpoint] == "" {
		c.fail("emulator", "needs cloud.endpoints.default, or AWS itself would be called with made-up credentials",
			"add endpoints: {default: http://localhost:4566}, or remove emulator")
	}
}

// loopback tells whether a host is this machine whatever a resolver says.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// Reaching lists the settings of the cloud that decide what happens to resources,
// by the key under which a person finds them. Who does it, and how they get
// there, is not among them.
func (c Cloud) Reaching() map[string]string {
	out := map[string]string{"cloud.provider": c.Provider, "cloud.region": c.Region, "cloud.account": c.Account}
	for name, u := range c.Endpoints {
		out["cloud.endpoints."+name] = u
	}
	if c.Emulator {
		out["cloud.emulator"] = "true"
	}
	if len(c.Variables) > 0 { // a provider may read anything in them
		out["cloud.variables"] = strings.Join(slices.Sorted(slices.Values(c.Variables)), ", ")
	}
	return out
}
