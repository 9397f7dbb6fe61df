package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const maxFile = 4 << 20 // bytes of one file

// read decodes a JSON file. What it does not know is an error: a person may have
// written it.
func read(path string, into any) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return gitops.Errorf(gitops.NotFound, "there is no %s", filepath.Base(path))
	}
	if err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	if len(data) > maxFile {
		return gitops.Errorf(gitops.Invalid, "%s is larger than %d bytes", path, maxFile)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &gitops.Error{Kind: gitops.Invalid, Where: path, Err: err}
	}
	return nil
}

// write replaces a file as a whole.
func write(path string, v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return gitops.Errorf(gitops.Failed, "%w", err)
	}
	if err := renameio.WriteFile(path, data, 0o644); err != nil {
		return gitops.Errorf(gitops.Failed, "cannot write %s: %w", path, err)
	}
	return nil
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return nil, gitops.Errorf(gitops.Bug, "%w", err)
	}
	return b.Bytes(), nil
}

// add writes a new file under the number after the last one. Of two that add at
// once, each gets its own number: the complete file is linked to its name, which
// fails where the name is taken.
func add(dir, ext string, v any) (int, error) {
	data, err := encode(v)
	if err != nil {
		return 0, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, gitops.Errorf(gitops.Failed, "%w", err)
	}
	temp, err := os.CreateTemp(dir, ".new-*")
	if err != nil {
		return 0, gitops.Errorf(gitops.Failed, "%w", err)
	}
	defer os.Remove(temp.Name())
	_, err = temp.Write(data)
	if err := errors.Join(err, temp.Chmod(0o644), temp.Close()); err != nil {
		return 0, gitops.Errorf(gitops.Failed, "%w", err)
	}
	return next(dir, func(n string) error { return os.Link(temp.Name(), filepath.Join(dir, n+ext)) })
}

// addDir makes a new directory under the number after the last one.
func addDir(dir string) (int, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, gitops.Errorf(gitops.Failed, "%w", err)
	}
	return next(dir, func(n string) error { return os.Mkdir(filepath.Join(dir, n), 0o755) })
}

// next makes the entry of the next free number.
func next(dir string, make func(number string) error) (int, error) {
	for {
		taken, err := numbers(dir)
		if err != nil {
			return 0, err
		}
		n := 1
		if len(taken) > 0 {
			n = taken[len(taken)-1] + 1
		}
		err = make(strconv.Itoa(n))
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return 0, gitops.Errorf(gitops.Failed, "%w", err)
		}
		return n, nil
	}
}

// numbers lists the numbers that the entries of a directory begin with, in their
// order. Those of deleted ones are among them: they are not given out again.
func numbers(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, gitops.Errorf(gitops.Failed, "%w", err)
	}
	var out []int
	for _, e := range entries {
		name, _, _ := strings.Cut(e.Name(), ".")
		if n, err := strconv.Atoi(name); err == nil && n > 0 {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// readAll reads every file of a directory, by name.
func readAll[T any](dir string) ([]T, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, gitops.Errorf(gitops.Failed, "%w", err)
	}
	var out []T
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".json" {
			continue
		}
		var v T
		if err := read(filepath.Join(dir, e.Name()), &v); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}
