package statetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func exerciseTags(t *testing.T, open Open) {
	p := newPlace(t, open)
	store, ok := p.StateStore.(gitops.TagStore)
	if !ok {
		t.Fatal("the store keeps no tags")
	}
	want := func(ref gitops.StackRef, tags map[string]string) {
		t.Helper()
		got, err := store.Tags(t.Context(), ref)
		must(t, err)
		if diff := cmp.Diff(tags, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("tags of %s (-want +got):\n%s", ref, diff)
		}
	}
	ref, other := p.create(t, "data.dev"), p.create(t, "net.dev")
	want(ref, nil)
	must(t, store.SetTags(t.Context(), ref, map[string]string{"team": "web", "cost": "§ 12"}))
	must(t, store.SetTags(t.Context(), ref, map[string]string{"team": "data", "empty": ""}))
	want(ref, map[string]string{"team": "data", "empty": ""})
	want(other, nil)
	moved := gitops.StackRef{Project: "trunkline", Stack: "data.prod"}
	must(t, p.Rename(t.Context(), ref, moved))
	want(moved, map[string]string{"team": "data", "empty": ""})
	must(t, store.SetTags(t.Context(), moved, nil))
	want(moved, nil)
	must(t, store.SetTags(t.Context(), moved, map[string]string{"team": "data"}))
	must(t, p.Remove(t.Context(), moved))
	want(p.create(t, "data.prod"), nil)
	_, err := store.Tags(t.Context(), ref)
	wantKind(t, err, gitops.NotFound, "the tags of a stack that is gone")
	wantKind(t, store.SetTags(t.Context(), ref, nil), gitops.NotFound, "tagging a stack that is gone")
}
