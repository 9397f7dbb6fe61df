package plugins

import (
	"io"
	"os"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"pgregory.net/rapid"
)

func insecureCredentials() credentials.TransportCredentials { return insecure.NewCredentials() }

func TestSurplusLeavesTheMostThatFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOf(rapid.Int64Range(0, 100)).Draw(t, "sizes")
		budget := rapid.Int64Range(0, 300).Draw(t, "budget")
		n := surplus(sizes, budget)
		sum := func(s []int64) (total int64) {
			for _, v := range s {
				total += v
			}
			return total
		}
		if sum(sizes[n:]) > budget {
			t.Fatalf("%v without the first %d is over %d", sizes, n, budget)
		}
		if n > 0 && sum(sizes[n-1:]) <= budget {
			t.Fatalf("of %v, %d are left out, but fewer would do for %d", sizes, n, budget)
		}
	})
}

func TestErrorsPoisonWhatTheyMayHaveSpoiled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method string
		code   codes.Code
		want   bool
	}{
		{"Create", codes.OK, false},
		{"Create", codes.Unknown, true},
		{"Read", codes.Unavailable, true},
		{"Invoke", codes.InvalidArgument, true},
		{"Configure", codes.InvalidArgument, true},
		{"Call", codes.Unimplemented, false},
		{"CheckConfig", codes.Unimplemented, false},
		{"CheckConfig", codes.Unknown, false},
		{"DiffConfig", codes.Internal, false},
		{"GetMapping", codes.Unavailable, true},
		{"GetSchema", codes.Canceled, true},
	} {
		if got := poisons(c.method, c.code); got != c.want {
			t.Errorf("%s answered by %s: %v, want %v", c.method, c.code, got, c.want)
		}
	}
}

func TestDigestsTellPartsApart(t *testing.T) {
	t.Parallel()
	p := New(Options{})
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOf(rapid.StringN(0, 3, -1)).Draw(t, "a")
		b := rapid.SliceOf(rapid.StringN(0, 3, -1)).Draw(t, "b")
		same := len(a) == len(b)
		for i := 0; same && i < len(a); i++ {
			same = a[i] == b[i]
		}
		if (p.digest(a...) == p.digest(b...)) != same {
			t.Fatalf("%q and %q", a, b)
		}
	})
}

func TestThisProcessHasAResidentSize(t *testing.T) {
	t.Parallel()
	if n := resident(os.Getpid()); n < 1<<20 || n > 1<<40 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzParseStatm(f *testing.F) {
	for _, s := range []string{"4242 128 96 1 0 40 0\n", "", "1", "a b", "1 -5", "1 99999999999999999999"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n := parseStatm(s); n < 0 {
			t.Errorf("%q has %d pages", s, n)
		}
	})
}

func FuzzParsePort(f *testing.F) {
	for _, s := range []string{"4711", " 4711\r", "0", "65536", "-1", "", "\x1b[0m80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		port, err := parsePort(s)
		if (err == nil) != (port > 0 && port < 1<<16) {
			t.Errorf("%q is port %d, %v", s, port, err)
		}
	})
}

func FuzzOutputKeepsTheFirstLineAndTheEnd(f *testing.F) {
	f.Add([]byte("4711\nhello\n"), 3)
	f.Add([]byte(strings.Repeat("x", 3*keptOutput)), 1000)
	f.Add([]byte("\n"), 1)
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		o := newOutput()
		for rest := b; len(rest) > 0; {
			n := min(max(step, 1), len(rest))
			if m, err := o.stdout().Write(rest[:n]); m != n || err != nil {
				t.Fatalf("a write of %d bytes gave %d, %v", n, m, err)
			}
			rest = rest[n:]
		}
		if _, err := io.WriteString(o.stderr(), "the end"); err != nil {
			t.Fatal(err)
		}
		line, _, ended := strings.Cut(string(b), "\n")
		select {
		case got := <-o.hello:
			if want := line[:min(len(line), longestHello)]; got != want {
				t.Errorf("the first line is %q, want %q", got, want)
			}
		default:
			if ended || len(line) >= longestHello {
				t.Error("the first line was not noticed")
			}
		}
		if len(o.last) > keptOutput || !strings.HasSuffix(o.tail(), "the end") {
			t.Errorf("%d bytes are kept, the last are not the last", len(o.last))
		}
	})
}
