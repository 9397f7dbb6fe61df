package driver

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var data = gitops.StackID{Name: "data", Environment: "dev"}

func TestAnExportedStateIsToldFromAnOldChangedOrForeignOne(t *testing.T) {
	t.Parallel()
	const plain = "{\n    \"version\": 3,\n    \"deployment\": {\"resources\": [{\"urn\": \"a\"}]}\n}\n"
	out, err := sealed([]byte(plain), data.PulumiName(), 7)
	if err != nil || !json.Valid(out) {
		t.Fatalf("%s, %v", out, err)
	}
	for _, c := range []struct {
		name, file string
		id         gitops.StackID
		present    int64
		want       string
	}{
		{"as exported", string(out), data, 7, ""},
		{"formatted again", strings.ReplaceAll(string(out), " ", ""), data, 7, ""},
		{"the stack is new here", string(out), data, 0, ""},
		{"from Pulumi", plain, data, 9, ""},
		{"older", string(out), data, 8, "at version 8"},
		{"one letter is different", strings.Replace(string(out), `"a"`, `"b"`, 1), data, 7, "edited or damaged"},
		{"of another stack", string(out), gitops.StackID{Name: "app", Environment: "dev"}, 7, "different stack"},
		{"nothing", "", data, 7, "no deployment"},
	} {
		err := checkMark([]byte(c.file), c.id, c.present)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzCheckMark(f *testing.F) {
	f.Add([]byte(`{"version":3,"deployment":{},"trunkline":{"stack":"data.dev","version":2,"sha256":"x"}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if err := checkMark(file, data, 3); err == nil && !json.Valid(file) {
			t.Error("something that is not JSON passes")
		}
	})
}
