package record_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
)

func TestInputsCanBeToldAsAPreviewTellsThem(t *testing.T) {
	t.Parallel()
	r := record.Resource{Inputs: map[string]any{
		"arn": "arn:aws:sqs:" + record.Token("queue", "jobs", "urn:1", "name") + ":x", "port": record.Number("urn:1", "port"), "size": 8.0,
		"list": []any{record.Unknown{}, map[string]any{"password": record.Secret{Value: "hunter22"}}},
	}}
	want := map[string]any{"arn": "arn:aws:sqs:" + gitops.Unknown + ":x", "port": gitops.Unknown, "size": 8.0,
		"list": []any{gitops.Unknown, map[string]any{"password": gitops.Masked}}}
	if diff := cmp.Diff(want, r.Plain()); diff != "" {
		t.Error(diff)
	}
}
