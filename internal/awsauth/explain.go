package awsauth

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// expired are the codes by which AWS says that credentials are over.
var expired = []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}

// explain says what an error means: who was asked for, what was tried, what to do.
func (b *Broker) explain(ctx context.Context, s Settings, what string, err error) error {
	var ours *gitops.Error
	if errors.As(err, &ours) {
		return ours
	}
	if ctx.Err() != nil {
		return &gitops.Error{Kind: gitops.Cancelled, What: "stopped while credentials were looked for", Err: ctx.Err()}
	}
	out := &gitops.Error{Kind: gitops.Denied, What: "no credentials for " + s.Environment + " from " + what,
		Next: "sign in (aws sso login, aws configure), or set cloud.credentials; then: trunkline doctor -e " + s.Environment}
	var api smithy.APIError
	var answer *smithyhttp.ResponseError
	var sent *url.Error
	switch {
	case errors.As(err, &api):
		said := strings.TrimSpace(api.ErrorCode() + ": " + api.ErrorMessage())
		_, busy := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
		switch {
		case busy:
			out.Kind, out.What = gitops.Failed, "AWS is asked too often, and says so after several attempts"
			out.Next = "try again in some minutes"
		case slices.Contains(expired, api.ErrorCode()):
			out.What = "the credentials for " + s.Environment + " from " + what + " have expired"
		case errors.As(err, &answer) && answer.HTTPStatusCode() >= 500:
			out.Kind, out.What, out.Next = gitops.Failed, "STS does not work", "try again in some minutes"
		default:
			out.What = "AWS refuses the credentials for " + s.Environment + " from " + what
			if api.ErrorCode() == "AccessDenied" {
				out.Next = "let it assume the role (its trust policy, and sts:AssumeRole), or mend cloud.credentials.roles; then: trunkline doctor -e " + s.Environment
			}
		}
		out.Err = errors.New(said)
	case errors.As(err, &sent) && asked(sent.URL, s):
		out.Kind, out.What, out.Err = gitops.Failed, "cannot reach STS at "+bare(sent.URL), sent.Err
		out.Next = "look at the network, and at cloud.endpoints of " + s.Environment
	default:
		out.Err = errors.New(last(err))
	}
	return out
}

// asked tells whether a URL is of the environment's STS, and not of a place where
// credentials might have been.
func asked(raw string, s Settings) bool {
	if s.STS != "" {
		return strings.HasPrefix(raw, s.STS)
	}
	return strings.Contains(raw, "//sts.")
}

func bare(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "its address"
	}
	return u.Scheme + "://" + u.Host
}

// last is the innermost text of an error, without the layers of AWS's library.
func last(err error) string {
	text := err.Error()
	for _, layer := range []string{"operation error ", "failed to refresh cached credentials, "} {
		if _, rest, ok := strings.Cut(text, layer); ok {
			text = rest
		}
	}
	return text
}

// origin says where credentials of AWS's library came from, "" for those that
// were made for a role.
func origin(source string) string {
	for _, known := range []struct{ prefix, says string }{
		{"EnvConfigCredentials", "AWS_ACCESS_KEY_ID in the environment"},
		{"SharedConfigCredentials: ", "the file "},
		{"SSOProvider", "a sign-in with aws sso login"},
		{"ProcessProvider", "the credential_process of a profile"},
		{"EC2RoleProvider", "the role of this instance"},
		{"CredentialsEndpointProvider", "the role of this container"},
		{"WebIdentityCredentials", "the token in AWS_WEB_IDENTITY_TOKEN_FILE"},
	} {
		if rest, ok := strings.CutPrefix(source, known.prefix); ok {
			return known.says + rest
		}
	}
	return ""
}
