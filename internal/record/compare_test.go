package record_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
)

var data = gitops.StackID{Name: "data", Environment: "dev"}

func urn(types, name string) string {
	return "urn:pulumi:data.dev::shop::" + types + "::" + name
}

const (
	queueType  = "aws:sqs/queue:Queue"
	policyType = "aws:sqs/queuePolicy:QueuePolicy"
)

// queue is a registration with an input that says which of its kind it is.
func queue(name string) record.Resource {
	return record.Resource{URN: urn(queueType, name), Type: queueType, Name: name,
		Inputs: map[string]any{"delaySeconds": 5.0, "tags": map[string]any{"Name": name}}}
}

func token(r record.Resource, path string) string {
	return record.Token(record.Kind(r.Type), r.Name, r.URN, path)
}

func of(resources ...record.Resource) record.Recording {
	slices.SortFunc(resources, func(a, b record.Resource) int { return strings.Compare(a.URN, b.URN) })
	return record.Recording{Stack: data, Resources: resources, Outputs: map[string]any{}}
}

// verdict fails the test unless the comparison has the verdict.
func verdict(t *testing.T, c record.Comparison, want record.Verdict) {
	t.Helper()
	if c.Verdict != want {
		t.Errorf("the verdict is %s, want %s: %+v", c.Verdict, want, c)
	}
}

func TestTheSameRegistrationsAreTheSame(t *testing.T) {
	t.Parallel()
	c := record.Compare(of(queue("jobs"), queue("mail")), of(queue("mail"), queue("jobs")))
	verdict(t, c, record.Same)
	if got := c.Summary(); got != "same resources" {
		t.Errorf("the summary is %q", got)
	}
}

func TestWhatIsNewGoneAndOtherIsTold(t *testing.T) {
	t.Parallel()
	other := queue("mail")
	other.Inputs = map[string]any{"delaySeconds": 6.0, "tags": map[string]any{"Name": "mail", "a.b": "c"}, "fifoQueue": true}
	other.Source = "stacks/data/data.go:12"
	c := record.Compare(of(queue("jobs"), queue("mail")), of(other, queue("work")))
	verdict(t, c, record.Different)
	want := []gitops.Change{
		{URN: urn(queueType, "jobs"), Type: queueType, Name: "jobs", Op: gitops.OpDelete},
		{URN: urn(queueType, "mail"), Type: queueType, Name: "mail", Op: gitops.OpUpdate, Source: "stacks/data/data.go:12", Diff: []gitops.PropertyChange{
			{Path: "delaySeconds", Kind: "update", Old: 5.0, New: 6.0},
			{Path: "fifoQueue", Kind: "add", New: true},
			{Path: `tags["a.b"]`, Kind: "add", New: "c"},
		}},
		{URN: urn(queueType, "work"), Type: queueType, Name: "work", Op: gitops.OpCreate, Diff: []gitops.PropertyChange{
			{Path: "delaySeconds", Kind: "add", New: 5.0},
			{Path: "tags", Kind: "add", New: map[string]any{"Name": "work"}},
		}},
	}
	if d := cmp.Diff(want, c.Changes); d != "" {
		t.Errorf("changes (-want +got):\n%s", d)
	}
	if got := c.Summary(); got != "1 created, 1 changed, 1 deleted" {
		t.Errorf("the summary is %q", got)
	}
	if len(c.Hints) != 1 || c.Hints[0] != (record.Hint{From: urn(queueType, "jobs"), To: urn(queueType, "work"), Equal: 1, Inputs: 2}) {
		t.Errorf("the new queue looks like the old one, hints are %+v", c.Hints)
	}
}

