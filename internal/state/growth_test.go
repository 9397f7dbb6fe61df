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

// keeping sets how many versions of each stack are kept.
func keeping(n int) Option { return func(s *Store) { s.keep = n } }

func TestALoweredLimitIsReachedByAFewAtEachCommit(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path, keeping(30))
	l := leased(t, s)
	for range 40 {
		commit(t, l)
	}
	if err := l.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, keeping(3))
	l, err := s.Lease(t.Context(), dev, gitops.LeaseRequest{TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for want := 26; want >= 3; want = max(want-4, min(3, want-1)) { // one more, five less
		commit(t, l)
		list, err := s.Generations(t.Context(), dev)
		if err != nil || len(list) != want || list[0].Version != list[len(list)-1].Version+int64(want)-1 {
			t.Fatalf("%d versions %+v, %v, want %d", len(list), list, err, want)
		}
	}
	if _, err := s.Load(t.Context(), dev); err != nil {
		t.Error(err)
	}
	_, err = s.Generation(t.Context(), dev, 1)
	wantError(t, err, gitops.NotFound, "version 1 of stack", "last 3 versions")
}

func TestTheLast1000UpdatesAreKept(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	l := leased(t, s)
	run(t, s.writer, `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1030)
		INSERT INTO updates (stack, operation, started, message, environment, result, changes)
		SELECT 1, 'update', 1, 'old ' || i, 'null', 'succeeded', 'null' FROM n`)
	for _, want := range []int{1011, 1000, 1000} { // one more, twenty less at most
		if err := l.Begin(t.Context(), gitops.UpdateRecord{Operation: gitops.Update, Message: "new"}); err != nil {
			t.Fatal(err)
		}
		h, err := s.History(t.Context(), dev, 0, 0)
		if err != nil || len(h) != want || h[0].Message != "new" {
			t.Fatalf("%d records, %v, want %d", len(h), err, want)
		}
	}
}

// TestAListReadsNoDeployment: a list of a thousand stacks with large
// deployments must not walk through them.
func TestAListReadsNoDeployment(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "state.db"))
	if got := scalar(t, s.writer, "SELECT group_concat(name) FROM (SELECT name FROM pragma_table_info('generations') ORDER BY cid DESC LIMIT 2)"); got != "deployment,sha256" {
		t.Errorf("the last columns of generations are %s: what lists read must stand before the deployment", got)
	}
}

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

// BenchmarkList lists a thousand stacks with deployments of 200 kB.
func BenchmarkList(b *testing.B) {
	s, err := Open(b.Context(), filepath.Join(b.TempDir(), "state.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	d := fmt.Appendf(nil, `{"version":3,"deployment":{"x":"%s"}}`, bytes.Repeat([]byte("x"), 200_000))
	for n := range 1000 {
		if err := s.Create(b.Context(), gitops.StackRef{Project: "p", Stack: fmt.Sprint(n)}, d); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if list, err := s.Stacks(b.Context(), ""); err != nil || len(list) != 1000 {
			b.Fatalf("%d stacks, %v", len(list), err)
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
