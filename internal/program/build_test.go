package program_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

func TestTheSameContentElsewhereIsNotCompiledAgain(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	first := build(t, b, estate(t, nil))
	second := build(t, b, estate(t, nil))
	if first.Cached || !second.Cached || first.Key != second.Key || first.Path != second.Path {
		t.Errorf("first %+v\nsecond %+v", first, second)
	}
	if first.Module != "example.com/estate" || first.ModuleDir != "" || !strings.HasPrefix(first.Key, "sha256:") {
		t.Errorf("binary is %+v", first)
	}
}

func TestTheProgramDoesNotDependOnWhereTheCheckoutLies(t *testing.T) {
	t.Parallel()
	first, second := build(t, newBuilder(t), estate(t, nil)), build(t, newBuilder(t), estate(t, nil))
	a, err := os.ReadFile(first.Path)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(second.Path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("two checkouts of one content give two programs")
	}
}

func TestEverythingThatGoesInChangesTheProgramAndNothingElseDoes(t *testing.T) {
	t.Parallel()
	b := newBuilder(t)
	root := estate(t, nil)
	was := build(t, b, root)
	steps := []struct {
		name    string
		files   map[string]string
		changes bool
	}{
		{"a document", map[string]string{"docs/notes.md": "other"}, false},
		{"a test", map[string]string{"stacks/data/data_test.go": "package data\n"}, false},
		{"a package that nobody imports", map[string]string{"components/unused/unused.go": "package unused // more\n"}, false},
		{"a file of an imported package", map[string]string{"components/queue/queue.go": files()["components/queue/queue.go"] + "// more\n"}, true},
		{"a new file of an imported package", map[string]string{"stacks/data/more.go": "package data\n"}, true},
		{"an embedded file", map[string]string{"components/queue/text/queue.txt": "another queue"}, true},
		{"a new embedded file", map[string]string{"components/queue/text/new.txt": "new"}, true},
		{"the versions", map[string]string{"go.mod": files()["go.mod"] + "// more\n"}, true},
	}
	for _, s := range steps {
		write(t, root, s.files)
		is := build(t, b, root)
		if changed := is.Key != was.Key; changed != s.changes || is.Cached == s.changes {
			t.Errorf("%s: changed %v, cached %v; want changed %v", s.name, changed, is.Cached, s.changes)
		}
		was = is
	}
	write(t, root, files())
	for _, extra := range []string{"stacks/data/more.go", "components/queue/text/new.txt"} {
		if err := os.Remove(filepath.Join(root, extra)); err != nil {
			t.Fatal(err)
		}
	}
	if back := build(t, b, root); !back.Cached {
		t.Error("the first program is not found again")
	}
}

func TestCompileErrorsNameFileLineAndColumn(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		changes map[string]string
		says    []string
	}{
		"wrong types": {
			map[string]string{"stacks/data/data.go": "package data\n\nfunc Explode() {\n\tvar n int = \"x\"\n\tunknown()\n}\n"},
			[]string{"does not compile", "\n  stacks/data/data.go:4:14: cannot use \"x\"", "\n  stacks/data/data.go:5:2: undefined: unknown"},
		},
		"wrong syntax": {
			map[string]string{"stacks/data/data.go": "package data\n\nfunc Explode( {\n"},
			[]string{"does not compile", "stacks/data/data.go:3:15: "},
		},
		"an unknown module": {
			map[string]string{"stacks/data/data.go": "package data\n\nimport _ \"example.org/nothing\"\n\nfunc Explode() {}\n"},
			[]string{"stacks/data/data.go:3:8: cannot find module providing package example.org/nothing", "go mod tidy"},
		},
		"a missing package": {
			map[string]string{"stacks/network/network.go": ""},
			[]string{"stacks/main.go:12:2: ", "stacks/network"},
		},
		"an import cycle": {
			map[string]string{"components/queue/embed.go": "package queue\n\nimport \"embed\"\nimport _ \"example.com/estate/stacks/data\"\n\ntype embedded = embed.FS\n"},
			[]string{"import cycle"},
		},
		"a missing embedded file": {
			map[string]string{"components/queue/text/queue.txt": ""},
			[]string{"components/queue/queue.go:5:12: ", "no matching files"},
		},
		"cgo": {
			map[string]string{"stacks/data/data.go": "package data\n\n// #cgo LDFLAGS: -Wl,--output=/tmp/x\nimport \"C\"\n\nfunc Explode() {}\n"},
			[]string{"build constraints exclude all Go files in stacks/data"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := estate(t, c.changes)
			_, err := newBuilder(t).Build(t.Context(), program.Source{Root: root})
			wantError(t, err, gitops.Invalid, c.says...)
			if strings.Contains(err.Error(), root) {
				t.Errorf("error names the place of the checkout:\n%v", err)
			}
		})
	}
}

func TestAnEstateWithoutItsPartsIsRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		changes map[string]string
		says    []string
	}{
		"no go.mod":          {map[string]string{"go.mod": ""}, []string{"no go.mod", "trunkline init"}},
		"no main package":    {map[string]string{"stacks/main.go": "package stacks\n"}, []string{"./stacks is package stacks", "package main"}},
		"a Go of the future": {map[string]string{"go.mod": "module example.com/estate\n\ngo 1.999\n"}, []string{"go.mod", "too old", "https://go.dev/dl"}},
		"a broken go.mod":    {map[string]string{"go.mod": "module example.com/estate\n\nnonsense\n"}, []string{"go.mod:3: unknown directive: nonsense"}},
		"a module next door": {map[string]string{
			"go.mod":                    files()["go.mod"] + "\nrequire example.com/other v0.0.0\n\nreplace example.com/other => ../other\n",
			"stacks/network/network.go": "package network\n\nimport \"example.com/other\"\n\nconst Name = other.Name\n",
			"../other/go.mod":           "module example.com/other\n\ngo 1.26\n",
			"../other/other.go":         "package other\n\nconst Name = \"network\"\n",
		}, []string{"example.com/other lies outside of the repository"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := newBuilder(t).Build(t.Context(), program.Source{Root: estate(t, c.changes)})
			wantError(t, err, gitops.Invalid, c.says...)
		})
	}
	t.Run("no program", func(t *testing.T) {
		t.Parallel()
		_, err := newBuilder(t).Build(t.Context(), program.Source{Root: t.TempDir()})
		wantError(t, err, gitops.Invalid, "no directory stacks", "trunkline init")
	})
	t.Run("no go command", func(t *testing.T) {
		t.Parallel()
		b := newBuilder(t)
		b.Environ = []string{"PATH=" + t.TempDir()}
		_, err := b.Build(t.Context(), program.Source{Root: estate(t, nil)})
		wantError(t, err, gitops.Invalid, "go command is not installed", "https://go.dev/dl")
	})
}

func TestAnEstateInASubdirectoryFindsItsModuleAbove(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for name, content := range files() {
		write(t, root, map[string]string{"infra/" + name: content})
	}
	b := newBuilder(t)
	bin, err := b.Build(t.Context(), program.Source{Root: root, Dir: "infra"})
	if err != nil || bin.ModuleDir != "infra" {
		t.Fatalf("binary is %+v, %v", bin, err)
	}
	bin, err = b.Build(t.Context(), program.Source{Root: root, Dir: "infra/stacks", Package: "./network"})
	wantError(t, err, gitops.Invalid, "./network is package network")

	write(t, root, map[string]string{"infra/stacks/data/data.go": "package data\n\nfunc Explode() { unknown() }\n"})
	_, err = b.Build(t.Context(), program.Source{Root: root, Dir: "infra"})
	wantError(t, err, gitops.Invalid, "infra/stacks/data/data.go:3:18: undefined: unknown")
}

func TestSettingsOfTheUserDoNotReachTheCompiler(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "marker")
	tool := filepath.Join(t.TempDir(), "tool")
	write(t, filepath.Dir(tool), map[string]string{"tool": "#!/bin/sh\ntouch " + marker + "\nexec \"$@\"\n"})
	if err := os.Chmod(tool, 0o700); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	write(t, home, map[string]string{".config/go/env": "GOFLAGS=-toolexec=" + tool + "\n"})
	b := newBuilder(t)
	b.Environ = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GOFLAGS=-toolexec=" + tool, "GOWORK=/nonsense", "GOCACHE=" + t.TempDir()}
	write(t, home, map[string]string{"estate/go.mod": "module example.com/estate\n\ngo 1.26\n", "estate/stacks/main.go": "package main\n\nfunc main() {}\n", "go.work": "nonsense"})
	build(t, b, filepath.Join(home, "estate"))
	if _, err := os.Stat(marker); err == nil {
		t.Error("the tool of the user's settings ran")
	}
}

