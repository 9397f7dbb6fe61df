package main

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Manifest says where the answers come from.
type Manifest struct {
	Provider string `json:"provider"`
	SHA256   string `json:"sha256"`
	Command  string `json:"command"`
	Types    int    `json:"types"`
}

// pack writes everything in the directory into the archive, without times, so
// that equal answers give equal bytes.
func pack(dir, archive, binary string) error {
	files, err := filepath.Glob(filepath.Join(dir, "aws_*.json"))
	if err != nil {
		return err
	}
	sum, err := sha(binary)
	if err != nil {
		return err
	}
	manifest, err := json.MarshalIndent(Manifest{filepath.Base(binary), sum, "go run ./internal/sandbox/gen ask", len(files)}, "", " ")
	if err != nil {
		return err
	}
	out, err := os.Create(archive)
	if err != nil {
		return err
	}
	defer out.Close()
	w := zip.NewWriter(out)
	add := func(name string, text []byte) error {
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return err
	}
	if err := add("manifest.json", manifest); err != nil {
		return err
	}
	for _, path := range files { // Glob sorts
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if err := add(filepath.Base(path), text); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}

func sha(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", h.Sum(nil)), nil
}