// TestAnAliasMakesARenamedResourceTheSame also follows the name into the
// resources that use it, and the children into their new parent.
func TestAnAliasMakesARenamedResourceTheSame(t *testing.T) {
	t.Parallel()
	const component = "shop:queue:Work"
	estate := func(name string, aliases ...record.Alias) record.Recording {
		top := record.Resource{URN: urn(component, name), Type: component, Name: name, Inputs: map[string]any{}, Aliases: aliases}
		child := record.Resource{URN: urn(component+"$"+queueType, name+"-dead"), Type: queueType, Name: name + "-dead", Parent: top.URN,
			Inputs: map[string]any{"fifoQueue": true}}
		uses := record.Resource{URN: urn(policyType, "policy"), Type: policyType, Name: "policy",
			Inputs: map[string]any{"policy": `{"Resource":"arn:aws:sqs:eu-west-1:1:` + token(child, "arn") + `"}`},
			Links:  map[string][]string{"dependsOn": {child.URN}}}
		return of(top, child, uses)
	}
	verdict(t, record.Compare(estate("jobs"), estate("work")), record.Different)
	c := record.Compare(estate("jobs"), estate("work", record.Alias{Name: "jobs"}))
	verdict(t, c, record.Same)
	want := map[string]string{
		urn(component, "work"):                    urn(component, "jobs"),
		urn(component+"$"+queueType, "work-dead"): urn(component+"$"+queueType, "jobs-dead"),
	}
	if d := cmp.Diff(want, c.Renamed); d != "" {
		t.Errorf("renamed (-want +got):\n%s", d)
	}
	verdict(t, record.Compare(estate("work", record.Alias{Name: "jobs"}), estate("work")), record.Different)
}

func TestARenamedResourceIsFollowedIntoStacksThatReadItsOwn(t *testing.T) {
	t.Parallel()
	app := gitops.StackID{Name: "app", Environment: "dev"}
	estate := func(q record.Resource) map[gitops.StackID]record.Recording {
		server := record.Resource{URN: "urn:pulumi:app.dev::shop::aws:ec2/instance:Instance::server", Type: "aws:ec2/instance:Instance", Name: "server",
			Inputs: map[string]any{"userData": "QUEUE=" + token(q, "url")}}
		return map[gitops.StackID]record.Recording{data: of(q), app: {Stack: app, Resources: []record.Resource{server}, Outputs: map[string]any{}}}
	}
	work := queue("work")
	work.Inputs, work.Aliases = queue("jobs").Inputs, []record.Alias{{Name: "jobs"}}
	for _, c := range record.CompareAll(estate(queue("jobs")), estate(work)) {
		verdict(t, c, record.Same)
	}
}

func TestAnIncompleteRecordingDecidesNothing(t *testing.T) {
	t.Parallel()
	half := of(queue("jobs"))
	half.Gaps = []record.Gap{{What: "aws:ec2/getVpc:getVpc needs an answer of the cloud", Where: "stacks/data/data.go:9"}}
	for _, pair := range [][2]record.Recording{{half, half}, {of(queue("jobs"), queue("mail")), half}, {half, of(queue("jobs"), queue("mail"))}} {
		c := record.Compare(pair[0], pair[1])
		verdict(t, c, record.Undecided)
		if len(c.Changes) > 0 {
			t.Errorf("what was not seen counts as a change: %+v", c.Changes)
		}
		if !strings.Contains(c.Summary(), "cannot tell: ") || !strings.Contains(c.Summary(), "getVpc") {
			t.Errorf("the summary is %q", c.Summary())
		}
	}
}

func TestWhatIsUnknownDecidesNothing(t *testing.T) {
	t.Parallel()
	with := func(name string, v any) record.Recording {
		q := queue("jobs")
		q.Inputs[name] = v
		return of(q)
	}
	dark := with("policy", map[string]any{"Statement": []any{record.Unknown{}}})
	c := record.Compare(dark, dark)
	verdict(t, c, record.Undecided)
	if want := []string{"queue jobs policy.Statement[0] is not known before the update"}; !slices.Equal(c.Why, want) {
		t.Errorf("the reasons are %q, want %q", c.Why, want)
	}
	verdict(t, record.Compare(with("policy", "x"), with("policy", record.Unknown{})), record.Undecided)
	other := with("policy", record.Unknown{})
	other.Resources[0].Inputs["delaySeconds"] = 9.0
	verdict(t, record.Compare(dark, other), record.Different)
	secret := with("policy", record.Secret{Value: record.Unknown{}})
	verdict(t, record.Compare(secret, secret), record.Undecided)
	outputs := of(queue("jobs"))
	outputs.Outputs = map[string]any{"ids": []any{record.Unknown{}}}
	verdict(t, record.Compare(outputs, outputs), record.Undecided)
}

