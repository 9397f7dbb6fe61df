package driver

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestWhatWasDoneAtACommitIsCountedOverAllRunsOfIt(t *testing.T) {
	t.Parallel()
	op := func(version int64, kind gitops.Operation, commit, result string, changes map[string]int) gitops.UpdateRecord {
		return gitops.UpdateRecord{Version: version, Operation: kind, Result: result, Changes: changes, Ended: time.Unix(version, 0),
			Environment: map[string]string{"git.head": commit, metaActor: "ana", metaRun: "https://ci/" + commit}}
	}
	first := op(1, gitops.Update, "c1", "succeeded", map[string]int{"create": 9, "same": 0}) // one of them is the stack
	changed := op(2, gitops.Update, "c2", "failed", map[string]int{"create": 1, "same": 7})
	resumed := op(3, gitops.Update, "c2", "succeeded", map[string]int{"update": 2, "replace": 1, "same": 7})
	refresh := op(4, gitops.Refresh, "c2", "succeeded", map[string]int{"update": 5})
	gone := op(5, gitops.Destroy, "c3", "succeeded", map[string]int{"delete": 10})
	anew := op(6, gitops.Update, "c4", "succeeded", map[string]int{"create": 10})
	dirty := op(3, gitops.Update, "c2", "succeeded", map[string]int{"update": 2})
	dirty.Environment["git.dirty"] = "true"

	for _, c := range []struct {
		name    string
		commit  string
		updates []gitops.UpdateRecord // newest first
		want    gitops.Summary
		last    int64
	}{
		{"the stack itself is no resource", "c1", []gitops.UpdateRecord{first}, gitops.Summary{Create: 8}, 1},
		{"a failed run and the one that went on", "c2", []gitops.UpdateRecord{refresh, resumed, changed, first}, gitops.Summary{Create: 1, Update: 2, Replace: 1, Same: 12}, 3},
		{"the end of a stack", "c3", []gitops.UpdateRecord{gone, resumed, changed, first}, gitops.Summary{Delete: 9}, 5},
		{"a stack that is made anew", "c4", []gitops.UpdateRecord{anew, gone, first}, gitops.Summary{Create: 9}, 6},
		{"what was done before other commits does not count", "c1", []gitops.UpdateRecord{resumed, first}, gitops.Summary{}, 0},
		{"what nobody committed is not the commit's", "c2", []gitops.UpdateRecord{dirty, changed, first}, gitops.Summary{}, 0},
	} {
		var got Done
		got.add(c.updates, c.commit)
		if diff := cmp.Diff(c.want, got.Summary); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
		if c.last > 0 && (!got.Last.Equal(time.Unix(c.last, 0)) || got.By != "ana" || got.Run != "https://ci/"+c.commit) || c.last == 0 && !got.Last.IsZero() {
			t.Errorf("%s: ended %v by %q in %q", c.name, got.Last, got.By, got.Run)
		}
	}
}
