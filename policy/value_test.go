package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/policy"
)

var resource = policy.Change{Op: policy.Update,
	OldInputs: map[string]any{"size": 1.0, "same": "x", "secret": policy.Masked, "gone": true},
	NewInputs: map[string]any{
		"name": "files", "size": 2.0, "half": 1.5, "on": true, "text": "true", "same": "x", "null": nil,
		"secret": policy.Masked, "later": policy.Unknown, "arn": "arn:aws:" + policy.Unknown + ":x",
		"rules": []any{map[string]any{"port": 22.0, "from": policy.Unknown}, policy.Unknown},
		"tags":  map[string]any{"a": "1", "cost.center": "42", "__defaults": []any{}},
	}}

func TestAValueIsThereNotThereOrUnclear(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][2]policy.Answer{ // whether it is there, and as a text
		"name":                {policy.Yes, policy.Yes},
		"size":                {policy.Yes, policy.Yes},
		"missing":             {policy.No, policy.No},
		"null":                {policy.No, policy.No},
		"missing.part":        {policy.No, policy.No},
		"secret":              {policy.Yes, policy.Unclear},
		"secret.part":         {policy.Unclear, policy.Unclear},
		"later":               {policy.Yes, policy.Unclear},
		"later[0].part":       {policy.Unclear, policy.Unclear},
		"arn":                 {policy.Yes, policy.Unclear},
		"rules":               {policy.Yes, policy.Unclear}, // it is no text
		"rules[0].port":       {policy.Yes, policy.Yes},
		"rules[0].from":       {policy.Yes, policy.Unclear},
		"rules[1].port":       {policy.Unclear, policy.Unclear},
		"rules[2].port":       {policy.No, policy.No},
		`tags["cost.center"]`: {policy.Yes, policy.Yes},
		"name.part":           {policy.Unclear, policy.Unclear}, // a text has no parts
	} {
		v := resource.New(path)
		_, text := v.Text()
		if got := [2]policy.Answer{v.There(), text}; got != want {
			t.Errorf("%s: there %s and text %s, want %s and %s", path, got[0], got[1], want[0], want[1])
		}
		if v.Path() != path {
			t.Errorf("path of %s is %s", path, v.Path())
		}
	}
}

func TestATypedGetterReadsItsTypeAndNeverAZeroInstead(t *testing.T) {
	t.Parallel()
	if n, a := resource.New("size").Int(); n != 2 || a != policy.Yes {
		t.Error(n, a)
	}
	if n, a := resource.New("half").Number(); n != 1.5 || a != policy.Yes {
		t.Error(n, a)
	}
	if b, a := resource.New("text").Bool(); !b || a != policy.Yes {
		t.Error(b, a)
	}
	if text, a := resource.New("on").Text(); text != "true" || a != policy.Yes {
		t.Error(text, a)
	}
	for what, a := range map[string]policy.Answer{
		"half as int":    second(resource.New("half").Int()),
		"name as bool":   second(resource.New("name").Bool()),
		"name as number": second(resource.New("name").Number()),
		"name as list":   second(resource.New("name").List()),
		"name as map":    second(resource.New("name").Map()),
		"later as list":  second(resource.New("later").List()),
		"secret as bool": second(resource.New("secret").Bool()),
		"later true":     resource.New("later").True(),
		"arn is":         resource.New("arn").Is("arn:aws:x"),
	} {
		if a != policy.Unclear {
			t.Errorf("%s: %s", what, a)
		}
	}
	if a := second(resource.New("missing").List()); a != policy.No {
		t.Error("a list that is not there:", a)
	}
	list, _ := resource.New("rules").List()
	if a := list[1].At("port").There(); len(list) != 2 || a != policy.Unclear || list[0].At("port").String() != "22" {
		t.Error(list)
	}
	tags, _ := resource.New("tags").Map()
	if len(tags) != 2 || tags["cost.center"].Path() != `tags["cost.center"]` {
		t.Error(tags)
	}
}

func second[T any](_ T, a policy.Answer) policy.Answer { return a }

