package main

import (
	"archive/zip"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline/test/aws/binary"
)

// Manifest says how the facts were obtained.
type Manifest struct {
	Provider string `json:"provider"`
	Command  string `json:"command"`
	Date     string `json:"date"` // of the day
	Types    int    `json:"types"`
	Changes  int    `json:"changes"`
	Odd      int    `json:"odd"`
}

// pack writes the facts, one file for each type.
func pack(path string, facts map[string]*Facts) error {
	m := Manifest{Provider: "terraform-provider-aws " + binary.Version, Date: time.Now().UTC().Format(time.DateOnly), Types: len(facts),
		Command: "go run ./internal/sandbox/gen cases cases.json && cd test/aws && go run ./fidelity ../../cases.json"}
	for _, f := range facts {
		m.Changes += len(f.Changes)
		m.Odd += len(f.Odd)
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	w := zip.NewWriter(out)
	add := func(name string, v any) error {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		_, err = f.Write(text)
		return err
	}
	if err := add("manifest.json", m); err != nil {
		return err
	}
	for _, token := range slices.Sorted(maps.Keys(facts)) {
		if err := add(strings.ReplaceAll(token, "/", "_")+".json", map[string]any{"token": token, "facts": facts[token]}); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return out.Close()
}
