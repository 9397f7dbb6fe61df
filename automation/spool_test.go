package automation

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestASpoolGivesBackEverythingInOrderAndKeepsLittleInMemory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := newSpool(rapid.IntRange(0, 40).Draw(t, "memory"))
		defer s.close()
		full := rapid.Bool().Draw(t, "the disk is full")
		if full {
			s.create = func() (*os.File, error) { return nil, errors.New("no space") }
		}
		var in, out []string
		for _, size := range rapid.SliceOf(rapid.IntRange(-1, 30)).Draw(t, "texts; -1 reads") {
			if size < 0 {
				out = append(out, s.take()...)
				continue
			}
			text := strings.Repeat(string(rune('a'+len(in)%26)), size)
			in = append(in, text)
			s.put(text)
			if !full && s.bytes > s.limit {
				t.Fatalf("%d bytes in memory, want %d at most", s.bytes, s.limit)
			}
		}
		for len(s.first) > 0 || s.waits > 0 {
			out = append(out, s.take()...)
		}
		if diff := cmp.Diff(in, out); diff != "" {
			t.Fatal(diff)
		}
	})
}
