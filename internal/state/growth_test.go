package state

import (
	"bytes"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/state/pgtest"
)

func BenchmarkState(b *testing.B) {
	for name, url := range map[string]string{
		"sqlite":   filepath.Join(b.TempDir(), "state.db"),
		"postgres": pgtest.Start(b, "fsync=on", "full_page_writes=on").URL(b),
	} {
		s, err := Open(b.Context(), url)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = s.Close() })
		for _, n := range []int{10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/append-after-%d", name, n), func(b *testing.B) { benchAppend(b, s, n) })
			b.Run(fmt.Sprintf("%s/commit-%d", name, n), func(b *testing.B) { benchCommit(b, s, n) })
		}
	}
}

var entry = bytes.Repeat([]byte("e"), 1500)

func journalled(b *testing.B, s gitops.StateStore, n int) gitops.Lease {
	b.Helper()
	ref := gitops.StackRef{Project: b.Name(), Stack: fmt.Sprint(time.Now().UnixNano())}
	if err := s.Create(b.Context(), ref, tiny); err != nil {
		b.Fatal(err)
	}
	l, err := s.Lease(b.Context(), ref, gitops.LeaseRequest{Holder: "ana", TTL: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	fill(b, l, n)
	return l
}

func fill(b *testing.B, l gitops.Lease, n int) {
	b.Helper()
	for range n / 10 {
		entries := make([][]byte, 20)
		for i := range entries {
			entries[i] = entry
		}
		if err := l.Append(b.Context(), entries); err != nil {
			b.Fatal(err)
		}
	}
}

func benchAppend(b *testing.B, s gitops.StateStore, n int) {
	l := journalled(b, s, n)
	for b.Loop() {
		if err := l.Append(b.Context(), [][]byte{entry}); err != nil {
			b.Fatal(err)
		}
	}
}

func benchCommit(b *testing.B, s gitops.StateStore, n int) {
	l := journalled(b, s, 0)
	d := fmt.Appendf(nil, `{"version":3,"deployment":{"resources":[%s{}]}}`, bytes.Repeat(fmt.Appendf(nil, `{"x":"%s"},`, entry[:1000]), n))
	for b.Loop() {
		b.StopTimer()
		fill(b, l, n)
		b.StartTimer()
		if _, err := l.Commit(b.Context(), d, gitops.UpdateRecord{}); err != nil {
			b.Fatal(err)
		}
	}
}
