package program_test

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	"golang.org/x/mod/zip"

	"github.com/trunkline-dev/trunkline/internal/program"
)

// released are modules of others, by "path@version".
func released() map[string]map[string]string {
	used := func(deep, text string) map[string]string {
		return map[string]string{
			"go.mod":       "module example.org/used\n\ngo 1.24\n\nrequire example.org/deep " + deep + "\n",
			"used.go":      "package used\n\nimport _ \"example.org/deep\"\n",
			"sub/sub.go":   "package sub\n\nconst Text = \"" + text + "\"\n",
			"other/one.go": "package other\n",
		}
	}
	plain := func(name, text string) map[string]string {
		return map[string]string{"go.mod": "module example.org/" + name + "\n\ngo 1.24\n", name + ".go": "package " + name + "\n\nconst Text = \"" + text + "\"\n"}
	}
	return map[string]map[string]string{
		"example.org/used@v1.0.0": used("v1.0.0", "one"), "example.org/used@v1.1.0": used("v1.0.0", "two"),
		"example.org/deep@v1.0.0": plain("deep", "one"), "example.org/deep@v1.1.0": plain("deep", "two"),
		"example.org/unused@v1.0.0": plain("unused", "one"), "example.org/unused@v1.1.0": plain("unused", "two"),
	}
}

// member is a file of a module.
type member struct{ name, text string }

func (m member) Path() string                 { return m.name }
func (m member) Lstat() (os.FileInfo, error)  { return info{m}, nil }
func (m member) Open() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(m.text)), nil }

// info is what a file of a module says about itself.
type info struct{ m member }

func (i info) Name() string     { return i.m.name }
func (i info) Size() int64      { return int64(len(i.m.text)) }
func (info) Mode() fs.FileMode  { return 0o644 }
func (info) ModTime() time.Time { return time.Time{} }
func (info) IsDir() bool        { return false }
func (info) Sys() any           { return nil }

// proxy writes a module proxy into a directory and returns the builder that
// fetches from it, and the go.sum for all of it.
func proxy(t *testing.T) (*program.Builder, string) {
	t.Helper()
	dir, sums := t.TempDir(), &strings.Builder{}
	all := released()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		path, version, _ := strings.Cut(name, "@")
		var members []zip.File
		for _, file := range slices.Sorted(maps.Keys(all[name])) {
			members = append(members, member{file, all[name][file]})
		}
		var archive bytes.Buffer
		if err := zip.Create(&archive, module.Version{Path: path, Version: version}, members); err != nil {
			t.Fatal(err)
		}
		at := path + "/@v/" + version
		write(t, dir, map[string]string{at + ".zip": archive.String(), at + ".mod": all[name]["go.mod"], at + ".info": `{"Version":"` + version + `"}`})
		sum, err := dirhash.HashZip(filepath.Join(dir, at+".zip"), dirhash.Hash1)
		if err != nil {
			t.Fatal(err)
		}
		modSum, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(all[name]["go.mod"])), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		sums.WriteString(path + " " + version + " " + sum + "\n" + path + " " + version + "/go.mod " + modSum + "\n")
	}
	cache := filepath.Join(t.TempDir(), "mod")
	t.Cleanup(func() { makeWritable(cache) })
	b := newBuilder(t)
	b.Environ = append(os.Environ(), "GOPROXY=file://"+filepath.ToSlash(dir), "GOSUMDB=off", "GOMODCACHE="+cache, "GOTOOLCHAIN=local")
	return b, sums.String()
}

// makeWritable lets the module cache be removed.
func makeWritable(dir string) {
	_ = filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			return os.Chmod(path, 0o755)
		}
		return err
	})
}
