package awsauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/awsauth"
	"github.com/trunkline-dev/trunkline/internal/awsauth/awsauthtest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	ann    = "arn:aws:iam::123456789012:user/ann"
	look   = "arn:aws:iam::123456789012:role/look"
	change = "arn:aws:iam::123456789012:role/change"
)

// world is an STS, and a broker in front of it.
type world struct {
	*awsauth.Broker
	t        *testing.T
	sts      *awsauthtest.STS
	env      map[string]string
	settings awsauth.Settings
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, sts: awsauthtest.New(), env: map[string]string{}}
	t.Cleanup(w.sts.Close)
	w.sts.User("AKIAANN", ann)
	w.settings = awsauth.Settings{Environment: "dev", Region: "eu-west-1", Account: "123456789012", STS: w.sts.URL()}
	w.Broker = awsauth.New(awsauth.Options{
		Getenv: func(name string) string { return w.env[name] },
		Pause:  func(int) time.Duration { return 0 },
		Chain: func(_ context.Context, profile, _ string) (aws.CredentialsProvider, error) {
			switch profile {
			case "nobody":
				return nil, errors.New("failed to get shared config profile, nobody")
			case "empty":
				return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
					return aws.Credentials{}, errors.New("no EC2 IMDS role found")
				}), nil
			}
			return credentials.StaticCredentialsProvider{Value: aws.Credentials{
				AccessKeyID: "AKIAANN", SecretAccessKey: "canary", Source: "EnvConfigCredentials"}}, nil
		},
	})
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

func (w *world) open(role awsauth.Role) *awsauth.Grant {
	w.t.Helper()
	g, err := w.Open(w.t.Context(), w.settings, role)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// withRoles lets ann assume both roles.
func (w *world) withRoles() *world {
	w.sts.Role(look, ann, "token")
	w.sts.Role(change, ann, "token")
	w.settings.Roles = map[awsauth.Role]string{awsauth.Preview: look, awsauth.Update: change}
	return w
}

func variable(g *awsauth.Grant, name string) string {
	for _, kv := range g.Env() {
		if v, ok := strings.CutPrefix(kv, name+"="); ok {
			return v
		}
	}
	return ""
}

// ask does what AWS's library does in a provider process.
func ask(t *testing.T, address, token string) (int, map[string]any) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var got map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, got
}

func (w *world) asked(g *awsauth.Grant) (int, map[string]any) {
	w.t.Helper()
	return ask(w.t, variable(g, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), variable(g, "AWS_CONTAINER_AUTHORIZATION_TOKEN"))
}

func wantError(t *testing.T, err error, kind gitops.Kind, says ...string) {
	t.Helper()
	if gitops.KindOf(err) != kind {
		t.Errorf("kind is %d, want %d: %v", gitops.KindOf(err), kind, err)
	}
	var known *gitops.Error
	if !errors.As(err, &known) || known.Next == "" {
		t.Errorf("nothing says what to do: %#v", err)
	}
	for _, s := range says {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("error is %v, want %q in it", err, s)
		}
	}
}

func TestCredentialsAreUsedAsTheyAreWithoutARole(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.open(awsauth.Preview)
	want := awsauth.Identity{ARN: ann, Account: "123456789012", Source: "AWS_ACCESS_KEY_ID in the environment"}
	if diff := cmp.Diff(want, g.Identity); diff != "" {
		t.Error(diff)
	}
	code, got := w.asked(g)
	if code != 200 || got["AccessKeyId"] != "AKIAANN" || got["SecretAccessKey"] != "canary" || got["Expiration"] != nil {
		t.Errorf("answered %d %v", code, got)
	}
}

func TestLookingAndChangingHaveTheirOwnRoles(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withRoles()
	preview, update := w.open(awsauth.Preview), w.open(awsauth.Update)
	if preview.Identity.ARN != "arn:aws:sts::123456789012:assumed-role/look/trunkline-dev-preview" ||
		update.Identity.ARN != "arn:aws:sts::123456789012:assumed-role/change/trunkline-dev-update" {
		t.Errorf("identities are %v and %v", preview.Identity, update.Identity)
	}
	if preview.Identity.Source != "AWS_ACCESS_KEY_ID in the environment, then "+look {
		t.Errorf("source is %q", preview.Identity.Source)
	}
	_, one := w.asked(preview)
	_, two := w.asked(update)
	if one["Token"] == two["Token"] || one["Token"] == nil || one["Expiration"] == nil {
		t.Errorf("answered %v and %v", one, two)
	}
}

func TestOnlyWhoHasTheTokenGetsAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withRoles()
	preview, update := w.open(awsauth.Preview), w.open(awsauth.Update)
	address := variable(preview, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
	token := variable(preview, "AWS_CONTAINER_AUTHORIZATION_TOKEN")
	if len(token) < 52 || token == variable(update, "AWS_CONTAINER_AUTHORIZATION_TOKEN") || !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Errorf("token of %d characters at %s", len(token), address)
	}
	for _, wrong := range []string{"", token[:len(token)-1], token + "x", "Bearer " + token} {
		if code, got := ask(t, address, wrong); code != http.StatusUnauthorized || got["SecretAccessKey"] != nil {
			t.Errorf("%q was answered %d %v", wrong, code, got)
		}
	}
	if code, _ := ask(t, address+"other", token); code != http.StatusUnauthorized {
		t.Errorf("another path was answered %d", code)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := http.Get(address); err == nil {
		t.Error("a closed broker answers")
	}
}

func TestAGrantShowsNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.open(awsauth.Preview)
	token := variable(g, "AWS_CONTAINER_AUTHORIZATION_TOKEN")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(verb, *g); strings.Contains(text, token) || strings.Contains(text, "canary") {
			t.Errorf("%s shows a secret: %s", verb, text)
		}
	}
}

func TestLongUpdatesGetNewCredentialsWhoseOwnerIsAskedForAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t).withRoles()
	w.sts.SetNow(func() time.Time { return time.Now().Add(-57 * time.Minute) }) // they last for three more minutes
	g := w.open(awsauth.Update)
	_, first := w.asked(g)
	w.sts.SetNow(time.Now)
	_, second := w.asked(g)
	_, third := w.asked(g)
	if first["AccessKeyId"] == second["AccessKeyId"] || second["AccessKeyId"] != third["AccessKeyId"] {
		t.Errorf("keys were %v, %v, %v", first["AccessKeyId"], second["AccessKeyId"], third["AccessKeyId"])
	}
	identified := 0
	for _, c := range w.sts.Calls() {
		if c == "GetCallerIdentity" {
			identified++
		}
	}
	if identified < 2 {
		t.Errorf("asked for the owner %d times: %q", identified, w.sts.Calls())
	}
	w.sts.SetNow(func() time.Time { return time.Now().Add(-57 * time.Minute) })
	g = w.open(awsauth.Update)
	w.sts.Fail(403, "ExpiredToken", "The security token included in the request is expired", -1)
	code, got := w.asked(g)
	if code != http.StatusForbidden || !strings.Contains(fmt.Sprint(got["message"]), "have expired") {
		t.Errorf("answered %d %v", code, got)
	}
}

