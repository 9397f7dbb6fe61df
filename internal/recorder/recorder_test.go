package recorder_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sqs"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/internal/record"
)

func TestWhatTheCloudWouldAnswerGoesThroughTheProgramAsASymbol(t *testing.T) {
	t.Parallel()
	rec := complete(t, func(ctx *pulumi.Context) error {
		q, err := sqs.NewQueue(ctx, "jobs", &sqs.QueueArgs{DelaySeconds: pulumi.Int(5)})
		if err != nil {
			return err
		}
		policy := q.Arn.ApplyT(func(arn string) (string, error) {
			if parts := strings.Split(arn, ":"); len(parts) != 6 || parts[2] != "sqs" || parts[4] != "123456789012" {
				return "", fmt.Errorf("%q is no ARN of a queue", arn)
			}
			text, err := json.Marshal(map[string]any{"Resource": arn})
			return string(text), err
		}).(pulumi.StringOutput)
		_, err = sqs.NewQueuePolicy(ctx, "policy", &sqs.QueuePolicyArgs{QueueUrl: q.ID(), Policy: policy})
		ctx.Export("name", pulumi.Sprintf("%s after %d of %d", q.Name, q.DelaySeconds.Elem(), q.VisibilityTimeoutSeconds.Elem()))
		return err
	})
	r := find(t, rec, "policy")
	got := map[string]string{"policy": record.Show(r.Inputs["policy"].(string)), "url": record.Show(r.Inputs["queueUrl"].(string)),
		"name": record.Show(rec.Outputs["name"].(string)), "source": r.Source[:strings.LastIndexByte(r.Source, ':')]}
	want := map[string]string{
		"policy": `{"Resource":"arn:aws:sqs:eu-west-1:123456789012:⟨queue jobs.arn⟩"}`,
		"url":    "⟨queue jobs.id⟩", "name": "⟨queue jobs.name⟩ after 5 of 30",
		"source": "internal/recorder/recorder_test.go",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("recorded (-want +got):\n%s", d)
	}
}

func TestANumberOfTheCloudIsToldFromOneThatSomebodyWrote(t *testing.T) {
	t.Parallel()
	body := func(written bool) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			table, err := ec2.NewRouteTable(ctx, "private", &ec2.RouteTableArgs{VpcId: pulumi.String("vpc-1")})
			if err != nil {
				return err
			}
			lt, err := ec2.NewLaunchTemplate(ctx, "web", nil)
			if err != nil {
				return err
			}
			version := pulumi.IntOutput(lt.LatestVersion)
			if written {
				version = pulumi.Int(1).ToIntOutput()
			}
			ctx.Export("version", version)
			ctx.Export("owner", table.OwnerId)
			return nil
		}
	}
	a, b := complete(t, body(false)), complete(t, body(true))
	if got := record.Show(fmt.Sprint(a.Outputs["version"])); got != "⟨launchTemplate web.latestVersion⟩" {
		t.Errorf("the version is %s", got)
	}
	if c := record.Compare(a, b); c.Verdict != record.Different {
		t.Errorf("a number that is written is the same as one that the cloud knows: %+v", c)
	}
}

func TestTheOrderOfAProgramDoesNotCount(t *testing.T) {
	t.Parallel()
	const n = 60
	forwards := complete(t, func(ctx *pulumi.Context) error {
		for i := range n {
			if _, err := sqs.NewQueue(ctx, fmt.Sprint("q", i), nil); err != nil {
				return err
			}
		}
		return nil
	})
	atOnce := complete(t, func(ctx *pulumi.Context) error {
		var all sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			all.Go(func() { _, errs[i] = sqs.NewQueue(ctx, fmt.Sprint("q", n-1-i), nil) })
		}
		all.Wait()
		for _, err := range errs {
			if err != nil {
				return err
			}
		}
		return nil
	})
	if c := record.Compare(forwards, atOnce); c.Verdict != record.Same || len(forwards.Resources) != n {
		t.Errorf("%d resources: %+v", len(forwards.Resources), c)
	}
}

