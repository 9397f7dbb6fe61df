package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// manifest says what an archive of types was made from, so that a stale one can
// be told without making it again.
type manifest struct {
	SDK      string `json:"sdk"`      // version and checksum of the module
	Mapping  string `json:"mapping"`  // SHA-256 of mapping.json
	Answers  string `json:"answers"`  // SHA-256 of answers.zip
	Program  string `json:"program"`  // SHA-256 of the generator's source
	Provider string `json:"provider"` // the provider that answered
}

func (in inputs) manifest() (manifest, error) {
	m := manifest{SDK: in.sdkVersion}
	var err error
	if m.Mapping, err = sum(in.mapping()); err != nil {
		return m, err
	}
	if m.Answers, err = sum(in.answers()); err != nil {
		return m, err
	}
	source, err := filepath.Glob(filepath.Join(in.here, "*.go"))
	if err != nil {
		return m, err
	}
	m.Program, err = sum(slices.DeleteFunc(source, func(p string) bool { return strings.HasSuffix(p, "_test.go") })...)
	return m, err
}

func sum(paths ...string) (string, error) {
	h := sha256.New()
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		h.Write(b)
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}

// writeArchive writes files by name, without times, so that equal content gives
// equal bytes.
func writeArchive(path string, files map[string][]byte) error {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := f.Write(files[name]); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// readArchive calls f with every file of an archive.
func readArchive(path string, f func(name string, text []byte) error) error {
	r, err := zip.OpenReader(path)
	if err != nil {
		return err
	}
	defer r.Close()
	for _, file := range r.File {
		text, err := readFile(file)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", path, file.Name, err)
		}
		if err := f(file.Name, text); err != nil {
			return fmt.Errorf("%s: %s: %w", path, file.Name, err)
		}
	}
	return nil
}

func readFile(file *zip.File) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
