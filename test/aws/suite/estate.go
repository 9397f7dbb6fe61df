package main

import (
	"context"
	"fmt"
)

// estateRow is the reference estate of this repository, as it is committed, in
// the environment dev: the whole product, from the command line to the cloud.
func estateRow() row {
	r := row{name: "the estate", slow: true, plot: func(s *story) plot { return &estate{&checkout{story: s}} }, untried: []string{
		"to wait until tasks are healthy: nothing runs in the emulator",
	}}
	r.known = []fault{{shows: "SecurityGroupIngressRule database-tcp-5432-web (description)", evidence: groupRule.evidence}}
	for _, part := range []row{
		networkRow(), securityGroupRow(), databaseRow(), tableRow(), bucketRow(), queueRow(), topicRow(), serviceRow(), functionRow(),
		scheduleRow(), alarmsRow(), deployRoleRow(), registryRow(), siteRow(), zoneRow(), certificateRow(),
	} {
		r.known = append(r.known, part.known...)
	}
	return r
}

// estate is the plot of the reference estate.
type estate struct{ *checkout }

func (e *estate) steps() []step {
	lifecycle := effect{"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "rules"}
	targets := effect{"aws:lb/targetGroup:TargetGroup", "port"}
	vpc := effect{"aws:ec2/vpc:Vpc", "tags"}
	return []step{
		{"clone", e.clone},
		{"preview", func(ctx context.Context) error { return e.preview(ctx, effect{}, "create") }},
		{"create", e.up()},
		{"tags in another region", e.tagged},
		{"second preview", e.same},
		{"edit", e.edit("keepVersionsDays: 7", "keepVersionsDays: 8")},
		{"preview of a change in place", func(ctx context.Context) error { return e.preview(ctx, lifecycle, "update") }},
		{"change in place", e.up()},
		{"preview after the change", e.same},
		{"edit", e.edit("replicas: 1", "replicas: 1\n    port: 8080")},
		{"preview of a replacement", func(ctx context.Context) error { return e.preview(ctx, targets, "replace") }},
		{"replacement", e.up()},
		{"preview after the replacement", e.same},
		{"drift", e.drift},
		{"refresh with drift", func(ctx context.Context) error { return e.found(ctx, vpc) }},
		{"repair", e.up("--refresh")},
		{"refresh after the repair", func(ctx context.Context) error { return e.found(ctx, effect{}) }},
	}
}

func (e *estate) last() []step {
	return []step{{"destroy", e.destroy}, {"nothing left", e.empty}}
}

// clone leaves out what nothing here can do, and gives the site a domain.
func (e *estate) clone(ctx context.Context) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	if err := e.replace(devFile, "replicas: 1\n", "replicas: 1\n    wait: false\n"); err != nil {
		return err
	}
	return e.edit("  edge: {}\n", "  edge: {domain: shop.example.com}\n")(ctx)
}

// edit changes the environment and commits it.
func (e *estate) edit(old, changed string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := e.replace(devFile, old, changed); err != nil {
			return err
		}
		return e.commit(ctx)
	}
}

// tagged looks whether the certificate, which is made by a provider for another
// region, has the environment's tags.
func (e *estate) tagged(ctx context.Context) error {
	certificates, err := e.world.emulator.aws(ctx, "acm", "list-certificates", "--region", "us-east-1", "--query", "CertificateSummaryList[].CertificateArn")
	if err != nil {
		return err
	}
	arns, _ := certificates.([]any)
	if len(arns) != 1 {
		return fmt.Errorf("us-east-1 has the certificates %v, not one", certificates)
	}
	tags, err := e.world.emulator.aws(ctx, "acm", "list-tags-for-certificate", "--region", "us-east-1",
		"--certificate-arn", fmt.Sprint(arns[0]), "--query", "Tags[?Key=='Stack'].Value")
	if text := fmt.Sprint(tags); err == nil && text != "[edge]" {
		err = fmt.Errorf("the certificate has the tag Stack %s, not [edge]", text)
	}
	return err
}

func (e *estate) preview(ctx context.Context, want effect, op string) error {
	changes, err := e.changes(ctx, "preview")
	if err != nil {
		return err
	}
	found := false
	for _, c := range changes {
		found = found || c.does(op, want) || op == "create"
		e.types[c.typ] = true
		if op == "create" && c.op != "create" {
			e.problem("", c.String())
		}
	}
	if !found {
		e.problem("", fmt.Sprintf("no %s of %s at %s; instead: %v", op, want.typ, want.path, changes))
	}
	return nil
}

// drift tags the VPC.
func (e *estate) drift(ctx context.Context) error {
	vpcs, err := e.world.emulator.aws(ctx, "ec2", "describe-vpcs", "--query", "Vpcs[?!IsDefault].VpcId")
	if err != nil {
		return err
	}
	ids, _ := vpcs.([]any)
	if len(ids) != 1 {
		return fmt.Errorf("there are the VPCs %v, not one", vpcs)
	}
	_, err = e.world.emulator.aws(ctx, "ec2", "create-tags", "--resources", fmt.Sprint(ids[0]), "--tags", "Key=team,Value=somebody")
	return err
}

// found looks for drift: only what is wanted may have changed.
func (e *estate) found(ctx context.Context, want effect) error {
	changes, err := e.changes(ctx, "drift")
	if err != nil {
		return err
	}
	seen := false
	for _, c := range changes {
		if c.does(c.op, want) {
			seen = true
		} else {
			e.problem("", c.String())
		}
	}
	if want.typ != "" && !seen {
		e.problem("", fmt.Sprintf("the drift of %s at %s was not found; instead: %v", want.typ, want.path, changes))
	}
	return nil
}