func TestEveryOptionOfAResourceIsRecorded(t *testing.T) {
	t.Parallel()
	other := func(ctx *pulumi.Context) (*sqs.Queue, error) { return sqs.NewQueue(ctx, "other", nil) }
	plain := func(o pulumi.ResourceOption) func(*pulumi.Context) (pulumi.ResourceOption, error) {
		return func(*pulumi.Context) (pulumi.ResourceOption, error) { return o, nil }
	}
	linked := func(make func(*sqs.Queue) pulumi.ResourceOption) func(*pulumi.Context) (pulumi.ResourceOption, error) {
		return func(ctx *pulumi.Context) (pulumi.ResourceOption, error) {
			q, err := other(ctx)
			return make(q), err
		}
	}
	body := func(option func(*pulumi.Context) (pulumi.ResourceOption, error)) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			var opts []pulumi.ResourceOption
			o, err := option(ctx)
			if err != nil {
				return err
			}
			if o != nil {
				opts = append(opts, o)
			}
			_, err = sqs.NewQueue(ctx, "jobs", nil, opts...)
			return err
		}
	}
	without := complete(t, body(func(ctx *pulumi.Context) (pulumi.ResourceOption, error) { _, err := other(ctx); return nil, err }))
	alone := complete(t, body(plain(nil)))
	for name, option := range map[string]pulumi.ResourceOption{
		"protect": pulumi.Protect(true), "retainOnDelete": pulumi.RetainOnDelete(true), "deleteBeforeReplace": pulumi.DeleteBeforeReplace(true),
		"ignoreChanges": pulumi.IgnoreChanges([]string{"tags"}), "replaceOnChanges": pulumi.ReplaceOnChanges([]string{"tags"}),
		"import": pulumi.Import(pulumi.ID("queue-1")), "customTimeouts": pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "5m"}),
		"aliases": pulumi.Aliases([]pulumi.Alias{{Name: pulumi.String("work")}}), "version": pulumi.Version("6.0.0"),
		"additionalSecretOutputs": pulumi.AdditionalSecretOutputs([]string{"url"}), "pluginDownloadURL": pulumi.PluginDownloadURL("https://example.com"),
		"hideDiffs": pulumi.HideDiffs([]string{"tags"}), "replacementTrigger": pulumi.ReplacementTrigger(pulumi.String("2")),
	} {
		if c := record.Compare(alone, complete(t, body(plain(option)))); c.Verdict != record.Different {
			t.Errorf("%s is not seen: %+v", name, c)
		}
	}
	for name, make := range map[string]func(*sqs.Queue) pulumi.ResourceOption{
		"dependsOn":   func(q *sqs.Queue) pulumi.ResourceOption { return pulumi.DependsOn([]pulumi.Resource{q}) },
		"deletedWith": func(q *sqs.Queue) pulumi.ResourceOption { return pulumi.DeletedWith(q) },
		"parent":      func(q *sqs.Queue) pulumi.ResourceOption { return pulumi.Parent(q) },
		"replaceWith": func(q *sqs.Queue) pulumi.ResourceOption { return pulumi.ReplaceWith([]pulumi.Resource{q}) },
	} {
		if c := record.Compare(without, complete(t, body(linked(make)))); c.Verdict != record.Different {
			t.Errorf("%s is not seen: %+v", name, c)
		}
	}
	elsewhere := complete(t, body(func(ctx *pulumi.Context) (pulumi.ResourceOption, error) {
		p, err := aws.NewProvider(ctx, "elsewhere", &aws.ProviderArgs{Region: pulumi.String("us-east-1")})
		return pulumi.Provider(p), err
	}))
	if got := find(t, elsewhere, "jobs").Links["provider"]; len(got) != 1 || !strings.HasSuffix(got[0], "::elsewhere") {
		t.Errorf("the provider is %v", got)
	}
}

func TestAResourceThatDoesNotSayIsAsProtectedAsItsParent(t *testing.T) {
	t.Parallel()
	body := func(parent, child []pulumi.ResourceOption) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			top, err := sqs.NewQueue(ctx, "top", nil, parent...)
			if err != nil {
				return err
			}
			_, err = sqs.NewQueue(ctx, "jobs", nil, append(child, pulumi.Parent(top))...)
			return err
		}
	}
	keep := []pulumi.ResourceOption{pulumi.RetainOnDelete(true)}
	if c := record.Compare(complete(t, body(keep, nil)), complete(t, body(keep, keep))); c.Verdict != record.Same {
		t.Errorf("to say what the parent says is a difference: %+v", c)
	}
}

