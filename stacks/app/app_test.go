package app

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/components/iampolicy"
)

// Whoever takes the service over gets no more than this.
func TestTheServiceKeepsSessionsAndFilesAndLeavesWorkAndNothingElse(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"KeepSessions","Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:PutItem","dynamodb:UpdateItem","dynamodb:DeleteItem","dynamodb:Query"],"Resource":["arn:t"]},` +
		`{"Sid":"KeepFiles","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":["arn:b/*"]},` +
		`{"Sid":"ListFiles","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:b"]},` +
		`{"Sid":"LeaveWork","Effect":"Allow","Action":["sqs:SendMessage","sqs:GetQueueAttributes"],"Resource":["arn:q"]}]}`
	if got := webMay([]string{"arn:t", "arn:b", "arn:q"}).JSON(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNobodyMayDoEverything(t *testing.T) {
	t.Parallel()
	for who, may := range map[string]iampolicy.Document{
		"the service": webMay([]string{"arn:t", "arn:b", "arn:q"}),
		"the worker":  workerMay([]string{"arn:t", "arn:b"}),
	} {
		for _, statement := range may {
			for _, s := range append(statement.Actions, statement.Resources...) {
				if s == "*" || strings.HasSuffix(s, ":*") {
					t.Errorf("%s: %s: %s is more than it needs", who, statement.Sid, s)
				}
			}
		}
	}
}

func TestAMailboxIsAnEndOfANameWhateverTheAddress(t *testing.T) {
	t.Parallel()
	if got := mailbox("On.Call@example.com"); got != "on-call-example-com" {
		t.Errorf("got %q", got)
	}
	rapid.Check(t, func(t *rapid.T) {
		name := mailbox(rapid.String().Draw(t, "address"))
		if strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || strings.HasPrefix(name, "-") || strings.HasSuffix(name, "-") {
			t.Fatalf("%q is no end of a name", name)
		}
	})
}
