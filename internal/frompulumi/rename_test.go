package frompulumi

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const exportedState = `{"version":3,"deployment":{"manifest":{"magic":"urn:pulumi:dev::web::x"},"resources":[
 {"urn":"urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev","outputs":{"id":"urn:pulumi:dev::web::a:b:C::d","n":12345678901234567890}},
 {"urn":"urn:pulumi:dev::web::pulumi:providers:aws::default_6_83_2","parent":"urn:pulumi:dev::web::pulumi:pulumi:Stack::web-dev"},
 {"urn":"urn:pulumi:dev::web::a:b:C::d","provider":"urn:pulumi:dev::web::pulumi:providers:aws::default_6_83_2::1-2",
  "propertyDependencies":{"x":["urn:pulumi:dev::web::a:b:C::e"]},
  "inputs":{"name":"dev","other":"urn:pulumi:dev::webshop::a:b:C::d","html":"<a&b>"}}]},"trunkline":{"stack":"x"}}`

func TestEveryURNOfTheStackIsRenamedAndNothingElse(t *testing.T) {
	t.Parallel()
	got, err := Rename([]byte(exportedState), StackName{"web", "dev"}, StackName{"shop", "web.dev"})
	if err != nil {
		t.Fatal(err)
	}
	want := `{"deployment":{"manifest":{"magic":"urn:pulumi:dev::web::x"},"resources":[` +
		`{"outputs":{"id":"urn:pulumi:web.dev::shop::a:b:C::d","n":12345678901234567890},"urn":"urn:pulumi:web.dev::shop::pulumi:pulumi:Stack::shop-web.dev"},` +
		`{"parent":"urn:pulumi:web.dev::shop::pulumi:pulumi:Stack::shop-web.dev","urn":"urn:pulumi:web.dev::shop::pulumi:providers:aws::default_6_83_2"},` +
		`{"inputs":{"html":"<a&b>","name":"dev","other":"urn:pulumi:dev::webshop::a:b:C::d"},` +
		`"propertyDependencies":{"x":["urn:pulumi:web.dev::shop::a:b:C::e"]},` +
		`"provider":"urn:pulumi:web.dev::shop::pulumi:providers:aws::default_6_83_2::1-2","urn":"urn:pulumi:web.dev::shop::a:b:C::d"}]},"version":3}` + "\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsNoExportedStateIsRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "[]", "{}", `{"deployment":7}`, `{"deployment":{}} x`} {
		if _, err := Rename([]byte(text), StackName{"a", "b"}, StackName{"c", "d"}); err == nil || !strings.Contains(err.Error(), "no exported state") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestRenamingThereAndBackIsTheSameState(t *testing.T) {
	t.Parallel()
	name := rapid.StringMatching(`[a-z][a-z0-9.]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a := StackName{"web", "dev"}
		b := StackName{name.Draw(t, "project"), name.Draw(t, "stack")}
		there, err := Rename([]byte(exportedState), a, b)
		if err != nil {
			t.Fatal(err)
		}
		back, err := Rename(there, b, a)
		if err != nil {
			t.Fatal(err)
		}
		var got, want any
		if json.Unmarshal(back, &got) != nil || json.Unmarshal([]byte(exportedState), &want) != nil {
			t.Fatal("no JSON")
		}
		delete(want.(map[string]any), "trunkline")
		if diff := cmp.Diff(want, got); diff != "" && !(b == StackName{"webshop", "dev"}) {
			t.Fatal(diff)
		}
	})
}

func FuzzRename(f *testing.F) {
	f.Add([]byte(exportedState))
	f.Add([]byte(`{"deployment":{"resources":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := Rename(text, StackName{"web", "dev"}, StackName{"shop", "web.dev"})
		if err == nil && !json.Valid(out) {
			t.Errorf("not JSON: %q", out)
		}
	})
}
