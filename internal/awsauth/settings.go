// Package awsauth knows as whom AWS is called, and lets provider processes call
// it so without ever writing a credential down.
//
// A Broker finds credentials, turns them into those of a role, asks AWS whose
// they are, and serves them, renewed, at an address on this machine that only who
// knows its token gets an answer from.
package awsauth

import (
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Role says what credentials are for.
type Role string

// The roles. Preview is for what only looks, Update for what changes things.
const (
	Preview Role = "preview"
	Update  Role = "update"
)

// The sources of credentials. Default is what AWS's own tools find; the others
// are tokens that are exchanged for a role.
const (
	Default = "default"
	GitHub  = "github"
	GitLab  = "gitlab"
	File    = "file"
)

// Settings are those of one environment.
type Settings struct {
	// Environment names it, for sessions and errors.
	Environment string
	// Region is where STS is asked, Account whose credentials they must be.
	Region, Account string
	// From are the sources to look at; the first one that is there is taken. Empty
	// means Default.
	From []string
	// Profile is that of the source Default.
	Profile string
	// TokenVariable is the source GitLab's, TokenFile the source File's; "" means
	// GITLAB_OIDC_TOKEN, and what AWS_WEB_IDENTITY_TOKEN_FILE names.
	TokenVariable, TokenFile string
	// Roles are ARNs to assume; a missing one means that credentials are used as
	// they are.
	Roles map[Role]string
	// STS is the URL of the service that is asked; "" means that of AWS.
	STS string
	// Emulator makes credentials up where no source is named: real ones have no
	// business at a stand-in for AWS.
	Emulator bool
}

// Options are what a Broker takes from outside.
type Options struct {
	// Getenv reads one variable; nil means that there are none.
	Getenv func(string) string
	// Chain finds the credentials of the source Default; nil means with AWS's own
	// library, from the environment and files of this process.
	Chain Chain
	// Client is for tokens; nil means one of ten seconds' patience.
	Client *http.Client
	// Pause is how long to wait before the nth new attempt; nil means as AWS's
	// library does.
	Pause func(n int) time.Duration
}

// Identity is whose credentials they are.
type Identity struct {
	// ARN is of a role's session or a user.
	ARN     string `json:"arn"`
	Account string `json:"account"`
	// Source says where the credentials came from, for people.
	Source string `json:"source"`
}

// defaultTokenVariable is the name that GitLab's own documents use.
const defaultTokenVariable = "GITLAB_OIDC_TOKEN"

// audience is whom a token is for.
const audience = "sts.amazonaws.com"

// found is a source that is there.
type found struct {
	// what describes it: "profile staging".
	what string
	// base are credentials, or token a way to a token, never both.
	base  aws.CredentialsProvider
	token func() ([]byte, error)
}
