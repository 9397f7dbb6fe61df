package review_test

import (
	"errors"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

func id(env, name string) gitops.StackID { return gitops.StackID{Name: name, Environment: env} }

func urn(stack gitops.StackID, typ, name string) string {
	return "urn:pulumi:" + stack.PulumiName() + "::acme::" + typ + "::" + name
}

var head = gitops.Revision{SHA: "4f2c9d1b8e7a60c3d2f1e0b9a8c7d6e5f4a3b2c1", Ref: "feature/retention", Author: "Ana", Subject: "Keep messages for longer"}

func base() gitops.Revision {
	return gitops.Revision{SHA: "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432", Ref: "main"}
}

// networkChanges creates a component with children and updates one child.
func networkChanges(s gitops.StackID) gitops.ChangeSet {
	comp := urn(s, "trunkline:network:Network", "main")
	child := func(typ, name string, op gitops.Op, diff ...gitops.PropertyChange) gitops.Change {
		return gitops.Change{
			URN: urn(s, "trunkline:network:Network$"+typ, name), Type: typ, Name: name, Parent: comp, Op: op,
			Source: "stacks/network/network.go:24", Diff: diff,
		}
	}
	return gitops.ChangeSet{Stack: s, Same: 9, Changes: []gitops.Change{
		child("aws:ec2/subnet:Subnet", "main-public-c", gitops.OpCreate),
		child("aws:ec2/vpc:Vpc", "main", gitops.OpUpdate,
			gitops.PropertyChange{Path: "enableDnsHostnames", Kind: "update", Old: false, New: true},
			gitops.PropertyChange{Path: "tags", Kind: "update",
				Old: map[string]any{"Name": "main", "Team": "core"},
				New: map[string]any{"Name": "main", "Cost": "42"}}),
	}}
}

// dataChanges replaces a database and rotates its password.
func dataChanges(s gitops.StackID) gitops.ChangeSet {
	db := urn(s, "trunkline:database:Database", "orders")
	return gitops.ChangeSet{Stack: s, Same: 41, Changes: []gitops.Change{
		{
			URN: urn(s, "trunkline:database:Database$aws:rds/instance:Instance", "orders"), Parent: db,
			Type: "aws:rds/instance:Instance", Name: "orders", Op: gitops.OpReplace, Protected: true,
			ReplaceKeys: []string{"engineVersion"}, Source: "stacks/data/data.go:41",
			Diff: []gitops.PropertyChange{
				{Path: "engineVersion", Kind: "update-replace", Old: "15.4", New: "16.3"},
				{Path: "password", Kind: "update", Old: gitops.Masked, New: gitops.Masked},
				{Path: "endpoint", Kind: "update", Old: "orders.rds.amazonaws.com", New: gitops.Unknown},
			},
		},
		{
			URN: urn(s, "aws:s3/bucket:Bucket", "attic"), Parent: urn(s, "pulumi:pulumi:Stack", "data.dev"),
			Type: "aws:s3/bucket:Bucket", Name: "attic", Op: gitops.OpDelete, Source: "stacks/data/data.go:58",
		},
		{
			URN: urn(s, "aws:iam/policy:Policy", "reader"), Type: "aws:iam/policy:Policy", Name: "reader",
			Op: gitops.OpUpdate, Source: "stacks/data/data.go:77",
			Diff: []gitops.PropertyChange{{Path: "policy", Kind: "update",
				Old: `{"Version":"2012-10-17","Statement":[{"Action":["s3:GetObject"],"Resource":"*"}]}`,
				New: `{"Version":"2012-10-17","Statement":[{"Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}]}`,
			}},
		},
	}}
}

// pullRequest is a document with one of everything.
func pullRequest() review.Document {
	deployment := &gitops.Error{
		Kind: gitops.Deployment, What: "staging/network did not preview",
		Err:  errors.New("cidr 10.0.0.0/40 is not a network"),
		Next: "trunkline preview -e staging -s network",
	}
	return review.Document{
		Verb: review.Preview, Head: head, Base: base(), Total: 6, Took: 2140 * time.Millisecond,
		Environments: []string{"dev", "staging", "production"},
		Stacks: []gitops.RunResult{
			{
				Stack: id("dev", "network"), Operation: gitops.Preview, State: gitops.RunSucceeded,
				Changes: networkChanges(id("dev", "network")), StateVersion: 12, Took: 300 * time.Millisecond,
				Reasons: []gitops.Reason{{Kind: "package", Detail: "components/network"}},
			},
			{
				Stack: id("dev", "data"), Operation: gitops.Preview, State: gitops.RunSucceeded,
				Changes: dataChanges(id("dev", "data")), StateVersion: 7, Took: 412 * time.Millisecond,
				Reasons:  []gitops.Reason{{Kind: "config", Detail: "engineVersion"}, {Kind: "upstream", Detail: "dev/network"}},
				Upstream: []gitops.StackID{id("dev", "network")},
				Diagnostics: []gitops.Diagnostic{
					{Severity: "warning", Message: "the final snapshot is off\nthe data is lost", URN: urn(id("dev", "data"), "aws:rds/instance:Instance", "orders")},
					{Severity: "info", Message: "nobody needs to see this"},
				},
			},
			{Stack: id("dev", "app"), Operation: gitops.Preview, State: gitops.RunSucceeded, Changes: gitops.ChangeSet{Stack: id("dev", "app"), Same: 17}},
			{
				Stack: id("production", "network"), Operation: gitops.Preview, State: gitops.RunSucceeded,
				Changes: networkChanges(id("production", "network")), StateVersion: 3,
				Reasons: []gitops.Reason{{Kind: "package", Detail: "components/network"}},
			},
			{
				Stack: id("staging", "network"), Operation: gitops.Preview, State: gitops.RunFailed, Err: deployment,
				Changes: gitops.ChangeSet{Stack: id("staging", "network")},
				Reasons: []gitops.Reason{{Kind: "package", Detail: "components/network"}},
			},
			{
				Stack: id("staging", "data"), Operation: gitops.Preview, State: gitops.RunSkipped,
				Changes: gitops.ChangeSet{Stack: id("staging", "data")}, Skipped: "needs staging/network, which failed",
			},
		},
		Notes: []string{"sandbox: nothing real is touched"},
	}
}
