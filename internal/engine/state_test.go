package engine

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

func TestOnlyCreatesInTheCloudStayPending(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		typ    string
		custom bool
		kind   apitype.OperationType
		want   bool // done again without asking
	}{
		{"a component", "trunkline:queue:Queue", false, apitype.OperationTypeCreating, true},
		{"the stack itself", "pulumi:pulumi:Stack", false, apitype.OperationTypeCreating, true},
		{"a provider", "pulumi:providers:aws", true, apitype.OperationTypeCreating, true},
		{"a queue", "aws:sqs/queue:Queue", true, apitype.OperationTypeCreating, false},
		{"the delete of a queue", "aws:sqs/queue:Queue", true, apitype.OperationTypeDeleting, false},
	} {
		op := apitype.OperationV2{Type: c.kind, Resource: apitype.ResourceV3{Type: tokens.Type(c.typ), Custom: c.custom}}
		if got := onlyInState(op); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
