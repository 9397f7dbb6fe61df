package frompulumi

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const kitMod = `module github.com/trunkline-dev/trunkline

go 1.26.0

require (
	example.com/kit v1.5.0
	example.com/driver v1.0.0
)
`

func TestGoModTakesTheHigherVersionOfWhatAllNeed(t *testing.T) {
	t.Parallel()
	got, err := GoMod("example.com/shop", map[string][]byte{
		"a": []byte("module a\n\ngo 1.21\n\nrequire (\n\texample.com/kit v1.4.0 // indirect\n\texample.com/x v0.2.0\n)\n\nreplace example.com/x => example.com/y v1.0.0\n"),
		"b": []byte("module b\n\ngo 1.27\n\nrequire example.com/x v0.10.0 // indirect\n\nexclude example.com/z v1.0.0\n"),
	}, []byte(kitMod), []string{"example.com/kit"})
	if err != nil {
		t.Fatal(err)
	}
	want := `module example.com/shop

go 1.27

require (
	example.com/kit v1.5.0
	example.com/x v0.10.0
)

replace example.com/x => example.com/y v1.0.0

exclude example.com/z v1.0.0
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

func TestGoSumHasEachLineOnce(t *testing.T) {
	t.Parallel()
	if got := string(GoSum([]byte("b h1:\na h1:\n"), nil, []byte("a h1:\n\n"))); got != "a h1:\nb h1:\n" {
		t.Errorf("%q", got)
	}
}

func FuzzGoMod(f *testing.F) {
	f.Add([]byte("module a\n\ngo 1.21\n\nrequire x.y/z v1.0.0\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		out, err := GoMod("example.com/shop", map[string][]byte{"a": text}, []byte(kitMod), []string{"example.com/kit"})
		if err == nil && !strings.HasPrefix(string(out), "module example.com/shop\n") {
			t.Errorf("%q", out)
		}
	})
}
