package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// importRow is of what exists before Trunkline: made with the AWS CLI, and
// adopted into a stack.
func importRow() row {
	return row{name: "import", slow: true, plot: func(s *story) plot { return &adoption{checkout: &checkout{story: s}} }} // its queue
}

// adoption is the plot of the row import.
type adoption struct {
	*checkout
	queue string // its URL
}

func (a *adoption) steps() []step {
	return []step{
		{"clone", a.clone},
		{"made with the AWS CLI", a.made},
		{"import of a queue", a.one},
		{"preview after the import", a.settles},
		{"import of a bucket and its parts", a.many},
		{"preview after the second import", a.settles},
		{"update of what is left", a.up()},
		{"second preview", a.same},
		{"refresh without drift", a.undrifted},
		{"unprotect", a.unprotect},
	}
}

func (a *adoption) last() []step { return []step{{"destroy", a.destroy}, {"nothing left", a.empty}} }

const (
	jobsFile = "stacks/jobs/jobs.go"
	jobs     = `// Package jobs is a stack that adopts what exists.
package jobs

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/estate"
)

// Config is what an environment can choose.
type Config struct{}

// Outputs is what other stacks can use.
type Outputs struct{}

// Stack is the stack.
var Stack = estate.Define("jobs", build)

func build(ctx *pulumi.Context, _ estate.Environment, _ Config) (*Outputs, error) {
	return &Outputs{}, errors.Join()
}
`
)

// clone leaves one stack, in which nothing is.
func (a *adoption) clone(ctx context.Context) error {
	if err := a.open(ctx); err != nil {
		return err
	}
	if err := a.change(devFile, func(text string) string {
		before, _, _ := strings.Cut(text, "\nstacks:\n")
		return before + "\nstacks:\n  jobs: {}\n"
	}); err != nil {
		return err
	}
	if err := os.Mkdir(filepath.Join(a.dir, "stacks", "jobs"), 0o755); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(a.dir, filepath.FromSlash(jobsFile)), []byte(jobs), 0o644),
		a.replace("stacks/main.go", "estate.Main(", "estate.Main(jobs.Stack, "),
		a.replace("stacks/main.go", "import (\n", "import (\n\t\"github.com/trunkline-dev/trunkline/stacks/jobs\"\n"),
	)
}

// made makes a queue and a bucket. A queue for which nobody says how large
// messages may be takes 1 MiB, which this version of the provider refuses.
func (a *adoption) made(ctx context.Context) error {
	made, err := a.world.emulator.aws(ctx, "sqs", "create-queue", "--queue-name", "legacy-jobs",
		"--attributes", "VisibilityTimeout=45,MaximumMessageSize=262144", "--query", "QueueUrl")
	if err != nil {
		return err
	}
	a.queue = fmt.Sprint(made)
	a.types["aws:sqs/queue:Queue"], a.types["aws:s3/bucketV2:BucketV2"] = true, true
	for _, command := range []string{
		"s3api create-bucket --bucket legacy-files --create-bucket-configuration LocationConstraint=" + region,
		"s3api put-bucket-versioning --bucket legacy-files --versioning-configuration Status=Enabled",
		"s3api put-public-access-block --bucket legacy-files --public-access-block-configuration BlockPublicAcls=true,RestrictPublicBuckets=true",
	} {
		if _, err := a.world.emulator.aws(ctx, strings.Fields(command)...); err != nil {
			return err
		}
	}
	return nil
}

// one adopts the queue; the Go is what the command prints.
func (a *adoption) one(ctx context.Context) error {
	printed, err := a.run(ctx, 0, "import", "-e", "dev", "-s", "jobs", "aws:sqs/queue:Queue", "work", a.queue, "--yes")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(a.dir, "stacks", "jobs", "work.go"), printed, 0o644); err != nil {
		return err
	}
	return a.replace(jobsFile, "errors.Join(", "errors.Join(adoptWork(ctx), ")
}

// many adopts what a file lists; the command writes the Go.
func (a *adoption) many(ctx context.Context) error {
	list := filepath.Join(a.dir, "files.yaml")
	if err := os.WriteFile(list, []byte(`files: aws:s3/bucketV2:BucketV2 legacy-files
versions: aws:s3/bucketVersioningV2:BucketVersioningV2 legacy-files
private: aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock legacy-files
`), 0o644); err != nil {
		return err
	}
	if _, err := a.run(ctx, 0, "import", "-e", "dev", "-s", "jobs", "--file", list, "--yes", "--out", "stacks/jobs/files.go"); err != nil {
		return err
	}
	return a.replace(jobsFile, "errors.Join(", "errors.Join(adoptFiles(ctx), ")
}

// settles previews what was adopted: it only gets the tags of its environment,
// and what the provider keeps in the state alone.
func (a *adoption) settles(ctx context.Context) error {
	changes, err := a.changes(ctx, "preview")
	for _, c := range changes {
		if c.op != "update" || slices.ContainsFunc(c.paths, func(path string) bool {
			return path != "forceDestroy" && !strings.HasPrefix(path, "tagsAll")
		}) {
			a.problem("", c.String())
		}
	}
	return err
}

func (a *adoption) undrifted(ctx context.Context) error {
	changes, err := a.changes(ctx, "drift")
	for _, c := range changes {
		a.problem("", c.String())
	}
	return err
}

// unprotect lets what was adopted be destroyed.
func (a *adoption) unprotect(ctx context.Context) error {
	for _, name := range []string{"work.go", "files.go"} {
		if err := a.change("stacks/jobs/"+name, func(text string) string {
			return strings.ReplaceAll(text, "pulumi.Protect(true)", "pulumi.Protect(false)")
		}); err != nil {
			return err
		}
	}
	return a.up()(ctx)
}
