package ci_test

import (
	"encoding/xml"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// outputs follows actions/runner, src/Runner.Worker/FileCommandManager.cs.
func outputs(t stopper, text string) map[string]string {
	t.Helper()
	out := map[string]string{}
	rest := text
	for rest != "" {
		head, after, _ := strings.Cut(rest, "\n")
		name, end, ok := strings.Cut(head, "<<")
		if !ok {
			t.Fatalf("%q is no output in %q", head, text)
		}
		var value []string
		for {
			line, next, more := strings.Cut(after, "\n")
			if after = next; line == end {
				break
			}
			if !more {
				t.Fatalf("%q does not end in %q", name, text)
			}
			value = append(value, line)
		}
		out[name] = strings.Join(value, "\n")
		rest = after
	}
	return out
}

func TestOutputsCannotEndThemselves(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"a", "\n", "\r", "<<", "EOF", "trunkline_", "word", "1\n", "comment=", "\x00"})).Draw(t, "value"), "")
		got, err := ci.Outputs(map[string]string{"digest": text, "url": "https://x"}, words())
		if err != nil {
			if !strings.Contains(text, "trunkline_word") {
				t.Fatal(err)
			}
			return
		}
		read := outputs(t, got)
		if len(read) != 2 || read["url"] != "https://x" || strings.Count(read["digest"], "\n") != strings.Count(text, "\n") {
			t.Fatalf("%q became %q", text, read)
		}
	})
	if _, err := ci.Outputs(map[string]string{"a=b": ""}, words()); gitops.KindOf(err) != gitops.Bug {
		t.Errorf("error is %v", err)
	}
}

// stopper ends a test.
type stopper interface {
	Helper()
	Fatalf(format string, args ...any)
}

func TestTheReportForGitLabCountsAReplacementTwice(t *testing.T) {
	t.Parallel()
	got := string(ci.PlanReport(gitops.Summary{Create: 1, Update: 2, Replace: 3, Delete: 4, Same: 5}))
	if got != `{"create":4,"update":2,"delete":7}`+"\n" {
		t.Error(got)
	}
}

func TestTheReportOfTestsHasOneForEachStack(t *testing.T) {
	t.Parallel()
	id := func(name string) gitops.StackID { return gitops.StackID{Name: name, Environment: "dev"} }
	results := []gitops.RunResult{
		{Stack: id("network"), State: gitops.RunSucceeded, Took: 1250 * time.Millisecond, Changes: gitops.ChangeSet{Same: 12}},
		{Stack: id("data"), State: gitops.RunSucceeded, Changes: gitops.ChangeSet{Changes: []gitops.Change{{Op: gitops.OpReplace}}}},
		{Stack: id("app"), State: gitops.RunFailed, Err: errors.New("the cluster is gone\nmore"), Diagnostics: []gitops.Diagnostic{
			{Severity: "info", Message: "hello"}, {Severity: "error", Message: "no such cluster\x1b[31m ]]> </testcase>\x00"}}},
		{Stack: id("edge"), State: gitops.RunSkipped, Skipped: "waiting for app"},
	}
	violations := []gitops.Violation{
		{Policy: "no-stateful-deletes", Mandatory: true, Stack: id("data"), Name: "main", Message: "replaces a database", Source: "stacks/data/data.go:41"},
		{Policy: "tags", Stack: id("network"), Message: "no owner"},
		{Policy: "max-replacements", Mandatory: true, Message: "more than 0"},
	}
	got, err := ci.JUnit(results, violations)
	if err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="trunkline" tests="5" failures="2" errors="1" skipped="1" time="1.250">
  <testcase classname="dev" name="network" time="1.250">
    <system-out>0 to create, 0 to update, 0 to replace, 0 to delete, 12 the same</system-out>
  </testcase>
  <testcase classname="dev" name="data" time="0.000">
    <failure message="stacks/data/data.go:41: no-stateful-deletes: main: replaces a database">stacks/data/data.go:41: no-stateful-deletes: main: replaces a database</failure>
    <system-out>0 to create, 0 to update, 1 to replace, 0 to delete, 0 the same</system-out>
  </testcase>
  <testcase classname="dev" name="app" time="0.000">
    <error message="the cluster is gone">no such cluster␛[31m ]]&gt; &lt;/testcase&gt;␀</error>
    <system-out>0 to create, 0 to update, 0 to replace, 0 to delete, 0 the same</system-out>
  </testcase>
  <testcase classname="dev" name="edge" time="0.000">
    <skipped message="waiting for app"></skipped>
    <system-out>0 to create, 0 to update, 0 to replace, 0 to delete, 0 the same</system-out>
  </testcase>
  <testcase classname="policies" name="max-replacements" time="0.000">
    <failure message="max-replacements: more than 0">max-replacements: more than 0</failure>
  </testcase>
</testsuite>
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func FuzzJUnitIsXML(f *testing.F) {
	f.Add("dev", "data", "a\x00b ]]> <x> \xff &amp;", "running")
	f.Fuzz(func(t *testing.T, env, name, text, state string) {
		id := gitops.StackID{Name: name, Environment: env}
		got, err := ci.JUnit([]gitops.RunResult{{Stack: id, State: gitops.RunState(state), Err: errors.New(text), Skipped: text, Diagnostics: []gitops.Diagnostic{{Severity: "error", Message: text}}}},
			[]gitops.Violation{{Mandatory: true, Stack: id, Message: text}, {Mandatory: true, Policy: text}})
		if err != nil {
			t.Fatal(err)
		}
		var suite struct {
			Tests int `xml:"tests,attr"`
			Cases []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		}
		if err := xml.Unmarshal(got, &suite); err != nil || suite.Tests != len(suite.Cases) {
			t.Errorf("%v: %s", err, got)
		}
	})
}
