// Package scaffold writes a new estate: the reference estate's files under a
// module path of their own.
package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Home is the module path of the reference estate.
const Home = "github.com/trunkline-dev/trunkline"

// Options says what to write.
type Options struct {
	// From holds the reference estate.
	From fs.FS
	// Dir is where to write; it must not hold files of the same names.
	Dir string
	// Module is the module path of the new estate.
	Module string
	// Project is the name of its Pulumi project.
	Project string
	// Files are written as well, by path; they replace those of From.
	Files map[string]string
}

var (
	modulePath  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.~_-]*(/[A-Za-z0-9.~_-]+)*$`)
	projectName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,99}$`)
)

// Write writes the estate and returns the paths of its files, sorted. When a
// file is in the way nothing is written.
func Write(o Options) ([]string, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	files, err := o.collect()
	if err != nil {
		return nil, err
	}
	return Save(o.Dir, files)
}

// Save writes files below a directory and returns their paths, sorted. When one
// is in the way nothing is written.
func Save(dir string, files map[string][]byte) ([]string, error) {
	paths := slices.Sorted(maps.Keys(files))
	for _, p := range paths {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(p))); !errors.Is(err, fs.ErrNotExist) {
			return nil, &gitops.Error{Kind: gitops.Invalid, What: p + " is already in " + dir, Err: err,
				Next: "choose an empty directory"}
		}
	}
	for _, p := range paths {
		to := filepath.Join(dir, filepath.FromSlash(p))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(to, files[p], 0o644); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

func (o Options) check() error {
	switch {
	case !modulePath.MatchString(o.Module) || strings.Contains(o.Module, ".."):
		return gitops.Errorf(gitops.Invalid, "%q is no module path, such as example.com/estate", o.Module)
	case !projectName.MatchString(o.Project):
		return gitops.Errorf(gitops.Invalid, "%q is no project name: letters, digits, - and _, beginning with a letter", o.Project)
	}
	return nil
}

// collect returns the content of every file.
func (o Options) collect() (map[string][]byte, error) {
	files := map[string][]byte{}
	err := fs.WalkDir(o.From, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && leftOut(p):
			return fs.SkipDir
		case d.IsDir() || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		b, err := fs.ReadFile(o.From, p)
		files[p] = o.adapt(p, b)
		return err
	})
	for p, text := range o.Files {
		files[p] = []byte(text)
	}
	return files, err
}

// leftOut names the directories that only the reference estate's own tests
// need: estatetest has the engine in it, which is no part of an estate.
func leftOut(dir string) bool {
	switch path.Base(dir) {
	case "testdata", "estatetest":
		return true
	}
	return false
}

// adapt gives a file the estate's own names.
func (o Options) adapt(p string, b []byte) []byte {
	switch {
	case p == "go.mod":
		return bytes.Replace(b, []byte("module "+Home+"\n"), []byte("module "+o.Module+"\n"), 1)
	case p == "Pulumi.yaml":
		return regexp.MustCompile(`(?m)^name: .*$`).ReplaceAll(b, []byte("name: "+o.Project))
	case strings.HasSuffix(p, ".go"):
		return bytes.ReplaceAll(b, []byte(`"`+Home+`/`), []byte(`"`+o.Module+`/`))
	}
	return b
}

// Readme is the README of a new estate.
func Readme(project string) string {
	return fmt.Sprintf(`# %s

Infrastructure written in Go, delivered by Trunkline.

| where | what |
|---|---|
| components/ | typed building blocks |
| stacks/ | one package per stack, and the table of all in main.go |
| environments/ | one file per environment: cloud, order, guards, settings |
| policies/ | what must not be deployed, and who is exempt from it |
| estate/, policy/, environments/*.go | the kit that both sides are made with |

    trunkline validate          compile, and check every environment's settings
    trunkline preview -e dev    what would an update do?
    trunkline up -e dev         do it
    go doc ./components/queue   what a component takes, gives and costs
    go test ./...               components/componentstest tests what you write
`, project)
}