func TestWhyAValueIsUnclearIsSaid(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, path := range []string{"secret", "later", "arn", "rules", "secret.part", "rules[1].port", "name.part"} {
		got[path] = resource.New(path).Why()
	}
	want := map[string]string{
		"secret": "secret is secret", "later": "later is known only after the update", "arn": "arn is known only after the update",
		"rules": "rules is not of the type that was expected", "secret.part": "secret.part is secret",
		"rules[1].port": "rules[1].port is known only after the update", "name.part": "name.part is not of the type that was expected",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatChangedIsUnclearWhereASideIs(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]policy.Answer{
		"size": policy.Yes, "same": policy.No, "missing": policy.No, "gone": policy.Yes, "name": policy.Yes,
		"secret": policy.Unclear, "later": policy.Unclear, "rules": policy.Unclear,
	} {
		if got := resource.Changed(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestWhatIsNotKnownOfAPartialResourceIsUnclear(t *testing.T) {
	t.Parallel()
	c := policy.Change{Op: policy.Update, Partial: true, NewInputs: map[string]any{"tags.Owner": "ann", "size": 2.0, "gone": nil, "list": []any{}}}
	for path, want := range map[string]policy.Answer{
		"tags.Owner": policy.Yes, "tags": policy.Unclear, "tags.Other": policy.Unclear, "size": policy.Yes,
		"gone": policy.No, "list": policy.Yes, "list[0]": policy.No, "other": policy.Unclear,
	} {
		if got := c.New(path).There(); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestTheEmptyPathIsTheWhole(t *testing.T) {
	t.Parallel()
	if m, a := resource.New("").Map(); a != policy.Yes || m["name"].String() != `"files"` {
		t.Error(m, a)
	}
}

func TestPathsThatAreNonePanic(t *testing.T) {
	t.Parallel()
	for _, path := range []string{".", "a.", "a..b", "a[", "a[x]", "a[-1]", `a["]`, `a[""]`, "a[0]b", ".a", "a.[0]"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken for a path", path)
				}
			}()
			policy.Change{NewInputs: map[string]any{"a": "x"}}.New(path)
		}()
	}
}

func FuzzPathsAndValues(f *testing.F) {
	f.Add(`{"a":{"b.c":[1,"[secret]"]}}`, `a["b.c"][1]`)
	f.Add(`{"a":"[unknown]"}`, `a.b[0]`)
	f.Fuzz(func(t *testing.T, text, path string) {
		var inputs map[string]any
		if json.Unmarshal([]byte(text), &inputs) != nil {
			return
		}
		v, ok := try(policy.Change{NewInputs: inputs}, path)
		if !ok {
			return
		}
		// A value reads as one type, and as nothing when it is not there.
		yes := 0
		for _, a := range []policy.Answer{second(v.Text()), second(v.List()), second(v.Map())} {
			if a == policy.Yes {
				yes++
			}
		}
		if yes > 1 || v.There() == policy.No && yes > 0 {
			t.Errorf("%s in %s: %d types, there %s", path, text, yes, v.There())
		}
		if again, _ := try(policy.Change{NewInputs: inputs}, v.Path()); again.String() != v.String() {
			t.Errorf("%s leads to %s, its own path %s to %s", path, v, v.Path(), again)
		}
	})
}

// try reads a path that may be none.
func try(c policy.Change, path string) (v policy.Value, ok bool) {
	defer func() { ok = recover() == nil }()
	return c.New(path), true
}

func TestPatterns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"dev", "dev", true}, {"dev", "dev2", false}, {"*", "", true}, {"*", "a/b", true}, {"", "", true}, {"", "a", false},
		{"dev*", "dev-eu", true}, {"*eu", "dev-eu", true}, {"d*-*u", "dev-eu", true}, {"aws:s3/*", "aws:s3/bucket:Bucket", true},
		{"a*a", "a", false}, {"a*b*a", "aba", true}, {"a*b*a", "aa", false}, {"**", "x", true}, {"[d]ev", "dev", false},
	} {
		if got := policy.Match(c.pattern, c.text); got != c.want {
			t.Errorf("%q on %q: %v", c.pattern, c.text, got)
		}
	}
}
