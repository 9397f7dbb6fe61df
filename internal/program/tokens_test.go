package program

import (
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const someGo = `package data

import (
	"embed"
	"fmt"
)

//go:embed text
var files embed.FS

var table = map[string]int{"a": 1, "b": 2}

func add(a, b int) int { return a + b }

func main() { fmt.Println(add(1, 2), table) }
`

func TestWhatIsOnlyForReadersDoesNotCount(t *testing.T) {
	t.Parallel()
	was := sourceDigest("a.go", []byte(someGo))
	for name, change := range map[string]func(string) string{
		"a comment":            func(s string) string { return "// Package data is new.\n" + s },
		"a comment in a line":  func(s string) string { return strings.Replace(s, "return a", "return /* what else */ a", 1) },
		"empty lines":          func(s string) string { return strings.ReplaceAll(s, "\n\n", "\n\n\n") },
		"tabs":                 func(s string) string { return strings.ReplaceAll(s, "\t", "  ") },
		"Windows's line ends":  func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"arguments on lines":   func(s string) string { return strings.Replace(s, "add(1, 2)", "add(\n1,\n2,\n)", 1) },
		"elements on lines":    func(s string) string { return strings.Replace(s, `"b": 2}`, "\"b\": 2,\n}", 1) },
		"a body on lines":      func(s string) string { return strings.Replace(s, "{ return a + b }", "{\n\treturn a + b\n}", 1) },
		"a note of a linter":   func(s string) string { return strings.Replace(s, "func add", "// nolint: everything\nfunc add", 1) },
		"a byte order mark":    func(s string) string { return "\ufeff" + s },
		"a semicolon too many": func(s string) string { return strings.Replace(s, "return a + b", "return a + b;", 1) },
	} {
		text := change(someGo)
		if text == someGo {
			t.Errorf("%s changes nothing", name)
		}
		if sourceDigest("a.go", []byte(text)) != was {
			t.Errorf("%s counts", name)
		}
	}
}

func TestWhatTheCompilerReadsCounts(t *testing.T) {
	t.Parallel()
	was := sourceDigest("a.go", []byte(someGo))
	for name, change := range map[string]func(string) string{
		"a number":              func(s string) string { return strings.Replace(s, `"b": 2`, `"b": 3`, 1) },
		"a name":                func(s string) string { return strings.ReplaceAll(s, "table", "tables") },
		"a break for a mistake": func(s string) string { return strings.Replace(s, "b int)", "b int\n)", 1) },
		"what is embedded":      func(s string) string { return strings.Replace(s, "//go:embed text", "//go:embed texts", 1) },
		"no longer a directive": func(s string) string { return strings.Replace(s, "//go:embed", "// go:embed", 1) },
		"a build constraint":    func(s string) string { return "//go:build linux\n\n" + s },
		"an old constraint":     func(s string) string { return "// +build linux\n\n" + s },
		"a setting of debug":    func(s string) string { return "//go:debug madvdontneed=1\n" + s },
		"another position":      func(s string) string { return strings.Replace(s, "func add", "//line x.go:1\nfunc add", 1) },
		"a statement":           func(s string) string { return strings.Replace(s, "{ return", "{ a++; return", 1) },
		"a space in a text":     func(s string) string { return strings.Replace(s, `"a"`, `"a "`, 1) },
		"a comment in a text":   func(s string) string { return strings.Replace(s, `"a"`, `"a//b"`, 1) },
		"no tokens":             func(s string) string { return s + "\"" },
	} {
		text := change(someGo)
		if text == someGo {
			t.Errorf("%s changes nothing", name)
		}
		if sourceDigest("a.go", []byte(text)) == was {
			t.Errorf("%s does not count", name)
		}
	}
	for _, same := range []struct{ name, a, b string }{
		{"type parameters that look like an array", "package a\n\ntype T[P *C,] int\n", "package a\n\ntype T[P *C] int\n"},
		{"C in a comment", "package a\n\n// int x = 1;\nimport \"C\"\n", "package a\n\n// int x = 2;\nimport \"C\"\n"},
		{"a line that ends", "package a\n\nfunc f() { return\n g() }\n", "package a\n\nfunc f() { return g() }\n"},
	} {
		if sourceDigest("a.go", []byte(same.a)) == sourceDigest("a.go", []byte(same.b)) {
			t.Errorf("%s: both are the same", same.name)
		}
	}
	if sourceDigest("a.s", []byte("// a\n")) == sourceDigest("a.s", []byte("// b\n")) {
		t.Error("files that are no Go lose their comments")
	}
}

// sources are the Go files of this repository's estate, as a stock of real code.
func sources(t *testing.T) [][]byte {
	t.Helper()
	var out [][]byte
	for _, pattern := range []string{"../../stacks/*/*.go", "../../components/*/*.go", "*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, content)
		}
	}
	if len(out) < 20 {
		t.Fatalf("there are %d files", len(out))
	}
	return out
}

// A file that is printed again from its syntax tree has the same digest.
func TestAFileWithoutItsCommentsAndLayoutHasTheSameDigest(t *testing.T) {
	t.Parallel()
	for _, content := range sources(t) {
		if directives(content) {
			continue // which printing loses
		}
		text, err := bare(content)
		if err != nil {
			t.Fatal(err)
		}
		if sourceDigest("a.go", content) != sourceDigest("a.go", []byte(text)) {
			t.Errorf("printed without comments and layout, this is another file:\n%s", text)
		}
	}
}

// A change anywhere in a file that leaves the digest leaves the syntax tree.
func TestAChangeThatDoesNotCountLeavesTheSyntaxTree(t *testing.T) {
	t.Parallel()
	stock := sources(t)
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SampledFrom(stock).Draw(t, "file")
		at := rapid.IntRange(0, len(content)).Draw(t, "at")
		cut := rapid.IntRange(0, min(3, len(content)-at)).Draw(t, "cut")
		put := rapid.SampledFrom([]string{"", " ", "\n", "// x\n", "/* x */", ",", ";", "\t", "}", "x", "/*\n*/"}).Draw(t, "put")
		changed := slices.Concat(content[:at], []byte(put), content[at+cut:])
		if sourceDigest("a.go", content) != sourceDigest("a.go", changed) {
			return
		}
		a, err := bare(content)
		b, errB := bare(changed)
		if err != nil || errB != nil || a != b {
			t.Fatalf("one digest, two programs (%v, %v):\n%s\n%s", err, errB, a, b)
		}
	})
}

// bare prints a file from its syntax tree alone.
func bare(content []byte) (string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "a.go", content, parser.SkipObjectResolution)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = printer.Fprint(&b, token.NewFileSet(), file)
	return b.String(), err
}

// directives tells whether a file has comments that count.
func directives(content []byte) bool {
	for line := range strings.Lines(string(content)) {
		if directive.MatchString(strings.TrimSpace(line)) {
			return true
		}
	}
	return false
}

func FuzzSourcesOfOneDigestAreOneSyntaxTree(f *testing.F) {
	f.Add([]byte(someGo), []byte("// More.\n"+someGo))
	f.Add([]byte("package a\n\nvar a = 1 // b"), []byte("package a\n\nvar a = 1;"))
	f.Fuzz(func(t *testing.T, one, other []byte) {
		if sourceDigest("a.go", one) != sourceDigest("a.go", other) {
			return
		}
		a, errA := bare(one)
		b, errB := bare(other)
		if (errA == nil) != (errB == nil) || a != b {
			t.Errorf("one digest, two programs:\n%q\n%q", one, other)
		}
	})
}
