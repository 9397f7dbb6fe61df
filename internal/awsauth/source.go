package awsauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Chain finds credentials as AWS's own tools do, for a named profile or "".
type Chain func(ctx context.Context, profile, region string) (aws.CredentialsProvider, error)

// find returns the first source that is there.
func (b *Broker) find(ctx context.Context, s Settings) (found, error) {
	if s.Emulator && len(s.From) == 0 && s.Profile == "" {
		made := credentials.NewStaticCredentialsProvider(s.Account, "emulator", "") // LocalStack takes the ID for the account
		return found{what: "made up for the emulator", base: made}, nil
	}
	from := s.From
	if len(from) == 0 {
		from = []string{Default}
	}
	var missing []string
	for _, name := range from {
		look := map[string]func(Settings) (found, string){GitHub: b.github, GitLab: b.gitlab, File: b.file}[name]
		if look == nil {
			return b.usual(ctx, s)
		}
		f, lacks := look(s)
		if lacks == "" {
			return f, nil
		}
		missing = append(missing, name+": "+lacks)
	}
	return found{}, &gitops.Error{Kind: gitops.Denied, What: "no credentials for " + s.Environment + ": " + strings.Join(missing, "; "),
		Next: "run where one of them is there, or add default to cloud.credentials.from; then: trunkline doctor -e " + s.Environment}
}

// usual is the source Default, which is taken to be there.
func (b *Broker) usual(ctx context.Context, s Settings) (found, error) {
	base, err := b.opts.Chain(ctx, s.Profile, s.Region)
	if err != nil {
		return found{}, b.explain(ctx, s, describe(s.Profile), err)
	}
	return found{what: describe(s.Profile), base: base}, nil
}

func describe(profile string) string {
	if profile != "" {
		return "profile " + profile
	}
	return "the default chain (AWS_ACCESS_KEY_ID, AWS_PROFILE, the files in ~/.aws, the role of the container or instance)"
}

// load is the Chain of AWS's library. It reads the environment of the process.
func load(ctx context.Context, profile, region string) (aws.CredentialsProvider, error) {
	opts := []func(*config.LoadOptions) error{config.WithRegion(region)}
	if profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, opts...)
	return cfg.Credentials, err
}

// The variables by which GitHub Actions offers a job its token.
const (
	githubURL   = "ACTIONS_ID_TOKEN_REQUEST_URL"
	githubToken = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
)

func (b *Broker) github(Settings) (found, string) {
	address, bearer := b.opts.Getenv(githubURL), b.opts.Getenv(githubToken)
	if address == "" || bearer == "" {
		return found{}, githubURL + " is not set (a job needs `permissions: id-token: write`)"
	}
	return found{what: "the OIDC token of the GitHub job", token: func() ([]byte, error) { return b.askGitHub(address, bearer) }}, ""
}

// askGitHub fetches a token, which lasts for some minutes.
func (b *Broker) askGitHub(address, bearer string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New(githubURL + " is no URL")
	}
	q := u.Query()
	q.Set("audience", audience)
	u.RawQuery = q.Encode()
	req, err := http.NewRequest(http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errors.New(githubURL + " is no URL")
	}
	req.Header.Set("Authorization", "bearer "+bearer)
	resp, err := b.opts.Client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("cannot reach GitHub for a token: %w", errors.Unwrap(err)) // without the URL
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, gitops.Errorf(gitops.Denied, "GitHub gives no token: it answered %s", resp.Status)
	}
	var answer struct{ Value string }
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&answer); err != nil || answer.Value == "" {
		return nil, errors.New("GitHub answered without a token")
	}
	return []byte(answer.Value), nil
}

func (b *Broker) gitlab(s Settings) (found, string) {
	name := s.TokenVariable
	if name == "" {
		name = defaultTokenVariable
	}
	token := b.opts.Getenv(name)
	if token == "" {
		return found{}, name + " is not set (a job needs `id_tokens: {" + name + ": {aud: " + audience + "}}`)"
	}
	return found{what: "the OIDC token of the GitLab job", token: func() ([]byte, error) { return []byte(token), nil }}, ""
}

func (b *Broker) file(s Settings) (found, string) {
	name := s.TokenFile
	if name == "" {
		name = b.opts.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE")
	}
	if name == "" {
		return found{}, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"
	}
	if _, err := os.Stat(name); err != nil {
		return found{}, "there is no file " + name
	}
	return found{what: "the token in " + name, token: func() ([]byte, error) { return os.ReadFile(name) }}, "" // read anew each time: somebody renews it
}

// tokenPatience is how long a server may take to give a token.
const tokenPatience = 10 * time.Second
