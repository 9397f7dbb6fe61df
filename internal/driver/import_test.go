package driver

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optimport"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestShortImportFileNamesTypeAndID(t *testing.T) {
	t.Parallel()
	got, err := ParseImports("many.yaml", []byte("# two of them\nwork: aws:sqs/queue:Queue https://sqs/work\nrule: aws:x/y:Y  an ID with spaces\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Imports{Resources: []*optimport.ImportResource{
		{Name: "work", Type: "aws:sqs/queue:Queue", ID: "https://sqs/work"}, {Name: "rule", Type: "aws:x/y:Y", ID: "an ID with spaces"},
	}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestImportFileOfPulumiIsReadInJSONAndYAML(t *testing.T) {
	t.Parallel()
	want := Imports{NameTable: map[string]string{"top": "urn:pulumi:a::b::c::d"}, Resources: []*optimport.ImportResource{
		{Type: "aws:sqs/queue:Queue", Name: "work", ID: "x", Parent: "top"}, {Type: "shop:index:Till", Name: "till", LogicalName: "till", Component: true},
	}}
	for file, text := range map[string]string{
		"many.json": `{"nameTable": {"top": "urn:pulumi:a::b::c::d"}, "resources": [
			{"type": "aws:sqs/queue:Queue", "name": "work", "id": "x", "parent": "top"}, {"type": "shop:index:Till", "logicalName": "till", "component": true}]}`,
		"many.yaml": "nameTable: {top: 'urn:pulumi:a::b::c::d'}\nresources:\n- {type: 'aws:sqs/queue:Queue', name: work, id: x, parent: top}\n- {type: 'shop:index:Till', logicalName: till, component: true}\n",
	} {
		got, err := ParseImports(file, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

func TestWrongImportFileIsRefusedWithAllReasons(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                      "it names no resource",
		"resources: []":         "it names no resource",
		"- a":                   "this is no import file",
		"work: 7":               `work: want "TYPE ID"`,
		"resources: [{nam: a}]": "nam",
		"resources: [null]":     "resource 1 is empty",
		"resources: [{id: x}]":  "needs a type and a name",
		"resources: [{type: t, name: a, id: x}, {type: u, name: a}]": `two resources have the name "a"`,
		"resources: [{type: u, name: a}]":                            `u "a" has no ID`,
	} {
		_, err := ParseImports("many.yaml", []byte(text))
		if gitops.KindOf(err) != gitops.Invalid || err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "many.yaml") {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzParseImports(f *testing.F) {
	f.Add([]byte("work: aws:sqs/queue:Queue x\n"))
	f.Add([]byte(`{"resources": [{"type": "t", "name": "n", "id": "x"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		im, err := ParseImports("f", text)
		if err == nil && len(im.Resources) == 0 {
			t.Error("nothing is named, and nothing is wrong")
		}
		if err != nil && gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("kind of %v", err)
		}
		for _, r := range im.Resources {
			if r.Type == "" || r.Name == "" {
				t.Errorf("%+v was accepted", r)
			}
		}
	})
}

func TestResourceOfAnotherStackIsNotTaken(t *testing.T) {
	t.Parallel()
	there := gitops.StackID{Name: "data", Environment: "dev"}
	resources := []stateResource{
		{URN: "urn:pulumi:data.dev::shop::shop:Queue$aws:sqs/queue:Queue::work", Type: "aws:sqs/queue:Queue", ID: "x"},
		{URN: "urn:pulumi:data.dev::shop::aws:iam/role:Role::deploy", Type: "aws:iam/role:Role", ID: "deploy", Outputs: map[string]any{"arn": "arn:aws:iam::1:role/deploy"}},
	}
	want := func(typ, id string) Imports {
		return Imports{Resources: []*optimport.ImportResource{{Type: typ, Name: "n", ID: id}}}
	}
	for _, c := range []struct {
		name   string
		im     Imports
		within reach
		taken  bool
	}{
		{"in the same region", want("aws:sqs/queue:Queue", "x"), everything, true},
		{"in another region", want("aws:sqs/queue:Queue", "x"), global, false},
		{"of no region", want("aws:iam/role:Role", "deploy"), global, true},
		{"of another type", want("aws:sns/topic:Topic", "x"), everything, false},
		{"with another ID", want("aws:sqs/queue:Queue", "y"), everything, false},
	} {
		err := owned(there, resources, c.im, c.within)
		if (err != nil) != c.taken {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
}

func TestOnlyStacksOfTheSameAccountShareResources(t *testing.T) {
	t.Parallel()
	env := func(account, region string) *environments.Environment {
		return &environments.Environment{Cloud: environments.Cloud{Provider: "aws", Account: account, Region: region}}
	}
	for _, c := range []struct {
		other *environments.Environment
		want  reach
	}{{env("1", "eu-west-1"), everything}, {env("1", "us-east-1"), global}, {env("2", "eu-west-1"), nothing}} {
		if got := reachOf(env("1", "eu-west-1"), c.other); got != c.want {
			t.Errorf("%+v: got %d, want %d", c.other.Cloud, got, c.want)
		}
	}
}

func TestNameOfTheStackIsNotGivenTwice(t *testing.T) {
	t.Parallel()
	id := gitops.StackID{Name: "data", Environment: "dev"}
	own := []stateResource{
		{URN: "urn:pulumi:data.dev::shop::aws:sqs/queue:Queue::work", Type: "aws:sqs/queue:Queue", ID: "x"},
		{URN: "urn:pulumi:data.dev::shop::shop:Queue$aws:sqs/queue:Queue::inner", Type: "aws:sqs/queue:Queue", ID: "y"},
	}
	for name, free := range map[string]bool{"work": false, "inner": true, "other": true} {
		err := nameFree(id, own, &optimport.ImportResource{Type: "aws:sqs/queue:Queue", Name: name, ID: "z"})
		if (err == nil) != free {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