func TestAnAssumptionThatBothShareIsSaid(t *testing.T) {
	t.Parallel()
	zones := record.Call{Function: "aws:index/getAvailabilityZones:getAvailabilityZones", Args: "{}"}
	assumed := of(queue("jobs"))
	assumed.Assumed = []record.Call{zones}
	c := record.Compare(assumed, assumed)
	verdict(t, c, record.Same)
	if !slices.Equal(c.Assumed, []record.Call{zones}) {
		t.Errorf("assumed is %v", c.Assumed)
	}
	verdict(t, record.Compare(of(queue("jobs")), assumed), record.Undecided)
}

func TestAnotherProviderIsADifference(t *testing.T) {
	t.Parallel()
	in := func(region string) record.Recording {
		r := of(queue("jobs"))
		r.Providers = map[string]string{"aws:region": region}
		return r
	}
	c := record.Compare(in("eu-west-1"), in("eu-west-2"))
	verdict(t, c, record.Different)
	if c.Summary() != "another provider" {
		t.Errorf("the summary is %q", c.Summary())
	}
}

func TestASecretIsComparedAndNeverShown(t *testing.T) {
	t.Parallel()
	with := func(v any) record.Recording {
		q := queue("jobs")
		q.Inputs["policy"] = v
		r := of(q)
		r.Outputs = map[string]any{"policy": v}
		return r
	}
	hush := func(s string) any { return record.Secret{Value: map[string]any{"key": s}} }
	verdict(t, record.Compare(with(hush("canary-1")), with(hush("canary-1"))), record.Same)
	c := record.Compare(with(hush("canary-1")), with(hush("canary-2")))
	verdict(t, c, record.Different)
	verdict(t, record.Compare(with(hush("canary-1")), with(map[string]any{"key": "canary-1"})), record.Different)
	created := record.Compare(of(), with(hush("canary-1")))
	for _, v := range []any{c, created, with(hush("canary-1"))} {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "canary") || strings.Contains(fmt.Sprintf("%v %+v %#v", v, v, v), "canary") {
			t.Errorf("a secret is shown: %s", text)
		}
	}
}

func TestAStackThatOneRevisionDoesNotHaveIsAllNewOrAllGone(t *testing.T) {
	t.Parallel()
	there := map[gitops.StackID]record.Recording{data: of(queue("jobs"))}
	added, removed := record.CompareAll(nil, there)[0], record.CompareAll(there, nil)[0]
	if added.Summary() != "1 created" || removed.Summary() != "1 deleted" || removed.StackID != data {
		t.Errorf("added: %s; removed: %s of %s", added.Summary(), removed.Summary(), removed.StackID)
	}
}

// graph draws a recording: components with children, options and links.
func graph(t *rapid.T) record.Recording {
	word := rapid.StringMatching(`[a-z]{1,6}`)
	var list []record.Resource
	for i := range rapid.IntRange(1, 8).Draw(t, "resources") {
		r := record.Resource{Type: queueType, Name: fmt.Sprint("r", i), Inputs: map[string]any{}, Options: map[string]any{}, Links: map[string][]string{}}
		r.URN = urn(r.Type, r.Name)
		if above := rapid.IntRange(0, i).Draw(t, "parent"); above < i {
			r.Parent = list[above].URN
			r.URN = urn(strings.Split(r.Parent, "::")[2]+"$"+r.Type, r.Name)
		}
		for range rapid.IntRange(0, 3).Draw(t, "inputs") {
			r.Inputs[word.Draw(t, "input")] = value(t, list, 2)
		}
		if rapid.Bool().Draw(t, "option") {
			r.Options["protect"] = true
		}
		if len(list) > 0 && rapid.Bool().Draw(t, "link") {
			r.Links["dependsOn"] = []string{list[rapid.IntRange(0, len(list)-1).Draw(t, "to")].URN}
		}
		list = append(list, r)
	}
	out := of(list...)
	out.Outputs["out"] = value(t, list, 1)
	return out
}

