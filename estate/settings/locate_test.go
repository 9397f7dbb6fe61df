package settings

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

type located struct {
	common
	Port   int                 `estate:"port"`
	Main   listener            `estate:"main"`
	Others map[string]listener `estate:"others"`
}

func TestLocateFindsTheLineOfEveryField(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("settings_test.go")
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.ReadFile("locate_test.go")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{
		"stacks/x/config.go":    {Data: source},
		"stacks/x/more.go":      {Data: here},
		"stacks/x/broken.go":    {Data: []byte("package x\nfunc {")},
		"stacks/x/some_test.go": {Data: []byte("package x\ntype located struct { Port int }")},
	}
	s := Locate(schemaOf[located](t), files, "stacks/x")
	for _, f := range []Field{s.Fields[0], s.Fields[1], s.Fields[2].Fields[0], s.Fields[3].Elem.Fields[1]} {
		file, line, _ := strings.Cut(f.Source, ":")
		if file == "" {
			t.Errorf("%s has no place", f.GoField)
			continue
		}
		n := 0
		if _, err := fmt.Sscan(line, &n); err != nil {
			t.Fatal(err)
		}
		text := strings.Split(string(files[file].Data), "\n")[n-1]
		if name := f.GoField[strings.LastIndexByte(f.GoField, '.')+1:]; !strings.HasPrefix(strings.TrimSpace(text), name+" ") {
			t.Errorf("%s is said to be at %s: %s", f.GoField, f.Source, text)
		}
	}
}

func TestLocateLeavesOutWhatItCannotFind(t *testing.T) {
	t.Parallel()
	want := schemaOf[config](t)
	if got := Locate(want, fstest.MapFS{}, "stacks/x"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
