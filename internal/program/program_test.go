package program_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// mainProgram has the modes of a real estate program.
const mainProgram = `package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"example.com/estate/components/queue"
	"example.com/estate/stacks/data"
	"example.com/estate/stacks/network"
)

func main() {
	if os.Getenv("BEHAVE") == "contradict" {
		fmt.Fprintln(os.Stderr, "stacks/data/data.go:7: stack \"data\" needs \"nothing\"")
		os.Exit(2)
	}
	switch os.Args[1] {
	case "describe":
		describe()
	case "serve":
		serve()
	}
}

func describe() {
	fmt.Printf("{\"schema\":\"trunkline.estate/v1\",\"module\":\"example.com/estate\",\"stacks\":[" +
		"{\"name\":%q,\"package\":\"example.com/estate/stacks/network\",\"needs\":[]}," +
		"{\"name\":\"data\",\"package\":\"example.com/estate/stacks/data\",\"needs\":[\"network\"]}]}\n", network.Name)
}

func serve() {
	behave := os.Getenv("BEHAVE")
	switch behave {
	case "hang":
		select {
		case <-time.After(time.Hour):
		}
	case "exit":
		fmt.Fprintln(os.Stderr, "cannot go on")
		os.Exit(3)
	case "flood":
		for chunk := strings.Repeat("x", 1<<20); ; {
			fmt.Print(chunk)
		}
	case "garbage":
		fmt.Println("{\"trunkline\":1,\"address\":\"evil.example.com:80\"}")
	case "newer":
		fmt.Println("{\"trunkline\":99}")
	case "chatty":
		fmt.Println("hello from an init function")
	}
	fmt.Println("{\"trunkline\":1,\"address\":\"127.0.0.1:4711\"}")
	switch behave {
	case "panic":
		data.Explode()
	case "kill":
		os.Exit(7)
	case "ignore":
		select {
		case <-time.After(time.Hour):
		}
	case "environ":
		fmt.Println("ENV", strings.Join(os.Environ(), " "))
	case "pages":
		for i := range 200_000 {
			fmt.Fprintln(os.Stderr, i, queue.Text)
		}
		os.Exit(1)
	}
	io.Copy(io.Discard, os.Stdin)
}
`

// files is a small estate without dependencies. What its program does is chosen
// by the variable BEHAVE.
func files() map[string]string {
	return map[string]string{
		"go.mod":                          "module example.com/estate\n\ngo 1.26\n",
		"docs/notes.md":                   "notes",
		"stacks/main.go":                  mainProgram,
		"stacks/network/network.go":       "package network\n\nconst Name = \"network\"\n",
		"stacks/data/data.go":             "package data\n\nimport \"example.com/estate/components/queue\"\n\n// Explode fails as a stack would.\nfunc Explode() {\n\tif queue.Text != \"\" {\n\t\tvar m map[string]int\n\t\tm[queue.Text] = 1\n\t}\n}\n",
		"components/queue/queue.go":       "package queue\n\nimport _ \"embed\"\n\n//go:embed text/*.txt\nvar files embedded\n\n//go:embed text/queue.txt\nvar Text string\n",
		"components/queue/embed.go":       "package queue\n\nimport \"embed\"\n\ntype embedded = embed.FS\n",
		"components/queue/text/queue.txt": "a queue",
		"components/unused/unused.go":     "package unused\n",
	}
}

// write puts files into a directory.
func write(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// estate writes the small estate, with changes: "" removes a file.
func estate(t *testing.T, changes map[string]string) string {
	t.Helper()
	all := files()
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_, content string) bool { return content == "" })
	root := t.TempDir()
	write(t, root, all)
	return root
}

func build(t *testing.T, b *program.Builder, root string) program.Binary {
	t.Helper()
	bin, err := b.Build(t.Context(), program.Source{Root: root})
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func newBuilder(t *testing.T) *program.Builder {
	t.Helper()
	return &program.Builder{CacheDir: filepath.Join(t.TempDir(), "cache")}
}

// shared is the small estate, compiled once for all tests that only run it.
var shared struct {
	once sync.Once
	dir  string
	bin  program.Binary
	err  error
}

func TestMain(m *testing.M) {
	code := m.Run()
	_ = os.RemoveAll(shared.dir)
	os.Exit(code)
}

func compiled(t *testing.T) program.Binary {
	t.Helper()
	shared.once.Do(func() {
		if shared.dir, shared.err = os.MkdirTemp("", "program-test-"); shared.err != nil {
			return
		}
		root := filepath.Join(shared.dir, "estate")
		write(t, root, files())
		b := program.Builder{CacheDir: filepath.Join(shared.dir, "cache")}
		shared.bin, shared.err = b.Build(t.Context(), program.Source{Root: root})
	})
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.bin
}

// wantError checks the kind of an error and what it says.
func wantError(t *testing.T, err error, kind gitops.Kind, says ...string) {
	t.Helper()
	if gitops.KindOf(err) != kind {
		t.Fatalf("error is of kind %d, want %d:\n%v", gitops.KindOf(err), kind, err)
	}
	text := err.Error()
	if e := new(gitops.Error); errors.As(err, &e) {
		text += "\n" + e.Next
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			t.Errorf("error does not say %q:\n%s", s, text)
		}
	}
	if strings.Contains(text, "goroutine ") {
		t.Errorf("error shows a Go stack:\n%s", text)
	}
}
