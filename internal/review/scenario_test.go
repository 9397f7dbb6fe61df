package review_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// scenarios are what happens to pull requests. testdata/scenario has the comment
// that each gets; read the difference when one changes.
var scenarios = []struct {
	name   string
	forges []string
	doc    func() review.Document
}{
	{"a-database-is-replaced", []string{"github", "gitlab", "plain"}, replacedDatabase},
	{"an-upstream-stack-fails", []string{"github"}, pullRequest},
	{"a-bucket-is-renamed", []string{"github"}, renamedBucket},
	{"many-change-alike", []string{"github"}, manyAlike},
	{"a-provider-is-upgraded", []string{"github"}, upgradedProvider},
	{"a-fork-without-credentials", []string{"github"}, fromAFork},
	{"a-stack-is-removed", []string{"github"}, removedStack},
	{"a-component-is-deleted", []string{"github"}, deletedComponent},
	{"nothing-is-affected", []string{"github"}, nothingAffected},
	{"only-refactored", []string{"github"}, onlyRefactored},
	{"pending", []string{"github"}, func() review.Document { return atStage(review.Pending) }},
	{"running", []string{"github"}, func() review.Document { return atStage(review.Running) }},
	{"outdated", []string{"github"}, func() review.Document { return atStage(review.Outdated) }},
	{"failed-before-anything-ran", []string{"github"}, failedEarly},
	{"deployed-until-an-approval", []string{"github", "plain"}, deployedUntilApproval},
	{"deployment-failed", []string{"github"}, deploymentFailed},
}

func TestEveryScenarioGetsTheCommentThatWasAgreedOn(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios {
		for _, forge := range s.forges {
			doc := s.doc()
			o := review.MarkdownOptions{Forge: forge, ID: "acme/infra"}
			if doc.PullRequest.Number > 0 {
				o.Source, o.Commit = review.Links(forge, "https://"+forge+".example/acme/infra", doc.Head.SHA, "")
				o.Link = "https://ci.example/runs/7"
			}
			got := review.Markdown(doc, o)
			path := filepath.Join("testdata", "scenario", s.name, "comment."+forge+".md")
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(got), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got); run with -update when it is right:\n%s", path, diff)
			}
			comeBack(t, doc)
		}
	}
}

func proposal() gitops.PullRequest {
	h, b := head, base()
	return gitops.PullRequest{Number: 482, Title: "Keep messages for longer", Author: "ana", Head: h, Base: b}
}

func proposed(stacks ...gitops.RunResult) review.Document {
	return review.Document{
		Verb: review.Preview, Head: head, Base: base(), PullRequest: proposal(), Total: 14, Took: 38 * time.Second,
		Environments: []string{"dev", "staging", "production"}, Stacks: stacks,
	}
}

func previewed(env, name string, changes ...gitops.Change) gitops.RunResult {
	return gitops.RunResult{
		Stack: id(env, name), Operation: gitops.Preview, State: gitops.RunSucceeded, StateVersion: 418,
		Changes: gitops.ChangeSet{Stack: id(env, name), Changes: changes, Same: 41}, Reasons: []gitops.Reason{{Kind: "package", Detail: "components/" + name}},
	}
}

func changed(s gitops.StackID, op gitops.Op, typ, name string, diff ...gitops.PropertyChange) gitops.Change {
	return gitops.Change{URN: urn(s, typ, name), Type: typ, Name: name, Op: op, Diff: diff, Source: "stacks/" + s.Name + "/" + s.Name + ".go:41"}
}