// value draws a known value, among them tokens of earlier resources.
func value(t *rapid.T, list []record.Resource, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 7
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.Bool().Draw(t, "flag")
	case 1:
		return rapid.Float64Range(0, 9).Draw(t, "number")
	case 2:
		if len(list) > 0 {
			return "x" + token(rapid.SampledFrom(list).Draw(t, "of"), "arn")
		}
		return "x"
	case 4:
		return []any{value(t, list, depth-1)}
	case 5:
		return map[string]any{"k": value(t, list, depth-1)}
	case 6:
		return record.Secret{Value: value(t, list, depth-1)}
	}
	return rapid.String().Draw(t, "text")
}

// mutate changes one thing about one resource.
func mutate(t *rapid.T, r record.Recording) (record.Recording, string) {
	out := r
	out.Resources = slices.Clone(r.Resources)
	one := &out.Resources[rapid.IntRange(0, len(out.Resources)-1).Draw(t, "which")]
	one.Inputs, one.Options, one.Links = maps.Clone(one.Inputs), maps.Clone(one.Options), maps.Clone(one.Links)
	texts := []string{"version", "import", "pluginDownloadURL", "customTimeouts.create", "package"}
	lists := []string{"ignoreChanges", "replaceOnChanges", "additionalSecretOutputs", "hideDiffs"}
	links := []string{"dependsOn", "provider", "deletedWith", "replaceWith"}
	switch rapid.IntRange(0, 8).Draw(t, "change") {
	case 0:
		one.Inputs["another"] = "x"
		return out, "an input"
	case 1:
		for k := range one.Inputs {
			delete(one.Inputs, k)
			return out, "no " + k
		}
		one.Inputs["z"] = false
		return out, "a flag that is false"
	case 2:
		one.Options["retainOnDelete"] = true
		return out, "retainOnDelete"
	case 3:
		k := rapid.SampledFrom(texts).Draw(t, "option")
		one.Options[k] = "x"
		return out, k
	case 4:
		k := rapid.SampledFrom(lists).Draw(t, "option")
		one.Options[k] = []any{"x"}
		return out, k
	case 5:
		k := rapid.SampledFrom(links).Draw(t, "option")
		one.Links[k] = append(slices.Clone(one.Links[k]), urn(queueType, "elsewhere"))
		return out, k
	case 6:
		one.Aliases = []record.Alias{{Name: "once"}}
		return out, "an alias"
	case 7:
		one.Read = !one.Read
		return out, "read"
	}
	out.Outputs = maps.Clone(r.Outputs)
	out.Outputs["another"] = 1.0
	return out, "an output"
}

func TestEveryChangeOfOneInputOrOptionIsSeen(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := graph(t)
		if c := record.Compare(base, base); c.Verdict != record.Same {
			t.Fatalf("a recording is not the same as itself: %+v", c)
		}
		head, what := mutate(t, base)
		if c := record.Compare(base, head); c.Verdict != record.Different {
			t.Fatalf("%s: %+v", what, c)
		}
		if c := record.Compare(head, base); c.Verdict != record.Different {
			t.Fatalf("%s, the other way: %+v", what, c)
		}
	})
}

func TestATokenSurvivesWhatProgramsDoToTexts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, path := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "path")
		text := record.Token("queue", name, urn(queueType, name), path)
		if strings.ContainsAny(text, " :/?#@%,;'\"\\{}[]()|&<>\n\x00$") {
			t.Fatalf("%q has a character that ends something", text)
		}
		if shown := record.Show("a " + text + " b"); strings.Contains(shown, "~") || !strings.HasPrefix(shown, "a ⟨queue ") {
			t.Fatalf("%q is shown as %q", text, shown)
		}
	})
}

func FuzzCompareNeverFails(f *testing.F) {
	f.Add([]byte(`{"resources":[{"urn":"a","parent":"a"},{"urn":"b","parent":"c"}]}`), []byte(`{"resources":[{"urn":"","aliases":[{"parent":"x"}]}]}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var base, head record.Recording
		if json.Unmarshal(a, &base) != nil || json.Unmarshal(b, &head) != nil {
			return
		}
		_ = record.Compare(base, head).Summary()
	})
}
