package diy

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestTheCLIReadsEachCommitAndItsHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commit(w.Store, 1)
	w.commit(w.Store, 2)
	c := w.cli()
	if got := string(c.export().Deployment); !strings.Contains(got, `"v2"`) {
		t.Errorf("the CLI exports %s", got)
	}
	history, err := c.be.GetHistory(t.Context(), c.ref, 0, 0)
	w.must(err)
	if len(history) != 2 || history[0].Message != "number 2" || history[0].Result != "succeeded" || history[0].Kind != "update" {
		t.Errorf("the CLI's history: %+v", history)
	}
	for _, name := range []string{"stacks/shop/dev.json.bak", "stacks/shop/dev.json.attrs", "meta.yaml"} {
		if _, err := os.Stat(w.file(name)); err != nil {
			t.Error(err)
		}
	}
}

func TestWhatTheCLIWroteIsANewVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commit(w.Store, 1)
	w.must(w.cli().imports(7))
	w.wantState(w.Store, 2, 7)
	w.wantState(w.again(), 2, 7)
	w.must(w.cli().imports(8))
	w.wantState(w.Store, 3, 8)
	if v := w.commit(w.Store, 9); v != 4 {
		t.Errorf("the next commit is version %d, want 4", v)
	}
	for version, n := range []int{0, 1, 7, 8, 9} {
		got, err := w.Generation(t.Context(), dev, int64(version))
		w.must(err)
		if string(got) != string(deployment(n)) {
			t.Errorf("version %d is %s", version, got)
		}
	}
	if _, err := w.Generation(t.Context(), dev, 5); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("version 5: %v", err)
	}
}

func TestAStackOfTheCLIIsFoundWithItsHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.commit(w.Store, 1)
	w.commit(w.Store, 2)
	w.must(os.RemoveAll(w.file("trunkline"))) // nobody but the CLI was ever here
	w.wantState(w.Store, 2, 2)
	list, err := w.Generations(t.Context(), dev)
	w.must(err)
	if len(list) != 2 || list[0].Version != 2 || list[1].Version != 1 {
		t.Errorf("generations: %+v", list)
	}
	w.must(os.WriteFile(w.file("stacks/shop/empty.json"), []byte(`{"version":3,"checkpoint":{"stack":"organization/shop/empty","latest":null}}`), 0o600))
	st, err := w.Load(t.Context(), gitops.StackRef{Project: "shop", Stack: "empty"})
	w.must(err)
	if st.Version != 0 || !strings.Contains(string(st.Deployment), `"manifest"`) {
		t.Errorf("a stack of the CLI that was never deployed: %+v", st)
	}
}

func TestEachIsRefusedWhileTheOtherWorks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.cli()
	l := w.lease(w.Store)
	if err := c.be.Lock(t.Context(), c.ref); err == nil || !strings.Contains(err.Error(), "currently locked by 1 lock(s)") {
		t.Errorf("the CLI locks what we hold: %v", err)
	}
	_, err := l.Commit(t.Context(), deployment(1), gitops.UpdateRecord{})
	w.must(err)
	if err := c.be.Lock(t.Context(), c.ref); err == nil {
		t.Error("the CLI locks after a commit what we still hold")
	}
	w.must(l.Release(t.Context()))

	w.must(c.be.Lock(t.Context(), c.ref))
	for doing, err := range map[string]error{
		"Lease":  second(w.Lease(t.Context(), dev, request())),
		"Remove": w.Remove(t.Context(), dev),
		"Rename": w.Rename(t.Context(), dev, gitops.StackRef{Project: "shop", Stack: "new"}),
	} {
		var locked *gitops.LockedError
		var e *gitops.Error
		if !errors.As(err, &locked) || !strings.Contains(locked.Lease.Holder, "the Pulumi CLI of ") ||
			!errors.As(err, &e) || e.Kind != gitops.Locked || !strings.Contains(e.Next, "pulumi cancel") {
			t.Errorf("%s while the CLI works: %v", doing, err)
		}
	}
	leases, err := w.Leases(t.Context(), dev)
	w.must(err)
	if len(leases) != 1 || gitops.KindOf(w.Unlock(t.Context(), dev, leases[0].ID)) != gitops.Invalid {
		t.Errorf("the CLI's lock is shown as %+v and must not be taken away", leases)
	}
	w.must(c.be.CancelCurrentUpdate(t.Context(), c.ref))
	w.must(w.lease(w.Store).Release(t.Context()))
}

func second[T any](_ T, err error) error { return err }

func TestPulumiCancelFencesTheHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.cli()
	l := w.lease(w.Store)
	w.must(l.Append(t.Context(), [][]byte{[]byte("a")}))
	w.must(c.be.CancelCurrentUpdate(t.Context(), c.ref))
	var fenced *gitops.FencedError
	if err := l.Append(t.Context(), [][]byte{[]byte("b")}); !errors.As(err, &fenced) {
		t.Errorf("an append after pulumi cancel: %v", err)
	}
	w.must(l.Release(t.Context()))
	w.must(w.lease(w.again()).Release(t.Context()))
	w.wantState(w.Store, 0, 0, "a")
}

func TestTheLockOfADeadProcessGoesWithItsLease(t *testing.T) {
	t.Parallel()
	for _, named := range []bool{true, false} {
		w := newWorld(t)
		alive := w.dies()
		l, err := w.take(t.Context(), dev, request(), taking{})
		w.must(err)
		w.must(os.MkdirAll(w.file("locks/organization/shop/dev"), 0o700))
		key := w.file("locks/organization/shop/dev/4711.json")
		host, err := os.Hostname()
		w.must(err)
		w.must(os.WriteFile(key, []byte(`{"pid":`+jsonNumber(w.self.PID)+`,"username":"ana","hostname":"`+host+`"}`), 0o600))
		if named {
			w.must(l.save(t.Context(), func(r *leaseRecord) { r.Lock = lockDir(dev) + "4711.json" }))
		}
		w.must(w.lease(alive).Release(t.Context()))
		if left, err := filepath.Glob(w.file("locks/organization/shop/dev/*")); err != nil || len(left) != 0 {
			t.Errorf("lock named in the lease: %v; left: %v, %v", named, left, err)
		}
	}
}

func TestCompressedStateIsTheSameState(t *testing.T) {
	for _, variable := range []string{"PULUMI_DIY_BACKEND_GZIP", "PULUMI_DIY_BACKEND_ZSTD"} {
		t.Run(variable, func(t *testing.T) {
			w := newWorld(t)
			w.commit(w.Store, 1)
			t.Setenv(variable, "true")
			compressed := w.again()
			w.wantState(compressed, 1, 1)
			if v := w.commit(compressed, 2); v != 2 {
				t.Errorf("version %d, want 2", v)
			}
			w.wantState(compressed, 2, 2)
			if plain, err := filepath.Glob(w.file("stacks/shop/dev.json")); err != nil || len(plain) != 0 {
				t.Errorf("the plain checkpoint is left: %v, %v", plain, err)
			}
			c := w.cli()
			if history, err := c.be.GetHistory(t.Context(), c.ref, 0, 0); err != nil || len(history) != 2 || history[0].Message != "number 2" {
				t.Errorf("the CLI's history: %+v, %v", history, err)
			}
		})
	}
}

func TestStacksWithoutAProjectAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, ".pulumi", "stacks"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".pulumi", "stacks", "old.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), "file://"+filepath.ToSlash(dir))
	var e *gitops.Error
	if !errors.As(err, &e) || !strings.Contains(e.Next, "pulumi state upgrade") {
		t.Errorf("got %v", err)
	}
}