func replacedDatabase() review.Document {
	var runs []gitops.RunResult
	for _, env := range []string{"staging", "production"} {
		db := changed(id(env, "data"), gitops.OpReplace, "aws:rds/instance:Instance", "orders",
			gitops.PropertyChange{Path: "storageEncrypted", Kind: "update-replace", Old: false, New: true},
			gitops.PropertyChange{Path: "endpoint", Kind: "update", Old: "orders.rds.example", New: gitops.Unknown, From: []string{"network"}})
		db.Before = map[string]any{"skipFinalSnapshot": true}
		db.Protected = env == "production"
		data := previewed(env, "data", db,
			changed(id(env, "data"), gitops.OpUpdate, "aws:ssm/parameter:Parameter", "orders-endpoint",
				gitops.PropertyChange{Path: "value", Kind: "update", Old: gitops.Masked, New: gitops.Masked}))
		data.Upstream = []gitops.StackID{id(env, "network")}
		app := previewed(env, "app", changed(id(env, "app"), gitops.OpUpdate, "aws:ecs/service:Service", "web",
			gitops.PropertyChange{Path: "desiredCount", Kind: "update", Old: 2.0, New: 4.0}))
		app.Reasons = []gitops.Reason{{Kind: "upstream", Detail: "data"}}
		runs = append(runs, data, app)
	}
	d := proposed(runs...)
	d.Outputs = []review.OutputChange{{Stack: id("production", "data"), Name: "endpoint", Old: "orders.rds.example", New: gitops.Unknown, ReadBy: []gitops.StackID{id("production", "app")}}}
	d.Violations = []gitops.Violation{
		{Policy: "no-stateful-deletes", Mandatory: true, Stack: id("production", "data"), Type: "aws:rds/instance:Instance", Name: "orders", Message: "a database is not replaced without an approval of the team that owns it", Source: "stacks/data/data.go:41"},
		{Policy: "required-tags", Stack: id("production", "app"), Type: "aws:ecs/service:Service", Name: "web", Message: "the tag Owner is missing"},
		{Policy: "no-stateful-deletes", Mandatory: true, Stack: id("staging", "data"), Type: "aws:rds/instance:Instance", Name: "orders", Message: "a database is not replaced without an approval of the team that owns it",
			Exempt: &gitops.Exemption{Owner: "dba", Reason: "staging is made anew each week", Expires: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Where: "policies/exemptions.yaml:4"}},
	}
	d.Merge = []review.MergeStep{
		{Environment: "staging", Stacks: []gitops.StackID{id("staging", "data"), id("staging", "app")}},
		{Environment: "production", Stacks: []gitops.StackID{id("production", "data"), id("production", "app")}, Approval: "something is deleted or replaced", From: []string{"dba"}, Count: 1},
	}
	d.Ships = []review.Shipment{{Environment: "production", Deployed: gitops.Revision{SHA: strings.Repeat("7", 40)}, Commits: []gitops.Revision{
		{SHA: strings.Repeat("a", 40), Subject: "Alarm on the age of messages (#479)", Author: "Ben"},
	}}}
	d.Unaffected = []gitops.StackID{id("dev", "network"), id("dev", "app"), id("staging", "network"), id("production", "network")}
	d.Toolchain = []review.Tool{{Name: "go", Version: "1.26"}, {Name: "pulumi", Version: "3.255.0"}, {Name: "pulumi-aws", Version: "6.83.2"}}
	d.Program, d.Digest = "sha256:"+strings.Repeat("9c1e", 16), "sha256:"+strings.Repeat("51ab", 16)
	d.Reproduce = "trunkline preview --at 4f2c9d1 --affected=9f8e7d6"
	return d
}

func renamedBucket() review.Document {
	s := id("production", "data")
	inputs := func(kind string) []gitops.PropertyChange {
		var out []gitops.PropertyChange
		for i, v := range []any{true, "private", map[string]any{"Owner": "data"}, 30.0} {
			p := gitops.PropertyChange{Path: []string{"versioned", "acl", "tags", "retentionDays"}[i], Kind: kind}
			if kind == "add" {
				p.New = v
			} else {
				p.Old = v
			}
			out = append(out, p)
		}
		return out
	}
	return proposed(previewed("production", "data",
		changed(s, gitops.OpDelete, "aws:s3/bucket:Bucket", "logs", inputs("delete")...),
		changed(s, gitops.OpCreate, "aws:s3/bucket:Bucket", "archive", inputs("add")...)))
}

func manyAlike() review.Document {
	var runs []gitops.RunResult
	for _, env := range []string{"dev", "staging", "production"} {
		s := id(env, "app")
		var changes []gitops.Change
		for i := range 12 {
			changes = append(changes, changed(s, gitops.OpUpdate, "aws:iam/role:Role", fmt.Sprintf("worker-%02d", i),
				gitops.PropertyChange{Path: "tags.Owner", Kind: "update", Old: "core", New: "platform"}))
		}
		changes = append(changes, changed(s, gitops.OpUpdate, "aws:ecs/service:Service", "web",
			gitops.PropertyChange{Path: "desiredCount", Kind: "update", Old: 2.0, New: 4.0}))
		runs = append(runs, previewed(env, "app", changes...))
	}
	return proposed(runs...)
}

func upgradedProvider() review.Document {
	var runs []gitops.RunResult
	for _, name := range []string{"app", "data"} {
		var changes []gitops.Change
		for i := range 5 {
			changes = append(changes, changed(id("dev", name), gitops.OpUpdate, "aws:sqs/queue:Queue", fmt.Sprint("queue-", i),
				gitops.PropertyChange{Path: "tagsAll", Kind: "update", Old: map[string]any{"a": "1"}, New: gitops.Unknown}))
		}
		r := previewed("dev", name, changes...)
		r.Reasons = []gitops.Reason{{Kind: "module", Detail: "github.com/pulumi/pulumi-aws/sdk/v6 v6.83.1 => v6.83.2"}}
		runs = append(runs, r)
	}
	return proposed(runs...)
}

