package review_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// forms are every form of a document.
func forms(t failer, d review.Document) map[string]string {
	t.Helper()
	var b, lines bytes.Buffer
	if err := review.Encode(&b, review.JSON(d)); err != nil {
		t.Fatal(err)
	}
	for _, v := range review.JSONLines(d) {
		if err := json.NewEncoder(&lines).Encode(v); err != nil {
			t.Fatal(err)
		}
	}
	return map[string]string{
		"JSON": b.String(), "JSON lines": lines.String(),
		"comment": review.Markdown(d, review.MarkdownOptions{}),
		"text":    review.Join(review.Text(d, review.TextOptions{Diff: true, ShowSame: true})),
	}
}

// canaries are secrets by their look, each with a part that must not be seen.
var canaries = map[string]string{
	"a private key": "-----BEGIN RSA PRIVATE KEY-----\nMIIEcanaryKEYMATERIAL\n-----END RSA PRIVATE KEY-----", "half a private key": "-----BEGIN PRIVATE KEY-----\nMIIEcanaryKEYMATERIAL",
	"an access key": "AKIACANARY1234567890", "a token of JSON": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canarySIGNATURE",
	"a token of GitHub": "ghp_canary1234567890abcdefghijklmnopqrst", "a fine token of GitHub": "github_pat_11CANARY0abcdefghijklmn_opqrstuvwxyz",
	"a token of GitLab": "glpat-canary1234567890abcd", "a token of Slack": "xoxb-123456789012-canarycanary",
	"a key of Stripe": "sk_live_canary1234567890abc", "a token of Pulumi": "pul-0123456789abcdef0123456789abcdef01234567",
	"a password in an address": "postgres://app:canaryPASS@db.example:5432/x",
}

func TestWhatLooksLikeASecretIsMaskedWhereverItStands(t *testing.T) {
	t.Parallel()
	for what, secret := range canaries {
		d := planted("x")
		plant := func(p *string) { *p += " " + secret }
		r := &d.Stacks[1]
		ch := &r.Changes.Changes[0]
		ch.Diff[0] = gitops.PropertyChange{Path: "userData", Kind: "update", Old: "a " + secret, New: map[string]any{"deep": []any{"b " + secret}}}
		ch.Before = map[string]any{"finalSnapshotIdentifier": secret}
		for _, p := range []*string{
			&ch.Name, &r.Reasons[0].Detail, &r.Diagnostics[0].Message, &d.Notes[0], &d.PullRequest.Title, &d.Violations[0].Message, &d.Head.Subject,
		} {
			plant(p)
		}
		plant(&d.Stacks[5].Skipped)
		d.Stacks[4].Err = fmt.Errorf("cannot: %w", errors.Join(errors.New("it says "+secret), &gitops.Error{What: "b", Next: "use " + secret}))
		d.Outputs[0].New = secret
		d.Ships[0].Commits[0].Subject = "Add " + secret
		d.Failure = errors.New("failed with " + secret)
		for i, doc := range []review.Document{d, {Verb: review.Up, Stacks: []gitops.RunResult{{Stack: id("dev", "a"), State: gitops.RunSucceeded, Outputs: map[string]any{"o": secret}}}}} {
			for form, got := range forms(t, doc) {
				for _, part := range []string{"canary", "CANARY", "0123456789abcdef0123456789abcdef"} {
					if strings.Contains(got, part) {
						at := strings.Index(got, part)
						t.Errorf("%s is in the %s: …%s…", what, form, got[max(at-80, 0):min(at+40, len(got))])
					}
				}
				if !strings.Contains(got, review.Suspect) && (i == 0 || form != "comment") { // a comment has no outputs
					t.Errorf("the %s does not say that something looks like a secret", form)
				}
			}
		}
	}
}

func TestAValueUnderTheNameOfASecretIsMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		path   string
		v      any
		masked bool
	}{
		{"masterPassword", "hunter2", true},
		{"password", "correct horse", true},
		{"env.DB_PASSWORD", "x9", true},
		{`environment.variables["API_TOKEN"]`, "a8Kq0vT2nn3x", true},
		{"authToken", "tok3n-abcdef-12", true},
		{"clientSecret", "Zm9vYmFyMTIzNDU2", true},
		{"containers", `[{"name":"DB_PASSWORD","value":"hunter2"},{"name":"PORT","value":"8080"}]`, true},
		{"variables", map[string]any{"passwords": []any{"hunter2"}}, true},
		{"someSecretThing", "q83hTzR1mW7xLbV5cKdN2yPa", true},
		{"passwordLength", 20.0, false},
		{"manageMasterUserPassword", true, false},
		{"requirePassword", "true", false},
		{"secretArn", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-a1b2c3", false},
		{"secretName", "orders-db-1", false},
		{"tokenUrl", "https://example.com/oauth/token1", false},
		{"passwordFile", "/run/secrets/db1", false},
		{"key", "tags", false},
		{"token", "", false},
		{"path", "/a/b", false},
	} {
		d := review.Document{Verb: review.Preview, Stacks: []gitops.RunResult{{Stack: id("dev", "a"), State: gitops.RunSucceeded, Changes: gitops.ChangeSet{Changes: []gitops.Change{
			{URN: "u", Type: "t", Name: "n", Op: gitops.OpUpdate, Diff: []gitops.PropertyChange{{Path: c.path, Kind: "update", New: c.v}}},
		}}}}}
		got := forms(t, d)["JSON"]
		if strings.Contains(got, review.Suspect) != c.masked || c.masked && strings.Contains(got, "hunter2") {
			t.Errorf("%s: %v, want masked %v:\n%s", c.path, c.v, c.masked, got)
		}
	}
}

func TestASecretOnOneSideIsMaskedOnBoth(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, now any }{
		"a value":           {"canary", gitops.Masked},
		"the other way":     {gitops.Masked, "canary"},
		"a number":          {gitops.Masked, 4711.0},
		"a whole object":    {map[string]any{"a": "canary", "b": 4711.0}, gitops.Masked},
		"inside an object":  {map[string]any{"a": "canary"}, map[string]any{"a": gitops.Masked, "b": "x"}},
		"inside a list":     {[]any{"canary", "x"}, []any{gitops.Masked}},
		"an object that is": {[]any{map[string]any{"k": "canary"}}, []any{map[string]any{"n": 1.0}, map[string]any{"k": gitops.Masked}}},
	} {
		for _, kind := range []string{"update", "update-replace"} {
			d := review.Document{Verb: review.Preview, Stacks: []gitops.RunResult{{Stack: id("dev", "a"), State: gitops.RunSucceeded, Changes: gitops.ChangeSet{Changes: []gitops.Change{
				{URN: "u", Type: "t", Name: "n", Op: gitops.OpReplace, Diff: []gitops.PropertyChange{{Path: "p", Kind: kind, Old: c.old, New: c.now}}},
			}}}}}
			for form, got := range forms(t, d) {
				if strings.Contains(got, "canary") || strings.Contains(got, "4711") {
					t.Errorf("%s: one side is in the %s:\n%s", name, form, got)
				}
			}
		}
	}
}

func TestRedactingLeavesTheDocumentAndItsDigestsAsTheyAre(t *testing.T) {
	t.Parallel()
	s := id("dev", "a")
	set := gitops.ChangeSet{Stack: s, Changes: []gitops.Change{{URN: "u", Type: "t", Name: "n", Op: gitops.OpUpdate, Diff: []gitops.PropertyChange{
		{Path: "password", Kind: "update", Old: "hunter2", New: map[string]any{"a": []any{"AKIACANARY1234567890"}}},
	}}}}
	digest := set.Digest()
	d := review.Document{Verb: review.Preview, Stacks: []gitops.RunResult{{Stack: s, State: gitops.RunSucceeded, Changes: set}}}
	if got := forms(t, d)["JSON"]; !strings.Contains(got, digest) {
		t.Error("the digest in the JSON is another one")
	}
	if set.Digest() != digest {
		t.Error("the document was changed")
	}
}

func TestNoCanaryIsEverShownInAnyForm(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := document().Draw(t, "document")
		secret := rapid.SampledFrom([]string{"AKIACANARY1234567890", "ghp_CANARY34567890abcdefghijklmnopqrst", "-----BEGIN EC PRIVATE KEY-----\nCANARY"}).Draw(t, "secret")
		around := func() string { return text().Draw(t, "before") + " " + secret + " " + text().Draw(t, "after") }
		for i := range d.Stacks {
			for j := range d.Stacks[i].Changes.Changes {
				ch := &d.Stacks[i].Changes.Changes[j]
				ch.Diff = append(ch.Diff, gitops.PropertyChange{Path: text().Draw(t, "path"), Kind: "update", Old: value().Draw(t, "old"), New: []any{map[string]any{"x": around()}}},
					gitops.PropertyChange{Path: "b", Kind: "update", Old: around(), New: gitops.Unknown})
			}
			d.Stacks[i].Diagnostics = append(d.Stacks[i].Diagnostics, gitops.Diagnostic{Severity: "error", Message: around()})
		}
		for form, got := range forms(t, d) {
			if strings.Contains(got, "CANARY") {
				t.Fatalf("a secret is in the %s:\n%s", form, got)
			}
		}
	})
}
