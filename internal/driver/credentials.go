package driver

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// usual are the variables that every provider process gets: what it takes to run,
// and to reach the network from here. HOME is not among them, because tools find
// credentials there.
var usual = []string{
	"PATH", "TMPDIR", "TMP", "TEMP", "SYSTEMROOT", "TZ", "LANG", "LC_ALL",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "AWS_CA_BUNDLE",
}

// grants are the rights to call AWS that were found so far.
type grants struct {
	mu sync.Mutex
	m  map[grantKey]*awsauth.Grant
}

type grantKey struct {
	environment, account string
	role                 awsauth.Role
}

// roleOf is what an action needs: to look, or to change.
func roleOf(a action) awsauth.Role {
	if a.dry || a.operation == gitops.Import { // which only reads from the cloud
		return awsauth.Preview
	}
	return awsauth.Update
}

// authorize makes sure that the stacks' environments can be reached, before
// anything is done in one of them: their provider is installed, and there are
// credentials of the right account for every role.
func (s *Session) authorize(ctx context.Context, ids []gitops.StackID, roles ...awsauth.Role) error {
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id.Environment] {
			continue
		}
		seen[id.Environment] = true
		env, err := s.Environment(id.Environment)
		if err != nil {
			return err
		}
		if env.Cloud.Provider != "aws" {
			continue
		}
		if err := s.pluginsReady("aws"); err != nil {
			return err
		}
		for _, role := range roles {
			if _, err := s.grant(ctx, env, role); err != nil {
				return err
			}
		}
	}
	return nil
}

// grant returns the right to call AWS in an environment, found at first use.
func (s *Session) grant(ctx context.Context, env *environments.Environment, role awsauth.Role) (*awsauth.Grant, error) {
	set, err := s.awsSettings(env)
	if err != nil {
		return nil, err
	}
	s.d.grants.mu.Lock() // held while AWS is asked: once is enough
	defer s.d.grants.mu.Unlock()
	key := grantKey{env.Name, env.Cloud.Account, role}
	if g := s.d.grants.m[key]; g != nil {
		return g, nil
	}
	end := s.d.phase("checking credentials to " + string(role) + " " + env.Name)
	g, err := s.d.awsBroker().Open(ctx, set, role)
	if err != nil {
		return nil, err
	}
	end()
	if s.d.grants.m == nil {
		s.d.grants.m = map[grantKey]*awsauth.Grant{}
	}
	s.d.grants.m[key] = g
	return g, nil
}

func (d *Driver) awsBroker() *awsauth.Broker {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broker == nil {
		d.broker = awsauth.New(awsauth.Options{Getenv: d.opts.Getenv})
		d.closer = append(d.closer, d.broker.Close)
	}
	return d.broker
}

// awsSettings says as whom AWS is called. Like guards, credentials are those of
// the work tree: a commit that nobody looked at must not choose them, nor send
// them elsewhere. Which account they must be of is what the commit says.
func (s *Session) awsSettings(env *environments.Environment) (awsauth.Settings, error) {
	own, err := s.guarding(env.Name)
	if err != nil {
		return awsauth.Settings{}, err
	}
	if !maps.Equal(own.Cloud.Endpoints, env.Cloud.Endpoints) || own.Cloud.Emulator != env.Cloud.Emulator {
		return awsauth.Settings{}, &gitops.Error{Kind: gitops.Denied, Where: env.File,
			What: "the commit names other endpoints than the work tree, and credentials are not sent there",
			Next: "look at cloud.endpoints of the commit; check it out to use them"}
	}
	c := own.Cloud.Credentials
	set := awsauth.Settings{
		Environment: env.Name, Region: env.Cloud.Region, Account: env.Cloud.Account,
		From: c.From, Profile: c.Profile, TokenVariable: c.TokenVariable, TokenFile: c.TokenFile,
		Roles: map[awsauth.Role]string{}, Emulator: own.Cloud.Emulator, STS: own.Cloud.Endpoints["sts"],
	}
	for role, arn := range map[awsauth.Role]string{awsauth.Preview: c.Roles.Preview, awsauth.Update: c.Roles.Update} {
		if arn != "" {
			set.Roles[role] = arn
		}
	}
	if set.STS == "" {
		set.STS = own.Cloud.Endpoints[environments.DefaultEndpoint]
	}
	return set, nil
}

// providerEnv returns what the processes of each provider get to see in an
// environment.
func (s *Session) providerEnv(ctx context.Context, environment string, role awsauth.Role) (func(provider string) []string, error) {
	env, err := s.Environment(environment)
	if err != nil {
		return nil, err
	}
	own, err := s.guarding(environment)
	if err != nil {
		return nil, err
	}
	all := s.d.variables(slices.Concat(usual, own.Cloud.Variables))
	if env.Cloud.Provider != "aws" {
		return func(string) []string { return all }, nil
	}
	g, err := s.grant(ctx, env, role)
	if err != nil {
		return nil, err
	}
	aws := slices.Concat(all, g.Env())
	if u := env.Cloud.Endpoints[environments.DefaultEndpoint]; u != "" {
		aws = append(aws, "AWS_ENDPOINT_URL="+u)
	}
	return func(provider string) []string {
		if provider == "aws" || strings.HasPrefix(provider, "aws-") {
			return aws
		}
		return all
	}, nil
}

// variables returns those of the environment that are set, "NAME=value" each.
func (d *Driver) variables(names []string) []string {
	var out []string
	if d.opts.Getenv == nil {
		return out
	}
	for _, name := range names {
		if v := d.opts.Getenv(name); v != "" {
			out = append(out, name+"="+v)
		}
	}
	return out
}
