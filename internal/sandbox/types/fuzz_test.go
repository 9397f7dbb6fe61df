package types_test

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// archive returns an archive with one type.
func archive(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.Create("aws:x/y:Y.json")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestDamagedDescriptionsAreErrorsThatSayWhere(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{`:                                    "the sandbox's description of aws:x/y:Y is damaged",
		`{"properties":{"a":{"kind":"rope"}}}`: `a is of the kind "rope"`,
		`{"properties":{"a":{"kind":"list"}}}`: "a[] is described by nothing",
		`{"properties":{"a":null}}`:            "a is described by nothing",
		`{"properties":{"a":{"kind":"object","fields":{"b":null}}}}`:     "a.b is described by nothing",
		`{"properties":{"a":{"kind":"string","pattern":"("}}}`:           "a: pattern: error parsing regexp",
		`{"name":{"property":"a","max":9},"properties":{}}`:              `it is named by "a"`,
		`{"name":{"property":"a"},"properties":{"a":{"kind":"string"}}}`: "of 0 bytes at most",
	} {
		x, err := types.OpenIndex(archive(t, text), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := x.Type("aws:x/y:Y"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}

func TestOverridesThatNameNothingAreErrors(t *testing.T) {
	t.Parallel()
	good := archive(t, `{"properties":{"a":{"kind":"string"}}}`)
	for overrides, want := range map[string]string{
		`{"names":{"aws:x/y:Y":{"property":"b","max":5}}}`: "names: aws:x/y:Y has no property b",
		`{"defaults":{"aws:x/y:Y":{"b":1}}}`:               "defaults: aws:x/y:Y has no property b",
		`{"replaceIf":{"aws:x/y:Y":{"a":"b"}}}`:            "replaceIf: aws:x/y:Y has no property a or no b",
		`{"nmes":{}}`:                                      `unknown field "nmes"`,
	} {
		x, err := types.OpenIndex(good, []byte(overrides))
		if err == nil {
			_, err = x.Type("aws:x/y:Y")
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", overrides, err, want)
		}
	}
}

// Whatever is in an archive, reading it gives types that hold together or an
// error.
func FuzzArchive(f *testing.F) {
	f.Add(archive(f, `{"terraform":"aws_y","properties":{"a":{"kind":"list","of":{"kind":"string","oneOf":["x",1]}}}}`))
	f.Add(archive(f, `{"properties":{"a":{"kind":"list"}}}`))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := types.OpenIndex(b, []byte(`{}`))
		if err != nil {
			return
		}
		if d, err := x.Type("aws:x/y:Y"); err == nil {
			sensibleShape(t, d.Properties)
		}
	})
}

// FuzzDescription spares the fuzzer the compression.
func FuzzDescription(f *testing.F) {
	f.Add(`{"terraform":"aws_y","name":{"property":"a","max":9},"properties":{"a":{"kind":"string","pattern":"^a$"}}}`)
	f.Add(`{"properties":{"a":{"kind":"object","fields":{"b":{"kind":"map","of":{"kind":"any"}}}}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		x, err := types.OpenIndex(archive(t, text), []byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		if d, err := x.Type("aws:x/y:Y"); err == nil {
			sensibleShape(t, d.Properties)
		}
	})
}

// sensibleShape fails where a reader would trip.
func sensibleShape(t *testing.T, fields map[string]*types.Property) {
	for name, p := range fields {
		if p == nil || (p.Pattern != "") != (p.Form() != nil) {
			t.Fatalf("%s is %+v", name, p)
		}
		switch p.Kind {
		case types.List, types.Set, types.Map:
			sensibleShape(t, map[string]*types.Property{name + "[]": p.Of})
		case types.Object:
			sensibleShape(t, p.Fields)
		}
	}
}

// The table of contents of all types is read once in a process, when the first
// type is asked for; a type is read alone.
func BenchmarkFirstType(b *testing.B) {
	for b.Loop() {
		var c types.Catalog
		if _, err := c.Find("aws:ec2/instance:Instance"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLargestType(b *testing.B) {
	for b.Loop() {
		var c types.Catalog
		if _, err := c.Find("aws:quicksight/dashboard:Dashboard"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheArchiveIsSmall(t *testing.T) {
	t.Parallel()
	info, err := os.Stat("types.zip")
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > 4<<20 {
		t.Errorf("types.zip has %d bytes, and every trunkline carries it", info.Size())
	}
}
