package engine

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestPositionIsThePathAsTheCompilerRecordedIt(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"project:///stacks/data/data.go#41":                                            "stacks/data/data.go:41",
		"project:///../../github.com/trunkline-dev/trunkline/stacks/data/data.go#41,7": "github.com/trunkline-dev/trunkline/stacks/data/data.go:41",
		"project:///a%20b.go#1":                                                        "a b.go:1",
		"project:///x.go":                                                              "x.go",
		"":                                                                             "",
		"::%zz":                                                                        "",
	} {
		if got := position(raw); got != want {
			t.Errorf("position(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestAStackReferenceIsReadInAllItsForms(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"net.dev":                        "trunkline/net.dev",
		"organization/net.dev":           "trunkline/net.dev",
		"shared/net.dev":                 "shared/net.dev",
		"organization/trunkline/net.dev": "trunkline/net.dev",
		"organization/shared/net.dev":    "shared/net.dev",
		"acme/shared/net.dev":            "",
		"a/b/c/d":                        "",
		"":                               "",
		"/net.dev":                       "",
	} {
		got, err := parseReference(name, "trunkline")
		if (err != nil) != (want == "") || err == nil && got.String() != want {
			t.Errorf("parseReference(%q) = %s, %v; want %q", name, got, err, want)
		}
	}
}

// propertyValue draws any property value; every string in it that is wrapped in
// a secret is "hush".
func propertyValue(depth int, hidden bool) *rapid.Generator[resource.PropertyValue] {
	return rapid.Custom(func(t *rapid.T) resource.PropertyValue {
		kind := rapid.IntRange(0, 7).Draw(t, "kind")
		if depth == 0 {
			kind %= 4
		}
		text := "plain"
		if hidden {
			text = "hush"
		}
		switch kind {
		case 0:
			return resource.NewProperty(text)
		case 1:
			return resource.NewProperty(rapid.Float64Range(0, 9).Draw(t, "number"))
		case 2:
			return resource.MakeComputed(resource.NewProperty(""))
		case 3:
			return resource.NewNullProperty()
		case 4:
			return resource.MakeSecret(propertyValue(depth-1, true).Draw(t, "secret"))
		case 5:
			secret := rapid.Bool().Draw(t, "secret output")
			return resource.NewProperty(resource.Output{
				Known: true, Secret: secret, Element: propertyValue(depth-1, hidden || secret).Draw(t, "output"),
			})
		case 6:
			return resource.NewProperty(rapid.SliceOfN(propertyValue(depth-1, hidden), 0, 3).Draw(t, "list"))
		}
		m := resource.PropertyMap{}
		for _, k := range []resource.PropertyKey{"a", "b"} {
			m[k] = propertyValue(depth-1, hidden).Draw(t, string(k))
		}
		return resource.NewProperty(m)
	})
}

func TestNoSecretSurvivesInPlainValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := propertyValue(4, false).Draw(t, "value")
		raw, err := json.Marshal(plainer{}.value(v))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "hush") {
			t.Fatalf("%v shows its secret: %s", v, raw)
		}
	})
}

func TestNoSecretSurvivesInADiff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := sides{
			oldInputs: resource.PropertyMap{"p": propertyValue(3, false).Draw(t, "old")},
			newInputs: resource.PropertyMap{"p": propertyValue(3, false).Draw(t, "new")},
		}
		for _, path := range []string{"p", "p.a", "p[0]", "p[1].b", "p.a.b"} {
			c := plainer{}.change(path, inputDiff, s)
			raw, err := json.Marshal(c)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(raw), "hush") {
				t.Fatalf("%s shows a secret: %s", path, raw)
			}
		}
	})
}

func TestAValueThatBecomesSecretIsMaskedOnItsOldSideToo(t *testing.T) {
	t.Parallel()
	s := sides{
		oldInputs: resource.PropertyMap{"p": resource.NewProperty("hush")},
		newInputs: resource.PropertyMap{"p": resource.MakeSecret(resource.NewProperty("hush"))},
	}
	want := gitops.PropertyChange{Path: "p", Kind: "update", Old: gitops.Masked, New: gitops.Masked}
	if diff := cmp.Diff(want, plainer{}.change("p", inputDiff, s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheTextOfSecretConfigurationIsHiddenInsideOtherText(t *testing.T) {
	t.Parallel()
	p := newPlainer([]string{"hunter22", "ab"})
	if got := p.value(resource.NewProperty("postgres://u:hunter22@h/ab")); got != "postgres://u:[secret]@h/ab" {
		t.Errorf("got %v", got)
	}
	p = newPlainer([]string{"hunter", "hunter22"})
	if got := p.text("hunter22 and hunter"); got != "[secret] and [secret]" {
		t.Errorf("the end of a secret that begins like another one stays: %v", got)
	}
}

func FuzzPosition(f *testing.F) {
	f.Add("project:///../../github.com/x/y.go#41,7")
	f.Fuzz(func(t *testing.T, raw string) {
		if got := position(raw); strings.HasPrefix(got, "/") || strings.HasPrefix(got, "../") {
			t.Errorf("position(%q) = %q", raw, got)
		}
	})
}

func FuzzParseReference(f *testing.F) {
	f.Add("organization/trunkline/net.dev")
	f.Fuzz(func(t *testing.T, name string) {
		ref, err := parseReference(name, "trunkline")
		if err == nil && (ref.Project == "" || ref.Stack == "" || strings.Contains(ref.Stack, "/")) {
			t.Errorf("parseReference(%q) = %v", name, ref)
		}
	})
}

func FuzzParseDeployment(f *testing.F) {
	f.Add([]byte(`{"version":3,"deployment":{"manifest":{},"resources":[{"urn":"urn:pulumi:a::b::c:d:E::f","type":"c:d:E","custom":true}]}}`), []byte(`{"kind":1,"operationID":1}`))
	f.Add([]byte(`{"version":4,"features":["refreshBeforeUpdate"],"deployment":{}}`), []byte(`{}`))
	f.Fuzz(func(t *testing.T, raw, entry []byte) {
		d, err := parseDeployment(t.Context(), raw)
		if err != nil {
			return
		}
		_ = pendingOf(d)
		_, _ = replay(d, [][]byte{entry}) // any error will do
	})
}

var inputDiff = plugin.PropertyDiff{Kind: plugin.DiffUpdate, InputDiff: true}
