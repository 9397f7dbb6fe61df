package record_test

import (
	"slices"
	"testing"
	"testing/fstest"

	"github.com/trunkline-dev/trunkline/internal/record"
)

func TestTheCallOfAFunctionIsFoundInTheSource(t *testing.T) {
	t.Parallel()
	files := fstest.MapFS{
		"stacks/app/app.go": {Data: []byte(`package app

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	elsewhere "example.com/other/ec2"
)

var a, b = ec2.LookupVpc(nil, nil), elsewhere.LookupVpc(nil)

func vpc() { ec2.GetVpcs(nil, nil); ec2.LookupVpcOutput(nil) }
`)},
		"stacks/app/app_test.go": {Data: []byte("package app\n\nimport \"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2\"\n\nvar c = ec2.LookupVpc(nil)\n")},
		"stacks/app/broken.go":   {Data: []byte("package app LookupVpc")},
		"components/net/net.go":  {Data: []byte("package net\n\nimport amazon \"github.com/pulumi/pulumi-aws/sdk/v6/go/aws\"\n\nvar c = amazon.GetBillingServiceAccount(nil)\n")},
	}
	dirs := []string{"stacks/app", "components/net", "missing", "stacks/app"}
	for function, want := range map[string][]string{
		"aws:ec2/getVpc:getVpc": {"stacks/app/app.go:8", "stacks/app/app.go:10"},
		"aws:index/getBillingServiceAccount:getBillingServiceAccount": {"components/net/net.go:5"},
		"aws:ec2/getAmi:getAmi": nil, "": nil, ":": nil, "x:y:z:w": nil,
	} {
		if got := record.CallSites(files, dirs, function); !slices.Equal(got, want) {
			t.Errorf("%s is called at %v, want %v", function, got, want)
		}
	}
}