func TestABrokenEntryIsCompiledAgain(t *testing.T) {
	t.Parallel()
	breakages := map[string]func(t *testing.T, bin program.Binary){
		"truncated": func(t *testing.T, bin program.Binary) { replace(t, bin.Path, "") },
		"changed": func(t *testing.T, bin program.Binary) {
			content, err := os.ReadFile(bin.Path)
			if err != nil {
				t.Fatal(err)
			}
			content[len(content)/2] ^= 1
			replace(t, bin.Path, string(content))
		},
		"removed": func(t *testing.T, bin program.Binary) { os.Remove(bin.Path) },
		"without a record": func(t *testing.T, bin program.Binary) {
			replace(t, filepath.Join(filepath.Dir(bin.Path), "inputs.json"), "{")
		},
	}
	for name, breakIt := range breakages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, root := newBuilder(t), estate(t, nil)
			breakIt(t, build(t, b, root))
			again := build(t, b, root)
			if again.Cached {
				t.Fatal("the broken program is used")
			}
			if _, err := program.Describe(t.Context(), again); err != nil {
				t.Error(err)
			}
		})
	}
}

func replace(t *testing.T, path, content string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestBuildersAtOnceCompileOnce(t *testing.T) {
	t.Parallel()
	root, cache := estate(t, nil), t.TempDir()
	var wg sync.WaitGroup
	bins := make([]program.Binary, 4)
	errs := make([]error, 4)
	for i := range bins {
		wg.Go(func() {
			b := program.Builder{CacheDir: cache}
			bins[i], errs[i] = b.Build(t.Context(), program.Source{Root: root})
		})
	}
	wg.Wait()
	fresh := 0
	for i, bin := range bins {
		if errs[i] != nil {
			t.Fatal(errs[i])
		}
		if !bin.Cached {
			fresh++
		}
	}
	if fresh != 1 {
		t.Errorf("compiled %d times", fresh)
	}
}

func TestTheCacheForgetsWhatWasNotUsedForLongest(t *testing.T) {
	t.Parallel()
	now := time.Now()
	b := newBuilder(t)
	b.MaxBytes, b.Now = 1, func() time.Time { return now }
	root := estate(t, nil)
	old := build(t, b, root)
	now = now.Add(time.Minute)
	write(t, root, map[string]string{"stacks/data/a.go": "package data\n"})
	middle := build(t, b, root)
	if _, err := os.Stat(old.Path); err != nil {
		t.Error("a program was removed that somebody may be about to start")
	}
	now = now.Add(time.Hour)
	write(t, root, map[string]string{"stacks/data/b.go": "package data\n"})
	last := build(t, b, root)
	for path, kept := range map[string]bool{old.Path: false, middle.Path: false, last.Path: true} {
		if _, err := os.Stat(path); (err == nil) != kept {
			t.Errorf("%s: kept %v, want %v", path, err == nil, kept)
		}
	}
}

func TestACacheThatCannotBeWrittenSaysSo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	write(t, filepath.Dir(file), map[string]string{"file": ""})
	b := program.Builder{CacheDir: filepath.Join(file, "cache")}
	_, err := b.Build(t.Context(), program.Source{Root: estate(t, nil)})
	wantError(t, err, gitops.Failed, "cannot keep the compiled program", "XDG_CACHE_HOME")
}

func TestAnEndedContextEndsTheBuild(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := newBuilder(t).Build(ctx, program.Source{Root: estate(t, nil)})
	wantError(t, err, gitops.Cancelled)
	b := newBuilder(t)
	b.Timeout = time.Nanosecond
	_, err = b.Build(t.Context(), program.Source{Root: estate(t, nil)})
	wantError(t, err, gitops.Timeout)
}
