package automation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// anError draws a tree of errors.
func anError(t *rapid.T, depth int) error {
	text := rapid.StringMatching(`[a-z ]{0,9}`)
	lease := gitops.LeaseInfo{ID: text.Draw(t, "id"), Holder: "ana", Epoch: 7, Since: time.Unix(1, 0).UTC()}
	kinds := []gitops.Kind{gitops.Failed, gitops.Invalid, gitops.Deployment, gitops.NotFound, gitops.Locked, gitops.Bug}
	leaf := rapid.SampledFrom([]error{
		errors.New(text.Draw(t, "text")), context.Canceled, context.DeadlineExceeded, fs.ErrNotExist,
		&gitops.LockedError{Lease: lease, Position: 2}, &gitops.FencedError{Lease: lease},
	})
	if depth == 0 {
		return leaf.Draw(t, "leaf")
	}
	switch rapid.IntRange(0, 4).Draw(t, "shape") {
	case 0:
		return fmt.Errorf("%s: %w", text.Draw(t, "text"), anError(t, depth-1))
	case 1:
		return errors.Join(anError(t, depth-1), anError(t, depth-1))
	case 2:
		return &gitops.Error{
			Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), What: text.Draw(t, "what"),
			Where: text.Draw(t, "where"), Next: text.Draw(t, "next"), Err: anError(t, depth-1),
		}
	case 3:
		return &shownError{anError(t, depth-1)}
	}
	return leaf.Draw(t, "leaf")
}

// send encodes and decodes an error as a worker and its pool do.
func sendError(t interface{ Fatal(...any) }, err error) error {
	b, failed := json.Marshal(encodeError(err))
	if failed != nil {
		t.Fatal(failed)
	}
	var w *wireError
	if failed := json.Unmarshal(b, &w); failed != nil {
		t.Fatal(failed)
	}
	return w.decode()
}

func TestAnErrorFromAWorkerSaysAndIsWhatItWas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := anError(t, rapid.IntRange(0, 4).Draw(t, "depth"))
		got := sendError(t, want)
		if got.Error() != want.Error() || gitops.KindOf(got) != gitops.KindOf(want) || exitCode(got) != exitCode(want) {
			t.Fatalf("%v (kind %d) became %v (kind %d)", want, gitops.KindOf(want), got, gitops.KindOf(got))
		}
		for _, known := range knownErrors {
			if errors.Is(got, known) != errors.Is(want, known) {
				t.Fatalf("errors.Is(…, %v) differs", known)
			}
		}
		var a, b *gitops.LockedError
		var c, d *gitops.FencedError
		var e, f *gitops.Error
		if errors.As(want, &a) != errors.As(got, &b) || errors.As(want, &c) != errors.As(got, &d) || errors.As(want, &e) != errors.As(got, &f) {
			t.Fatal("errors.As differs")
		}
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
		if e != nil && (e.What != f.What || e.Where != f.Where || e.Next != f.Next) {
			t.Fatalf("%+v became %+v", e, f)
		}
	})
	if sendError(t, nil) != nil {
		t.Error("no error became one")
	}
}

func TestFramesArriveInOneOrManyPieces(t *testing.T) {
	t.Parallel()
	var pipe bytes.Buffer
	w := &frameWriter{w: &pipe}
	for i := range 3 {
		if err := w.write(fromWorker{Call: int64(i), Out: &textFrame{Data: bytes.Repeat([]byte{byte(i)}, 100)}}); err != nil {
			t.Fatal(err)
		}
	}
	r := io.MultiReader(io.LimitReader(&pipe, 3), io.LimitReader(&pipe, 1), &pipe)
	for i := range 3 {
		var f fromWorker
		if err := readFrame(r, &f); err != nil || f.Call != int64(i) || len(f.Out.Data) != 100 {
			t.Fatalf("frame %d: %+v, %v", i, f, err)
		}
	}
	if err := readFrame(r, &fromWorker{}); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	if err := readFrame(bytes.NewReader([]byte{0, 0, 0, 9, '{'}), &fromWorker{}); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("in the middle of a frame: %v", err)
	}
	if err := readFrame(bytes.NewReader([]byte("hello")), &fromWorker{}); err == nil {
		t.Error("text was taken for a frame")
	}
}

func FuzzReadFrame(f *testing.F) {
	var b bytes.Buffer
	if err := (&frameWriter{w: &b}).write(fromWorker{End: &endFrame{Err: encodeError(gitops.Errorf(gitops.Bug, "x"))}}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		var from fromWorker
		if readFrame(bytes.NewReader(raw), &from) == nil && from.End != nil {
			_ = exitCode(from.End.Err.decode()) // any code will do
		}
		_ = readFrame(bytes.NewReader(raw), &toWorker{}) // any error will do
	})
}

func TestAPoolLearnsWhatACallChangedAndNothingElse(t *testing.T) {
	t.Parallel()
	ref := func(name string) gitops.StackRef { return gitops.StackRef{Project: "shop", Stack: name} }
	pool, worker := newCore(parts{}), newCore(parts{})
	pool.current["/a"], pool.current["/b"] = ref("a"), ref("b")
	before := pool.memory()
	worker.current["/old"] = ref("old") // of an earlier call
	worker.recall(before)
	worker.current["/a"] = ref("new")
	delete(worker.current, "/b")
	worker.renamed[ref("x")] = ref("y")
	pool.current["/c"] = ref("c") // by another call, meanwhile
	pool.learn(before, worker.memory())
	want := map[string]gitops.StackRef{"/a": ref("new"), "/c": ref("c")}
	if diff := cmp.Diff(want, pool.current); diff != "" {
		t.Error("selected:", diff)
	}
	if diff := cmp.Diff(map[gitops.StackRef]gitops.StackRef{ref("x"): ref("y")}, pool.renamed); diff != "" {
		t.Error("renamed:", diff)
	}
}

func TestInheritTakesNothingThatIsNotNamed(t *testing.T) {
	t.Parallel()
	env := []string{"PATH=/bin", "AWS_REGION=x", "AWS=y", "TOKEN=z", "PATHS=no"}
	got := inherit(env, []string{"PATH", "AWS_*", "HOME"})
	if want := []string{"PATH=/bin", "AWS_REGION=x"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
