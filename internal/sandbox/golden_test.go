package sandbox_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/*.json anew")

// TestOutputsAreAsRecorded shows, service by service, everything that a program
// sees of its resources. Run with -update after a change that is meant.
func TestOutputsAreAsRecorded(t *testing.T) {
	t.Parallel()
	for service, create := range map[string]func(*engine) []*deployed{
		"network": func(e *engine) []*deployed {
			all := network(e)
			var list []*deployed
			for _, name := range []string{"vpc", "subnet", "igw", "eip", "nat", "table", "route", "association", "endpoint", "flow", "group", "rule", "instance"} {
				list = append(list, all[name])
			}
			return list
		},
		"first-instance": func(e *engine) []*deployed {
			return []*deployed{e.create("aws:ec2/instance:Instance", "web", props{"ami": "ami-0c02fb55956c7d316", "instanceType": "t2.micro"})}
		},
		"iam": func(e *engine) []*deployed {
			role := e.create("aws:iam/role:Role", "app", props{"assumeRolePolicy": trust("ec2.amazonaws.com"), "path": "/app/"})
			managed := e.create("aws:iam/policy:Policy", "app", props{"policy": props{"Version": "2012-10-17", "Statement": []any{}}})
			return []*deployed{role, managed,
				e.create("aws:iam/rolePolicy:RolePolicy", "app", props{"role": role.id, "policy": `{"Statement":[]}`}),
				e.create("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "app", props{"role": role.id, "policyArn": managed.id}),
				e.create("aws:iam/instanceProfile:InstanceProfile", "app", props{"role": role.id})}
		},
		"s3": func(e *engine) []*deployed {
			b := e.create("aws:s3/bucketV2:BucketV2", "assets", props{})
			of := func(p props) props { p["bucket"] = b.id; return p }
			return []*deployed{b,
				e.create("aws:s3/bucketVersioningV2:BucketVersioningV2", "assets", of(props{"versioningConfiguration": props{"status": "Enabled"}})),
				e.create("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "assets", of(props{"blockPublicAcls": true})),
				e.create("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "assets", of(props{"rule": props{"objectOwnership": "BucketOwnerEnforced"}})),
				e.create("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "assets",
					of(props{"rules": []any{props{"applyServerSideEncryptionByDefault": props{"sseAlgorithm": "AES256"}}}})),
				e.create("aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "assets",
					of(props{"rules": []any{props{"id": "old", "status": "Enabled", "noncurrentVersionExpiration": props{"noncurrentDays": 30}}}})),
				e.create("aws:s3/bucketPolicy:BucketPolicy", "assets", of(props{"policy": `{"Statement":[]}`}))}
		},
		"sqs": func(e *engine) []*deployed {
			dead := e.create("aws:sqs/queue:Queue", "dead", props{"messageRetentionSeconds": 1209600})
			q := e.create("aws:sqs/queue:Queue", "jobs", props{"fifoQueue": false,
				"redrivePolicy": `{"deadLetterTargetArn":"` + e.out(dead, "arn").(string) + `","maxReceiveCount":3}`})
			return []*deployed{dead, q,
				e.create("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "jobs", props{"queueUrl": dead.id, "redriveAllowPolicy": `{"redrivePermission":"byQueue"}`}),
				e.create("aws:sqs/queuePolicy:QueuePolicy", "jobs", props{"queueUrl": q.id, "policy": `{"Statement":[]}`})}
		},
		"operations": func(e *engine) []*deployed {
			key := e.create("aws:kms/key:Key", "main", props{"enableKeyRotation": true})
			return []*deployed{key,
				e.create("aws:kms/alias:Alias", "main", props{"targetKeyId": key.id}),
				e.create("aws:sns/topic:Topic", "alerts", props{}),
				e.create("aws:ssm/parameter:Parameter", "url", props{"name": "/app/url", "type": "String", "value": "https://example.com"}),
				e.create("aws:cloudwatch/logGroup:LogGroup", "app", props{"retentionInDays": 14}),
				e.create("aws:cloudwatch/metricAlarm:MetricAlarm", "age", props{"comparisonOperator": "GreaterThanThreshold", "evaluationPeriods": 1,
					"metricName": "ApproximateAgeOfOldestMessage", "namespace": "AWS/SQS", "statistic": "Maximum", "period": 60, "threshold": 900})}
		},
	} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			e := newEngine(t, cloud(t))
			var got []props
			for _, d := range create(e) {
				got = append(got, props{"urn": d.urn, "id": d.id, "outputs": values(t, d.outputs)})
			}
			b, err := json.MarshalIndent(got, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, service+".json", string(b)+"\n")
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}