func fromAFork() review.Document {
	d := proposed(previewed("production", "app", changed(id("production", "app"), gitops.OpCreate, "aws:sqs/queue:Queue", "jobs")))
	d.ProgramDiff, d.PullRequest.Fork = true, true
	d.Stacks[0].StateVersion = 0
	return d
}

func removedStack() review.Document {
	s := id("dev", "cache")
	r := previewed("dev", "cache", changed(s, gitops.OpDelete, "aws:elasticache/cluster:Cluster", "main"), changed(s, gitops.OpDelete, "aws:ec2/securityGroup:SecurityGroup", "main"))
	r.Operation, r.Reasons = gitops.Destroy, []gitops.Reason{{Kind: "removed", Detail: "no longer in this revision"}}
	d := proposed(r)
	d.Removed = []gitops.StackID{s}
	return d
}

// deletedComponent loses a bucket with its parts, of which little is to be said.
func deletedComponent() review.Document {
	s := id("dev", "data")
	changes := []gitops.Change{changed(s, gitops.OpDelete, "trunkline:bucket:Bucket", "files"), changed(s, gitops.OpDelete, "aws:s3/bucketV2:BucketV2", "files")}
	changes[1].Before = map[string]any{"forceDestroy": true}
	for _, part := range []string{"Policy", "Versioning", "OwnershipControls", "PublicAccessBlock"} {
		changes = append(changes, changed(s, gitops.OpDelete, "aws:s3/bucket"+part+":Bucket"+part, "files-"+strings.ToLower(part)))
	}
	for i := 1; i < len(changes); i++ {
		changes[i].Parent = changes[0].URN
	}
	return proposed(previewed("dev", "data", changes...))
}

func nothingAffected() review.Document {
	d := proposed()
	d.Unaffected = []gitops.StackID{id("dev", "app"), id("production", "app")}
	return d
}

func onlyRefactored() review.Document {
	d := nothingAffected()
	d.Same = []review.SameStack{{Stack: id("dev", "data"), Reasons: []gitops.Reason{{Kind: "package", Detail: "components/database"}}}}
	return d
}

func atStage(s review.Stage) review.Document {
	d := replacedDatabase()
	d.Stage = s
	switch s {
	case review.Pending:
		d = proposed()
		d.Stage, d.Total, d.Took = s, 0, 0
	case review.Running:
		d = proposed(d.Stacks...)
		d.Stage = s
		d.Stacks[2].State, d.Stacks[2].Changes = gitops.RunRunning, gitops.ChangeSet{}
		d.Stacks[3].State, d.Stacks[3].Changes = gitops.RunQueued, gitops.ChangeSet{}
	case review.Outdated:
		d.Newer = gitops.Revision{SHA: strings.Repeat("b", 40)}
	}
	return d
}

func failedEarly() review.Document {
	d := proposed()
	d.Failure = &gitops.Error{Kind: gitops.Invalid, What: "stacks do not compile", Where: "stacks/data/data.go:41:9",
		Err: errors.New("undefined: database.Replicas"), Next: "go build ./stacks"}
	return d
}

func deployedUntilApproval() review.Document {
	d := replacedDatabase()
	at := time.Date(2026, 11, 23, 10, 36, 0, 0, time.UTC)
	d.Deployment = []review.DeployedStep{
		{Environment: "staging", State: gitops.RunSucceeded, Revision: head, By: "ana", At: at, Summary: gitops.Summary{Update: 2, Replace: 1}, URL: "https://ci.example/runs/8"},
		{Environment: "production", State: gitops.RunQueued, Waiting: "1 approval by dba",
			Next:  "gh workflow run trunkline.yml --repo acme/shop --ref main -f environment=production -f digest=sha256:51ab",
			Where: "or the same as inputs of Run workflow", WhereURL: "https://github.com/acme/shop/actions/workflows/trunkline.yml"},
	}
	return d
}

func deploymentFailed() review.Document {
	d := deployedUntilApproval()
	d.Deployment[0].State, d.Deployment[0].Failed = gitops.RunFailed, []gitops.StackID{id("staging", "data")}
	d.Deployment[0].Detail, d.Deployment[0].Next = "aws:rds/instance:Instance orders: not enough capacity in eu-west-1a", "trunkline up -e staging"
	d.Deployment[1] = review.DeployedStep{Environment: "production", State: gitops.RunSkipped}
	return d
}
