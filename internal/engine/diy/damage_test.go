package diy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestADamagedCheckpointIsRefusedAndCanBeReplaced(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		damage func([]byte) []byte
		reason string
	}{
		"empty": {func([]byte) []byte { return nil }, "does not match its checksum"},
		"cut":   {func(b []byte) []byte { return b[:len(b)/2] }, "does not match its checksum"},
		"one bit of a version flipped": {func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"v1"`), []byte(`"v3"`), 1)
		}, "does not match its checksum"},
	} {
		for _, checksum := range []bool{true, false} {
			if !checksum && name == "one bit of a version flipped" {
				continue // it is a change that the CLI could have made
			}
			t.Run(fmt.Sprintf("%s, with a checksum: %v", name, checksum), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				w.commit(w.Store, 1)
				path := w.file("stacks/shop/dev.json")
				raw, err := os.ReadFile(path)
				w.must(err)
				w.must(os.WriteFile(path, c.damage(raw), 0o600))
				reason := c.reason
				if !checksum {
					w.must(os.Remove(path + ".attrs"))
					reason = "it is"
				}
				w.wantRefused(w.again(), reason, "dev.json.bak")
				if list, err := w.Stacks(t.Context(), ""); err != nil || len(list) != 1 || list[0].Version != 1 {
					t.Errorf("the list: %+v, %v", list, err)
				}
				if err := w.Create(t.Context(), dev, deployment(5)); gitops.KindOf(err) != gitops.Unexpected {
					t.Errorf("a new stack in its place: %v", err)
				}
				good, err := w.Generation(t.Context(), dev, 1)
				w.must(err)
				if string(good) != string(deployment(1)) {
					t.Errorf("the kept version: %s", good)
				}
				if v := w.commit(w.Store, 2); v != 2 {
					t.Errorf("the commit that repairs it is version %d, want 2", v)
				}
				w.wantState(w.again(), 2, 2)
			})
		}
	}
}

func TestADamagedJournalIsRefusedAndPutAside(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(w *world, objects []string) error{
		"a byte changed": func(w *world, objects []string) error {
			raw, err := os.ReadFile(objects[1])
			w.must(err)
			raw[len(raw)/2] ^= 1
			return os.WriteFile(objects[1], raw, 0o600)
		},
		"empty": func(_ *world, objects []string) error { return os.WriteFile(objects[1], nil, 0o600) },
		"gone":  func(_ *world, objects []string) error { return os.Remove(objects[1]) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			l := w.lease(w.Store)
			for _, e := range []string{"a", "b", "c"} {
				w.must(l.Append(t.Context(), [][]byte{[]byte(e)}))
			}
			w.must(l.Release(t.Context()))
			objects, err := filepath.Glob(w.file("trunkline/journal/shop/dev/*.json"))
			w.must(err)
			if len(objects) != 3 {
				t.Fatalf("objects: %v", objects)
			}
			w.must(damage(w, objects))
			w.wantRefused(w.again(), "the journal of stack", "state restore")
			if v := w.commit(w.Store, 1); v != 1 {
				t.Errorf("the commit that repairs it is version %d, want 1", v)
			}
			w.wantState(w.again(), 1, 1)
			if aside, err := filepath.Glob(w.file("trunkline/aside/shop/dev/*.json")); err != nil || len(aside) < 2 {
				t.Errorf("put aside: %v, %v", aside, err)
			}
		})
	}
}

func TestAJournalIsNotReplayedOverWhatTheCLIWroteSince(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.killed(6) // by then there is a journal
	w.wantState(w.Store, 0, 0, "a")
	c := w.cli()
	if err := c.imports(7); err == nil {
		t.Fatal("the CLI ignores the lock of the dead process")
	}
	w.must(c.be.CancelCurrentUpdate(t.Context(), c.ref))
	w.must(c.imports(7))
	w.wantRefused(w.Store, "replaced since", "state restore")
	w.commit(w.Store, 8)
	w.wantState(w.Store, 1, 8)
}

func TestALeaseThatCannotBeReadIsNotFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.lease(w.Store)
	objects, err := filepath.Glob(w.file("trunkline/leases/shop/dev/*.json"))
	w.must(err)
	w.must(os.WriteFile(objects[len(objects)-1], nil, 0o600))
	_, err = w.again().Lease(t.Context(), dev, request())
	var e *gitops.Error
	if !errors.As(err, &e) || e.Next == "" {
		t.Errorf("got %v", err)
	}
}
