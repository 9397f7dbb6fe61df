package program_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
	"github.com/trunkline-dev/trunkline/policy"
)

// judge compiles a program of policies that is written against the kit: table is
// the arguments of policy.Main, more are further declarations.
func judge(t *testing.T, table, more string) program.Binary {
	t.Helper()
	root := t.TempDir()
	write(t, root, map[string]string{
		"go.mod": "module example.com/estate\n\ngo 1.26\n",
		"policies/main.go": "package main\n\nimport (\n\t\"os\"\n\t\"time\"\n\n\t\"example.com/estate/policy\"\n)\n\n" +
			"var _, _ = os.Exit, time.Hour\n\nfunc main() { policy.Main(" + table + ") }\n\n" + more,
	})
	for _, dir := range []string{"policy", "estate/place"} {
		kit, err := filepath.Glob("../../" + dir + "/*.go")
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range kit {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if name := filepath.Base(file); !strings.HasSuffix(name, "_test.go") {
				write(t, root, map[string]string{dir + "/" + name: strings.ReplaceAll(string(text), `"github.com/trunkline-dev/trunkline/`, `"example.com/estate/`)})
			}
		}
	}
	bin, err := newBuilder(t).Build(t.Context(), program.Source{Root: root, Package: "./policies"})
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// proposal creates one bucket in dev.
func proposal() policy.ReviewInput {
	return policy.ReviewInput{Schema: policy.InputSchema, Time: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		Stacks: []policy.Stack{{Name: "site", Environment: "dev", Resources: []policy.Change{
			{URN: "urn:1", Type: "aws:s3/bucketV2:BucketV2", Name: "assets", Op: policy.Create, NewInputs: map[string]any{"acl": "public-read"}},
		}}}}
}

func TestThePoliciesOfAProgramJudge(t *testing.T) {
	t.Parallel()
	bin := judge(t, "public, broken", `
var public = policy.Resource("public", policy.Mandatory, func(c policy.Change, r policy.Reporter) {
	os.Stdout.WriteString("a word without an end")
	if c.New("acl").Is("public-read") == policy.Yes {
		r.Report("it is public; HOME is %t", os.Getenv("AWS_ACCESS_KEY_ID") == "")
	}
}, policy.Doc("Nothing is public."))

var broken = policy.Review("broken", policy.Advisory, func(rev policy.ReviewInput, r policy.Reporter) {
	_ = rev.Stacks[7]
})
`)
	d, err := program.Policies(t.Context(), bin)
	want := policy.Description{Schema: policy.DescriptionSchema, Policies: []policy.Info{
		{Name: "public", Level: policy.Mandatory, Doc: "Nothing is public.", About: policy.AboutChanges, Source: "policies/main.go:15"},
		{Name: "broken", Level: policy.Advisory, About: policy.AboutReview, Source: "policies/main.go:22"},
	}}
	if diff := cmp.Diff(want, d); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	v, err := program.Police(t.Context(), bin, proposal())
	if err != nil || len(v.Violations) != 2 {
		t.Fatalf("%+v, %v", v, err)
	}
	if got := v.Violations[0]; got.Name != "assets" || got.Message != "it is public; HOME is true" {
		t.Errorf("%+v", got)
	}
	if got := v.Violations[1]; !got.Panicked || !strings.Contains(got.Message, "index out of range [7]") || !strings.Contains(got.Message, " at policies/main.go:23 (main.") {
		t.Errorf("%+v", got)
	}
}

func TestAProgramOfPoliciesThatEndsEarlyIsAnErrorAndNeverAPass(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		table, more string
		kind        gitops.Kind
		says        []string
	}{
		"it exits": {"quits", `var quits = policy.Review("quits", policy.Mandatory, func(policy.ReviewInput, policy.Reporter) { os.Exit(0) })`,
			gitops.Invalid, []string{"something else than trunkline.violations/v1"}},
		"a goroutine panics": {"dies", "var dies = policy.Review(\"dies\", policy.Mandatory, func(policy.ReviewInput, policy.Reporter) {\n" +
			"\tgo func() { panic(\"boom\") }()\n\ttime.Sleep(time.Hour)\n})",
			gitops.Failed, []string{"policies/main.go:15: the program of the policies cannot judge", "it panicked: boom"}},
		"the table contradicts itself": {"a, a", `var a = policy.Review("a", policy.Mandatory, func(policy.ReviewInput, policy.Reporter) {})`,
			gitops.Invalid, []string{`policy "a" is already made at policies/main.go:14`}},
		"it leaves one out": {"", "func init() {\n\tif os.Args[1] == \"describe\" {\n" +
			"\t\tos.Stdout.WriteString(`{\"schema\":\"trunkline.policies/v1\",\"policies\":[{\"name\":\"left-out\"}]}`)\n\t\tos.Exit(0)\n\t}\n}",
			gitops.Failed, []string{"did not ask the policy left-out"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := program.Police(t.Context(), judge(t, c.table, c.more), proposal())
			wantError(t, err, c.kind, c.says...)
		})
	}
}

// TestAPolicyReadsNoFilesWhereTheSystemCanKeepItFromThem expects as much as the
// system can.
func TestAPolicyReadsNoFilesWhereTheSystemCanKeepItFromThem(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "state.db")
	write(t, filepath.Dir(file), map[string]string{"state.db": "secret"})
	bin := judge(t, "reads", `var reads = policy.Review("reads", policy.Advisory, func(_ policy.ReviewInput, r policy.Reporter) {
	_, err := os.ReadFile("`+file+`")
	r.Report("read: %t", err == nil)
})`)
	v, err := program.Police(t.Context(), bin, proposal())
	want := fmt.Sprintf("read: %t", program.Isolation() == program.NotIsolated)
	if err != nil || len(v.Violations) != 1 || v.Violations[0].Message != want {
		t.Errorf("%+v, %v, want %s", v, err, want)
	}
}

func TestAPolicyThatHangsIsStopped(t *testing.T) {
	t.Parallel()
	bin := judge(t, "hangs", `var hangs = policy.Review("hangs", policy.Mandatory, func(policy.ReviewInput, policy.Reporter) { time.Sleep(time.Hour) })`)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := program.Police(ctx, bin, proposal())
	wantError(t, err, gitops.Timeout, "the program of the policies did not judge what is proposed within")
}