func TestATokenOfAJobIsExchangedForTheRole(t *testing.T) {
	t.Parallel()
	forge := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "bearer request-token" || r.URL.Query().Get("audience") != "sts.amazonaws.com" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"value": "jwt"}`)
	}))
	t.Cleanup(forge.Close)
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("jwt"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env    map[string]string
		change func(*awsauth.Settings)
		source string
	}{
		"of GitHub": {map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": forge.URL + "/?x=1", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "request-token"},
			func(s *awsauth.Settings) { s.From = []string{awsauth.GitLab, awsauth.GitHub} }, "the OIDC token of the GitHub job, then " + look},
		"of GitLab": {map[string]string{"GITLAB_OIDC_TOKEN": "jwt"},
			func(s *awsauth.Settings) { s.From = []string{awsauth.GitLab, awsauth.Default} }, "the OIDC token of the GitLab job, then " + look},
		"of GitLab by another name": {map[string]string{"AWS_JWT": "jwt"},
			func(s *awsauth.Settings) { s.From, s.TokenVariable = []string{awsauth.GitLab}, "AWS_JWT" }, "the OIDC token of the GitLab job, then " + look},
		"in a file": {map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": file},
			func(s *awsauth.Settings) { s.From = []string{awsauth.File} }, "the token in " + file + ", then " + look},
		"or not, on a laptop": {nil,
			func(s *awsauth.Settings) { s.From = []string{awsauth.GitHub, awsauth.Default} }, "AWS_ACCESS_KEY_ID in the environment, then " + look},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t).withRoles()
			w.sts.Token("jwt")
			w.env = c.env
			c.change(&w.settings)
			if got := w.open(awsauth.Preview).Identity.Source; got != c.source {
				t.Errorf("source is %q, want %q", got, c.source)
			}
		})
	}
}

func TestWhyThereAreNoCredentialsIsSaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*world)
		kind    gitops.Kind
		says    []string
	}{
		"another account": {func(w *world) { w.settings.Account = "210987654321" }, gitops.Denied,
			[]string{"dev is in account 210987654321, and these credentials are " + ann + " in account 123456789012"}},
		"expired": {func(w *world) {
			w.sts.Fail(403, "ExpiredToken", "The security token included in the request is expired", -1)
		}, gitops.Denied,
			[]string{"the credentials for dev from AWS_ACCESS_KEY_ID in the environment have expired"}},
		"unknown": {func(w *world) {
			w.sts.Fail(403, "InvalidClientTokenId", "The security token included in the request is invalid.", -1)
		}, gitops.Denied,
			[]string{"AWS refuses the credentials for dev", "InvalidClientTokenId"}},
		"a role that is not for us": {func(w *world) { w.settings.Roles = map[awsauth.Role]string{awsauth.Preview: look} }, gitops.Denied,
			[]string{"AWS refuses", "then " + look, "is not authorized to perform: sts:AssumeRole"}},
		"a profile that is not there": {func(w *world) { w.settings.Profile = "nobody" }, gitops.Denied,
			[]string{"no credentials for dev from profile nobody"}},
		"nothing at all": {func(w *world) { w.settings.Profile = "empty" }, gitops.Denied,
			[]string{"no credentials for dev from profile empty", "no EC2 IMDS role found"}},
		"no token": {func(w *world) { w.settings.From = []string{awsauth.GitHub, awsauth.GitLab, awsauth.File} }, gitops.Denied,
			[]string{"github: ACTIONS_ID_TOKEN_REQUEST_URL is not set", "gitlab: GITLAB_OIDC_TOKEN is not set", "file: AWS_WEB_IDENTITY_TOKEN_FILE is not set"}},
		"a token of somebody else": {func(w *world) {
			w.withRoles().settings.From, w.env = []string{awsauth.GitLab}, map[string]string{"GITLAB_OIDC_TOKEN": "canary"}
		}, gitops.Denied, []string{"the OIDC token of the GitLab job", "InvalidIdentityToken"}},
		"too busy": {func(w *world) { w.sts.Fail(400, "Throttling", "Rate exceeded", -1) }, gitops.Failed,
			[]string{"asked too often", "Throttling: Rate exceeded"}},
		"broken": {func(w *world) { w.sts.Fail(500, "InternalFailure", "oops", -1) }, gitops.Failed, []string{"STS does not work"}},
		"nobody there": {func(w *world) { w.settings.STS = "http://127.0.0.1:1" }, gitops.Failed,
			[]string{"cannot reach STS at http://127.0.0.1:1", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c.prepare(w)
			_, err := w.Open(t.Context(), w.settings, awsauth.Preview)
			wantError(t, err, c.kind, c.says...)
			if err != nil && strings.Contains(err.Error(), "canary") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestWhoIsBusyForAMomentIsAskedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sts.Fail(400, "Throttling", "Rate exceeded", 2)
	w.open(awsauth.Preview)
	if diff := cmp.Diff([]string{"GetCallerIdentity", "GetCallerIdentity", "GetCallerIdentity"}, w.sts.Calls()); diff != "" {
		t.Error(diff)
	}
}

func TestAnEmulatorNeverSeesRealCredentials(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.settings.Emulator = true
	w.sts.User("123456789012", "arn:aws:iam::123456789012:root")
	g := w.open(awsauth.Update)
	_, got := w.asked(g)
	if g.Identity.Source != "made up for the emulator" || got["SecretAccessKey"] != "emulator" {
		t.Errorf("identity is %v, credentials are %v", g.Identity, got)
	}
}

func TestAnEndedContextEndsTheSearch(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.Open(ctx, w.settings, awsauth.Preview)
	if gitops.KindOf(err) != gitops.Cancelled {
		t.Errorf("error is %v", err)
	}
}

func TestTheFilesOfTheUserAreNotReadByProviders(t *testing.T) {
	t.Parallel()
	env := newWorld(t).open(awsauth.Preview).Env()
	for _, want := range []string{"AWS_CONFIG_FILE=" + os.DevNull, "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_EC2_METADATA_DISABLED=true"} {
		if !slices.Contains(env, want) {
			t.Errorf("%s is not in the environment", want)
		}
	}
}