func TestSettingsAnswerSomeFunctions(t *testing.T) {
	t.Parallel()
	rec := complete(t, func(ctx *pulumi.Context) error {
		who, err := aws.GetCallerIdentity(ctx, nil)
		if err != nil {
			return err
		}
		here, err := aws.GetRegion(ctx, nil)
		if err != nil {
			return err
		}
		zones, err := aws.GetAvailabilityZones(ctx, nil)
		if err != nil {
			return err
		}
		doc, err := iam.GetPolicyDocument(ctx, &iam.GetPolicyDocumentArgs{Statements: []iam.GetPolicyDocumentStatement{{Actions: []string{"s3:GetObject"}, Resources: []string{"*"}}}})
		if err != nil {
			return err
		}
		image, err := ssm.LookupParameter(ctx, &ssm.LookupParameterArgs{Name: "/aws/service/image"})
		if err != nil {
			return err
		}
		ctx.Export("all", pulumi.ToStringArray([]string{who.AccountId, who.Arn, here.Name, zones.Names[1], image.Value}))
		ctx.Export("policy", pulumi.String(doc.MinifiedJson))
		return nil
	})
	var got []string
	for _, v := range rec.Outputs["all"].([]any) {
		got = append(got, record.Show(v.(string)))
	}
	want := []string{"123456789012", "arn:aws:iam::123456789012:⟨getCallerIdentity .arn⟩", "eu-west-1", "eu-west-1b", "⟨getParameter image.value⟩"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("answers (-want +got):\n%s", d)
	}
	if !strings.Contains(rec.Outputs["policy"].(string), "s3:GetObject") {
		t.Errorf("the policy is %v", rec.Outputs["policy"])
	}
	if len(rec.Assumed) != 1 || rec.Assumed[0].Function != "aws:index/getAvailabilityZones:getAvailabilityZones" {
		t.Errorf("assumed is %v", rec.Assumed)
	}
}

func TestAFunctionThatNeedsTheCloudIsAGap(t *testing.T) {
	t.Parallel()
	rec := recorded(t, request(t), func(ctx *pulumi.Context) error {
		if _, err := sqs.NewQueue(ctx, "jobs", nil); err != nil {
			return err
		}
		_, err := ec2.LookupVpc(ctx, &ec2.LookupVpcArgs{Default: pulumi.BoolRef(true)})
		return err
	})
	if len(rec.Gaps) != 1 || len(rec.Resources) != 1 {
		t.Errorf("%d resources, gaps %v", len(rec.Resources), rec.Gaps)
	}
	hasGap(t, rec, "aws:ec2/getVpc:getVpc needs an answer of the cloud")
}

func TestARNsHaveThePartsThatProgramsLookFor(t *testing.T) {
	t.Parallel()
	rec := complete(t, func(ctx *pulumi.Context) error {
		role, err := iam.NewRole(ctx, "worker", &iam.RoleArgs{AssumeRolePolicy: pulumi.String("{}")})
		if err != nil {
			return err
		}
		bucket, err := s3.NewBucketV2(ctx, "files", nil)
		if err != nil {
			return err
		}
		db, err := rds.NewInstance(ctx, "main", &rds.InstanceArgs{InstanceClass: pulumi.String("db.t4g.micro")})
		if err != nil {
			return err
		}
		balancer, err := lb.NewLoadBalancer(ctx, "front", nil)
		ctx.Export("all", pulumi.StringArray{role.Arn, bucket.Arn, db.MasterUserSecrets.Index(pulumi.Int(0)).SecretArn().Elem(), balancer.Arn})
		return err
	})
	var got []string
	for _, v := range rec.Outputs["all"].([]any) {
		got = append(got, record.Show(v.(string)))
	}
	want := []string{
		"arn:aws:iam::123456789012:role/⟨role worker.arn⟩",
		"arn:aws:s3:::⟨bucketV2 files.arn⟩",
		"arn:aws:secretsmanager:eu-west-1:123456789012:secret:⟨instance main.masterUserSecrets.0.secretArn⟩",
		"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/⟨loadBalancer front.arn⟩",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("ARNs (-want +got):\n%s", d)
	}
}

