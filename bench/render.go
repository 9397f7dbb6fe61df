package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// render measures how long a review of 200 stacks with 300 changes each takes to
// be written, in each form. Nothing in it is alike, so that nothing is folded.
func render(context.Context, *workplace) ([]table, error) {
	const stacks, changes, runs = 200, 300, 5
	doc := wideReview(stacks, changes)
	var text bytes.Buffer
	if err := review.Encode(&text, review.JSON(doc)); err != nil {
		return nil, err
	}
	written := bytes.Clone(text.Bytes())
	var failed error
	forms := []struct {
		name  string
		write func() int
	}{
		{"comment for GitHub", func() int { return len(review.Markdown(doc, review.MarkdownOptions{Forge: "github"})) }},
		{"comment for GitLab", func() int { return len(review.Markdown(doc, review.MarkdownOptions{Forge: "gitlab"})) }},
		{"text, every property", func() int { return len(review.Join(review.Text(doc, review.TextOptions{Width: 100}))) }},
		{"JSON", func() int {
			text.Reset()
			failed = review.Encode(&text, review.JSON(doc))
			return text.Len()
		}},
		{"read JSON back", func() int {
			_, failed = review.Parse(written)
			return len(written)
		}},
	}
	t := table{title: fmt.Sprintf("A review of %d stacks × %d changes, written", stacks, changes), head: []string{"form", "median", "bytes"}}
	for _, f := range forms {
		var took []time.Duration
		size := 0
		for range runs {
			begin := time.Now()
			size = f.write()
			took = append(took, time.Since(begin))
			if failed != nil {
				return nil, failed
			}
		}
		t.add(f.name, millis(median(took)), fmt.Sprint(size))
	}
	return []table{t}, nil
}

// wideReview makes a review in which every stack changes in its own way, and two
// resources of each are lost.
func wideReview(stacks, changes int) review.Document {
	types := []string{"aws:ec2/subnet:Subnet", "aws:iam/role:Role", "aws:sqs/queue:Queue", "aws:lambda/function:Function", "aws:s3/bucket:Bucket"}
	doc := review.Document{Verb: review.Preview, Head: gitops.Revision{SHA: "4f2c9d1b8e7a60c3d2f1e0b9a8c7d6e5f4a3b2c1"}, Environments: []string{"dev", "staging", "production", "dr"}}
	for i := range stacks {
		id := gitops.StackID{Name: fmt.Sprintf("service-%03d", i/4), Environment: doc.Environments[i%4]}
		set := gitops.ChangeSet{Stack: id, Same: 40}
		root := "urn:pulumi:" + id.PulumiName() + "::acme::"
		for j := range changes {
			typ, name := types[j%len(types)], fmt.Sprintf("part-%03d-%d", j, i)
			ch := gitops.Change{
				URN: root + "trunkline:service:Service$" + typ + "::" + name, Parent: root + "trunkline:service:Service::main",
				Type: typ, Name: name, Op: gitops.OpUpdate, Source: fmt.Sprintf("stacks/service/service.go:%d", j),
				Diff: []gitops.PropertyChange{
					{Path: "description", Kind: "update", Old: fmt.Sprintf("part %d", j), New: fmt.Sprintf("part %d of %d", j, i)},
					{Path: "tags", Kind: "update", Old: map[string]any{"Owner": "a"}, New: map[string]any{"Owner": "b"}},
				},
			}
			switch j {
			case 0:
				ch.Op, ch.Diff[0].Kind = gitops.OpReplace, "update-replace"
			case 1:
				ch.Op, ch.Diff = gitops.OpDelete, nil
			}
			set.Changes = append(set.Changes, ch)
		}
		doc.Stacks = append(doc.Stacks, gitops.RunResult{Stack: id, State: gitops.RunSucceeded, Changes: set.Canonical(),
			Reasons: []gitops.Reason{{Kind: "package", Detail: "components/service"}}})
	}
	return doc
}
