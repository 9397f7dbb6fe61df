package tags

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func TestEveryResourceHasAName(t *testing.T) {
	t.Parallel()
	got := Named("jobs", map[string]string{"owner": "payments"})
	want := pulumi.StringMap{"Name": pulumi.String("jobs"), "owner": pulumi.String("payments")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
}

func TestAGivenNameWinsAndTheArgumentIsLeftAlone(t *testing.T) {
	t.Parallel()
	extra := map[string]string{"Name": "mine"}
	if got := Named("jobs", extra)["Name"]; got != pulumi.String("mine") {
		t.Errorf("Name is %v", got)
	}
	Named("jobs", nil)
	if diff := cmp.Diff(map[string]string{"Name": "mine"}, extra); diff != "" {
		t.Errorf("argument (-want +got):\n%s", diff)
	}
}