func TestACertificateIsProvenOncePerName(t *testing.T) {
	t.Parallel()
	rec := complete(t, func(ctx *pulumi.Context) error {
		c, err := acm.NewCertificate(ctx, "site", &acm.CertificateArgs{DomainName: pulumi.String("shop.example"), ValidationMethod: pulumi.String("DNS"),
			SubjectAlternativeNames: pulumi.ToStringArray([]string{"shop.example", "www.shop.example"})})
		if err != nil {
			return err
		}
		ctx.Export("proofs", c.DomainValidationOptions.ApplyT(func(options []acm.CertificateDomainValidationOption) []string {
			var out []string
			for _, o := range options {
				out = append(out, *o.DomainName+" by "+*o.ResourceRecordName)
			}
			return out
		}))
		return nil
	})
	var got []string
	for _, v := range rec.Outputs["proofs"].([]any) {
		got = append(got, record.Show(v.(string)))
	}
	want := []string{
		"shop.example by ⟨certificate site.domainValidationOptions.0.resourceRecordName⟩",
		"www.shop.example by ⟨certificate site.domainValidationOptions.1.resourceRecordName⟩",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("proofs (-want +got):\n%s", d)
	}
}

func TestOutputsOfUpstreamStacksAreThoseOfTheirRecordings(t *testing.T) {
	t.Parallel()
	body := func(ctx *pulumi.Context) error {
		up, err := pulumi.NewStackReference(ctx, "network", &pulumi.StackReferenceArgs{Name: pulumi.String("organization/shop/network.dev")})
		if err != nil {
			return err
		}
		ctx.Export("vpc", up.GetStringOutput(pulumi.String("vpcId")))
		ctx.Export("key", up.GetOutput(pulumi.String("key")))
		return nil
	}
	req := request(t)
	req.Upstream = map[string]record.Recording{"network.dev": {Outputs: map[string]any{"vpcId": "⟨vpc⟩", "key": record.Secret{Value: "k"}, "ids": record.Unknown{}}}}
	rec := recorded(t, req, body)
	want := map[string]any{"vpc": "⟨vpc⟩", "key": record.Secret{Value: "k"}}
	if !reflect.DeepEqual(rec.Outputs, want) || !reflect.DeepEqual(rec.Reads, []string{"organization/shop/network.dev"}) {
		t.Errorf("outputs are %v, reads %v", rec.Outputs, rec.Reads)
	}
	if blind := recorded(t, request(t), body); blind.Outputs["vpc"] != (record.Unknown{}) {
		t.Errorf("without a recording the outputs are %#v, gaps %v", blind.Outputs, blind.Gaps)
	}
}

func TestOutputsOfTypesThatNobodyKnowsAreUnknown(t *testing.T) {
	t.Parallel()
	rec := complete(t, func(ctx *pulumi.Context) error {
		var r struct {
			pulumi.CustomResourceState
			Size pulumi.IntOutput `pulumi:"size"`
		}
		err := ctx.RegisterResource("other:index:Thing", "thing", pulumi.Map{"color": pulumi.String("red")}, &r)
		ctx.Export("size", r.Size)
		return err
	})
	if rec.Outputs["size"] != (record.Unknown{}) || find(t, rec, "thing").Inputs["color"] != "red" {
		t.Errorf("recorded %+v", rec)
	}
}

func TestFilesCountByContentAndOnlyInsideTheCheckout(t *testing.T) {
	t.Parallel()
	body := func(path string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			_, err := s3.NewBucketObjectv2(ctx, "page", &s3.BucketObjectv2Args{Bucket: pulumi.String("b"), Source: pulumi.NewFileAsset(path)})
			return err
		}
	}
	made := func(content string) (root, file string) {
		root = t.TempDir()
		file = filepath.Join(root, "site", "index.html")
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return root, file
	}
	source := func(root, path string) any {
		req := request(t)
		req.Root = root
		return find(t, recorded(t, req, body(path)), "page").Inputs["source"]
	}
	a, fileA := made("one")
	b, fileB := made("one")
	c, _ := made("two")
	if x, y, z := source(a, fileA), source(b, "site/index.html"), source(c, "site/index.html"); x != y || x == z || x == (record.Unknown{}) {
		t.Errorf("the same file: %v, %v; another: %v", x, y, z)
	}
	if err := os.Symlink(fileB, filepath.Join(a, "link")); err != nil {
		t.Fatal(err)
	}
	for _, outside := range []string{fileB, "../" + filepath.Base(b) + "/site/index.html", "link", "/dev/zero", "missing"} {
		if got := source(a, outside); got != (record.Unknown{}) {
			t.Errorf("%s was read: %v", outside, got)
		}
	}
}
