package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"time"

	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/policy"
)

// policies measures how long the policies of the reference estate take to judge
// 200 stacks with 300 changes each.
func policies(ctx context.Context, w *workplace) ([]table, error) {
	const stacks, changes, runs = 200, 300, 3
	dir, err := w.repository(ctx)
	if err != nil {
		return nil, err
	}
	builder := program.Builder{CacheDir: filepath.Join(w.dir, "programs")}
	bin, err := builder.Build(ctx, program.Source{Root: dir, Package: "./policies"})
	if err != nil {
		return nil, err
	}
	in := wideProposal(stacks, changes)
	var took []time.Duration
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	memory, err := peak(ctx, func(ctx context.Context) error {
		for range runs {
			begin := time.Now()
			if _, err := program.Police(ctx, bin, in); err != nil {
				return err
			}
			took = append(took, time.Since(begin))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	runtime.ReadMemStats(&after)
	t := table{title: fmt.Sprintf("Four policies on %d stacks × %d changes", stacks, changes), head: []string{"median", "peak of their program", "allocated by the driver"}}
	t.add(millis(median(took)), mebi(memory), mebi(int64(after.TotalAlloc-before.TotalAlloc)/runs))
	return []table{t}, nil
}

// wideProposal is a proposal in which every resource changes.
func wideProposal(stacks, changes int) policy.ReviewInput {
	types := []string{"aws:ec2/subnet:Subnet", "aws:iam/role:Role", "aws:sqs/queue:Queue", "aws:lambda/function:Function", "aws:s3/bucketV2:BucketV2"}
	in := policy.ReviewInput{Schema: policy.InputSchema, Environments: []policy.Environment{{Name: "dev"}, {Name: "production", Approvals: "always"}}}
	for i := range stacks {
		st := policy.Stack{Name: fmt.Sprintf("service-%03d", i/2), Environment: in.Environments[i%2].Name}
		for j := range changes {
			typ, name := types[j%len(types)], fmt.Sprintf("part-%03d-%d", j, i)
			side := func(version int) map[string]any {
				tags := map[string]any{"Environment": st.Environment, "Stack": st.Name, "ManagedBy": "trunkline", "Owner": "shop"}
				return map[string]any{
					"name": name, "description": fmt.Sprintf("version %d", version), "tags": tags, "tagsAll": tags, "size": float64(version), "kmsMasterKeyId": "alias/shop",
					"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`,
				}
			}
			st.Resources = append(st.Resources, policy.Change{
				URN: "urn:pulumi:" + st.Name + ".dev::acme::trunkline:service:Service$" + typ + "::" + name, Type: typ, Name: name,
				Op: policy.Update, Source: "stacks/service/service.go:12", OldInputs: side(1), NewInputs: side(2),
			})
		}
		in.Stacks = append(in.Stacks, st)
	}
	return in
}
