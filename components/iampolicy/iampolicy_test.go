package iampolicy

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestDocumentsReadAsAWSWritesThem(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		doc  Document
		want string
	}{
		"assumed by a service": {
			AssumedBy("ec2.amazonaws.com"),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`,
		},
		"denied to everyone on a condition": {
			Document{{
				Sid: "TLSOnly", Effect: Deny, Principal: Everyone(),
				Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::b", "arn:aws:s3:::b/*"},
				Condition: Conditions{"Bool": {"aws:SecureTransport": "false"}},
			}},
			`{"Version":"2012-10-17","Statement":[{"Sid":"TLSOnly","Effect":"Deny","Principal":{"AWS":["*"]},"Action":["s3:*"],` +
				`"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`,
		},
		"allowed to the holder of a role": {
			Document{{Effect: Allow, Actions: []string{"sqs:ReceiveMessage"}, Resources: []string{"arn:aws:sqs:::q"}}},
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["sqs:ReceiveMessage"],"Resource":["arn:aws:sqs:::q"]}]}`,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := tt.doc.JSON(); got != tt.want {
				t.Fatalf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A policy that changes its text between two runs would be a change in every
// preview.
func TestTheSameDocumentAlwaysGivesTheSameText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 12, -1)
		doc := Document{{
			Effect:    rapid.SampledFrom([]Effect{Allow, Deny}).Draw(t, "effect"),
			Principal: rapid.MapOfN(text, rapid.SliceOfN(text, 0, 3), 0, 4).Draw(t, "principal"),
			Actions:   rapid.SliceOfN(text, 0, 4).Draw(t, "actions"),
			Condition: Conditions{"StringEquals": rapid.MapOfN(text, text, 0, 4).Draw(t, "condition")},
		}}
		first := doc.JSON()
		if !json.Valid([]byte(first)) {
			t.Fatalf("not JSON: %s", first)
		}
		for range 3 {
			if again := doc.JSON(); again != first {
				t.Fatalf("first %s\nagain %s", first, again)
			}
		}
	})
}

func TestThePartsOfAnARNAreFound(t *testing.T) {
	t.Parallel()
	for arn, want := range map[string][4]string{
		"arn:aws:sns:eu-west-1:123456789012:news":               {"aws", "eu-west-1", "123456789012", "arn:aws:iam::123456789012:root"},
		"arn:aws-cn:iam::123456789012:role/a:b":                 {"aws-cn", "", "123456789012", "arn:aws-cn:iam::123456789012:root"},
		"arn:aws:s3:::files":                                    {"aws", "", "", "arn:aws:iam:::root"},
		"no ARN":                                                {"", "", "", "arn::iam:::root"},
		"arn:aws:logs:eu-west-1:123456789012:log-group:a:log:b": {"aws", "eu-west-1", "123456789012", "arn:aws:iam::123456789012:root"},
	} {
		if got := [4]string{PartitionOf(arn), RegionOf(arn), AccountOf(arn), RootOf(arn)}; got != want {
			t.Errorf("%s: %v, want %v", arn, got, want)
		}
	}
}

func TestARoleForSomeResourcesIsAssumedForNoOthers(t *testing.T) {
	t.Parallel()
	const want = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["scheduler.amazonaws.com"]},` +
		`"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:scheduler:eu-west-1:123456789012:schedule-group/g"},` +
		`"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`
	if got := AssumedFor("scheduler.amazonaws.com", "arn:aws:scheduler:eu-west-1:123456789012:schedule-group/g").JSON(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
