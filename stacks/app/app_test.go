package app

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Whoever takes a server over gets no more than this.
func TestServersMayTakeWorkAndKeepFilesAndNothingElse(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[` +
		`{"Sid":"TakeWork","Effect":"Allow","Action":["sqs:ReceiveMessage","sqs:DeleteMessage","sqs:ChangeMessageVisibility","sqs:GetQueueAttributes"],"Resource":["arn:q"]},` +
		`{"Sid":"KeepFiles","Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:DeleteObject"],"Resource":["arn:b/*"]},` +
		`{"Sid":"ListFiles","Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:b"]}]}`
	got := worker("arn:q", "arn:b").JSON()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, statement := range worker("arn:q", "arn:b") {
		for _, s := range append(statement.Actions, statement.Resources...) {
			if s == "*" || strings.HasSuffix(s, ":*") {
				t.Errorf("%s: %s is more than a server needs", statement.Sid, s)
			}
		}
	}
}

func TestServersSpreadOverTheSubnets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		subnets := rapid.SliceOfNDistinct(rapid.String(), 1, 6, rapid.ID).Draw(t, "subnets")
		servers := rapid.IntRange(0, 20).Draw(t, "servers")
		load := map[string]int{}
		for i := range servers {
			id, err := pick(i)(subnets)
			if err != nil {
				t.Fatal(err)
			}
			load[id]++
		}
		for _, id := range subnets {
			if n := load[id]; n < servers/len(subnets) || n > servers/len(subnets)+1 {
				t.Fatalf("%d servers over %d subnets put %d into one", servers, len(subnets), n)
			}
		}
	})
}

func TestANetworkWithoutPrivateSubnetsIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	_, err := pick(0)(nil)
	if err == nil || err.Error() != `stack "network" has no private subnets` {
		t.Errorf("error: %v", err)
	}
}
