package program

import (
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseTraceFindsMessageAndPlace(t *testing.T) {
	t.Parallel()
	const module = "example.com/estate"
	cases := map[string]struct{ trace, message, where string }{
		"a nil pointer": {
			"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x46c5a5]\n\ngoroutine 1 [running]:\nexample.com/estate/components/queue.New(...)\n\texample.com/estate/components/queue/queue.go:12 +0x5\nmain.main()\n\texample.com/estate/stacks/main.go:9 +0x1c",
			"runtime error: invalid memory address or nil pointer dereference", "infra/components/queue/queue.go:12",
		},
		"a panic again": {
			"panic: first [recovered]\n\tpanic: second\n\nx\n\ngoroutine 7 [running]:\npanic({0x1, 0x2})\n\truntime/panic.go:787 +0x132\nexample.com/estate/stacks/data.build(0x0)\n\texample.com/estate/stacks/data/data.go:41 +0x1d",
			"second", "infra/stacks/data/data.go:41",
		},
		"a message of several lines": {
			"panic: one\n\ttwo\n\ngoroutine 1 [running]:\nx\n\tgithub.com/other/mod@v1.0.0/x.go:3 +0x1",
			"one\ntwo", "",
		},
		"only the kit": {
			"panic: boom\n\ngoroutine 1 [running]:\nexample.com/estate/estate.Main()\n\texample.com/estate/estate/main.go:3 +0x1",
			"boom", "infra/estate/main.go:3",
		},
		"a dead lock": {
			"fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [select (no cases)]:\nmain.main()\n\texample.com/estate/stacks/main.go:5 +0x1",
			"all goroutines are asleep - deadlock!", "infra/stacks/main.go:5",
		},
		"a stack of the same goroutine": {
			"panic: boom [recovered, repanicked]\n\ngoroutine 1 [running]:",
			"boom", "",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			message, where := parseTrace(strings.Split(c.trace, "\n"), module, "infra")
			if message != c.message || where != c.where {
				t.Errorf("got %q at %q, want %q at %q", message, where, c.message, c.where)
			}
		})
	}
}

func FuzzParseTrace(f *testing.F) {
	f.Add("panic: boom [recovered]\n\tpanic: x\n\ngoroutine 1 [running]:\nmain.main()\n\texample.com/estate/stacks/main.go:5 +0x1")
	f.Add("fatal error: stack overflow")
	f.Fuzz(func(t *testing.T, text string) {
		out := &tail{}
		_, _ = out.Write([]byte(text))
		out.close()
		last, trace := out.lines()
		if len(last) > tailLines || len(trace) > traceLines {
			t.Errorf("%d last lines, %d lines of a trace", len(last), len(trace))
		}
		message, where := parseTrace(trace, "example.com/estate", "")
		if len(message) > longestMessage+8 || !utf8.ValidString(message) {
			t.Errorf("message is %q", message)
		}
		if where != "" && !strings.Contains(where, ".go:") {
			t.Errorf("place is %q", where)
		}
	})
}

func FuzzHandshakeInAnyPiecesGivesTheSame(f *testing.F) {
	f.Add([]byte("{\"trunkline\":1,\"address\":\"127.0.0.1:80\"}\n"), 3)
	f.Add([]byte("noise\n{\"trunkline\":1,\"address\":\"[::1]:80\"}\nmore"), 1)
	f.Add([]byte("{\"trunkline\":1,\"address\":\"10.0.0.1:80\"}\n"), 100)
	f.Fuzz(func(t *testing.T, content []byte, size int) {
		whole, pieces := newHandshake(&tail{}), newHandshake(&tail{})
		_, _ = whole.Write(content)
		for rest := content; len(rest) > 0; {
			n := min(len(rest), max(1, size%4096))
			_, _ = pieces.Write(rest[:n])
			rest = rest[n:]
		}
		if len(content) > maxPreamble {
			return // where the limit strikes depends on the pieces
		}
		a, errA := whole.result()
		b, errB := pieces.result()
		if a != b || fmt.Sprint(errA) != fmt.Sprint(errB) {
			t.Errorf("whole: %q, %v; in pieces: %q, %v", a, errA, b, errB)
		}
		if a == "" {
			return
		}
		if host, _, err := net.SplitHostPort(a); err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("address %q was accepted", a)
		}
	})
}

func FuzzParseCompilerOutput(f *testing.F) {
	f.Add("# example.com/estate/stacks\nstacks/main.go:5:2: undefined: x\n\thave ()\ntoo many errors")
	f.Add("go: go.mod:3: unknown directive: nonsense")
	j := job{src: Source{Root: "/repo"}, layout: layout{estate: "/repo/infra"}}
	f.Fuzz(func(t *testing.T, text string) {
		problems := j.parse(text)
		if len(problems) == 0 {
			t.Fatal("a failure without a problem")
		}
		if broken(problems).Error() == "" {
			t.Error("an error without a text")
		}
	})
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(`{"ImportPath":"a","Imports":["b"]}{"ImportPath":"b","Module":{"Path":"m","Version":"v1"}}`))
	f.Fuzz(func(t *testing.T, out []byte) {
		packages, err := parseList[goPackage](out)
		if err != nil {
			return
		}
		in := &inputs{Packages: map[string]localPackage{}, External: map[string]external{}}
		for _, p := range packages {
			if p.Module.version() == "" {
				in.Packages[p.ImportPath] = localPackage{}
			}
		}
		connect(packages, in)
	})
}

func FuzzParseDescription(f *testing.F) {
	f.Add([]byte(`{"schema":"trunkline.estate/v1","module":"m","stacks":[{"name":"data","package":"p"}]}`))
	f.Fuzz(func(t *testing.T, content []byte) {
		if _, err := parseDescription(content); err == nil && !json.Valid(content) {
			t.Error("something else than JSON was accepted")
		}
	})
}

func FuzzTableDigestIsStable(f *testing.F) {
	f.Add([]byte("package main\n\nimport \"m/estate\"\n\nfunc main() { estate.Main() }\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		sources := map[string][]byte{"main.go": content}
		if tableDigest(sources, "m", "full") != tableDigest(sources, "m", "full") {
			t.Error("two digests of one table")
		}
	})
}
