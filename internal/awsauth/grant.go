package awsauth

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Grant is the right to call AWS as one identity of one environment.
type Grant struct {
	// Identity is whose it is, as AWS says.
	Identity Identity

	address string
	token   func() string // a function, so that printing a grant does not show it
	cache   *aws.CredentialsCache
	explain func(context.Context, error) error
}

// Env returns what a provider process needs to use the grant, "NAME=value" each.
// The two files are named so that it does not read those of the user.
func (g *Grant) Env() []string {
	return []string{
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=" + g.address,
		"AWS_CONTAINER_AUTHORIZATION_TOKEN=" + g.token(),
		"AWS_CONFIG_FILE=" + os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull,
		"AWS_EC2_METADATA_DISABLED=true",
	}
}

// Open finds credentials for a role, asks AWS whose they are, and returns a grant
// of them. Credentials that are missing, expired, refused, or of another account
// than Settings.Account are an error of kind Denied. The grant ends with the
// Broker.
func (b *Broker) Open(ctx context.Context, s Settings, role Role) (*Grant, error) {
	f, err := b.find(ctx, s)
	if err != nil {
		return nil, err
	}
	what, provider := f.what, f.base
	if f.base != nil {
		c, err := f.base.Retrieve(ctx)
		if err != nil {
			return nil, b.explain(ctx, s, what, err)
		}
		if came := origin(c.Source); came != "" {
			what = came
		}
	}
	if arn := s.Roles[role]; f.token != nil || arn != "" {
		provider, what = b.assume(s, f, role), what+", then "+arn
	}
	explain := func(ctx context.Context, err error) error { return b.explain(ctx, s, what, err) }
	checked := &checked{inner: provider, verify: func(ctx context.Context, c aws.Credentials) (Identity, error) {
		return b.identify(ctx, s, what, c)
	}}
	cache := aws.NewCredentialsCache(checked, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = early })
	if _, err := cache.Retrieve(ctx); err != nil {
		return nil, explain(ctx, err)
	}
	return b.serve(&Grant{Identity: checked.who(), cache: cache, explain: explain})
}

// early is how long before their end credentials are renewed.
const early = 5 * time.Minute

// assume turns what was found into credentials of the role.
func (b *Broker) assume(s Settings, f found, role Role) aws.CredentialsProvider {
	session := "trunkline-" + s.Environment + "-" + string(role)
	if f.token != nil {
		return stscreds.NewWebIdentityRoleProvider(b.sts(s, nil), s.Roles[role], tokenFunc(f.token),
			func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = session })
	}
	return stscreds.NewAssumeRoleProvider(b.sts(s, f.base), s.Roles[role],
		func(o *stscreds.AssumeRoleOptions) { o.RoleSessionName = session })
}

// tokenFunc is a stscreds.IdentityTokenRetriever.
type tokenFunc func() ([]byte, error)

// GetIdentityToken implements stscreds.IdentityTokenRetriever.
func (f tokenFunc) GetIdentityToken() ([]byte, error) { return f() }

// attempts is how often AWS is asked that is too busy or cannot be reached.
const attempts = 4

// sts is a client of the environment's STS. It ignores endpoints that the
// process's environment names: providers do not see those either.
func (b *Broker) sts(s Settings, as aws.CredentialsProvider) *sts.Client {
	o := sts.Options{
		Region: s.Region, Credentials: as, HTTPClient: awshttp.NewBuildableClient().WithTimeout(tokenPatience),
		Retryer: retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts = attempts
			if b.opts.Pause != nil {
				o.Backoff = retry.BackoffDelayerFunc(func(n int, _ error) (time.Duration, error) { return b.opts.Pause(n), nil })
			}
		}),
	}
	if s.STS != "" {
		o.BaseEndpoint = &s.STS
	}
	return sts.New(o)
}

// identify asks AWS whose credentials these are, and refuses those of another
// account.
func (b *Broker) identify(ctx context.Context, s Settings, what string, c aws.Credentials) (Identity, error) {
	out, err := b.sts(s, credentials.StaticCredentialsProvider{Value: c}).GetCallerIdentity(ctx, nil)
	if err != nil {
		return Identity{}, err
	}
	id := Identity{ARN: aws.ToString(out.Arn), Account: aws.ToString(out.Account), Source: what}
	if id.Account != s.Account {
		return id, &gitops.Error{Kind: gitops.Denied,
			What: fmt.Sprintf("%s is in account %s, and these credentials are %s in account %s (%s)", s.Environment, s.Account, id.ARN, id.Account, id.Source),
			Next: "take credentials of account " + s.Account + ", or mend cloud.account; then: trunkline doctor -e " + s.Environment}
	}
	return id, nil
}

// checked gives out only credentials whose owner is known. New ones are asked
// about anew: what a long update gets after an hour is not what was checked at
// its beginning.
type checked struct {
	inner  aws.CredentialsProvider
	verify func(context.Context, aws.Credentials) (Identity, error)

	mu  sync.Mutex
	key string // of the credentials that id is about
	id  Identity
}

// Retrieve implements aws.CredentialsProvider.
func (c *checked) Retrieve(ctx context.Context) (aws.Credentials, error) {
	got, err := c.inner.Retrieve(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got.AccessKeyID == c.key {
		return got, nil
	}
	id, err := c.verify(ctx, got)
	if err != nil {
		return aws.Credentials{}, err
	}
	c.key, c.id = got.AccessKeyID, id
	return got, nil
}

func (c *checked) who() Identity {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}
