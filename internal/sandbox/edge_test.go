package sandbox_test

import (
	"strings"
	"testing"
)

// existing is what a case of refused adds to an empty cloud first.
type existing struct {
	token, name string
	in          props
}

// refused creates a resource that the provider rejects, or that AWS refuses.
func refused(t *testing.T, before []existing, token string, in props, want string) {
	t.Helper()
	e := newEngine(t, cloud(t))
	for _, b := range before {
		e.create(b.token, b.name, b.in)
	}
	_, failures := e.check(urn(token, "x"), nil, in)
	got := strings.Join(failures, "; ")
	if got == "" {
		_, err := e.try(token, "x", in)
		got = message(err)
	}
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnAccountHasOneIdentityProviderPerIssuer(t *testing.T) {
	t.Parallel()
	const token = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	ci := existing{token, "ci", props{"url": "https://ci.example", "clientIdLists": []any{"sts.amazonaws.com"}}}
	refused(t, []existing{ci}, token, ci.in, "EntityAlreadyExists: Provider with url https://ci.example already exists.")
	refused(t, nil, token, props{"url": "http://ci.example", "clientIdLists": []any{"x"}}, "expected url to have a host and to be one of [https]")
	e := newEngine(t, cloud(t))
	if got, want := e.create(token, "ci", ci.in).id, "arn:aws:iam::123456789012:oidc-provider/ci.example"; got != want {
		t.Errorf("id %s, want %s", got, want)
	}
}
