package owner

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func FuzzParseStat(f *testing.F) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add("12 (a) b) c) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20")
	f.Add(") 1 2")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) { parseStat(s) })
}

func TestTheNameOfAProcessDoesNotConfuse(t *testing.T) {
	t.Parallel()
	type parsed struct {
		Started string
		Ended   bool
	}
	for stat, want := range map[string]parsed{
		"12 (a) S (b)) Z 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20": {"4711", true},
		"12 (sh) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 4711 20":       {"4711", false},
		"12 (sh) S 1 2 3": {},
	} {
		var got parsed
		got.Started, got.Ended = parseStat(stat)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", stat, diff)
		}
	}
}
