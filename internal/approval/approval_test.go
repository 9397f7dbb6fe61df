package approval

import (
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestNeeded(t *testing.T) {
	set := func(ops ...gitops.Op) []gitops.ChangeSet {
		var s gitops.ChangeSet
		for _, op := range ops {
			s.Changes = append(s.Changes, gitops.Change{Op: op, Type: "aws:rds/instance:Instance", Name: "main"})
		}
		return []gitops.ChangeSet{{}, s}
	}
	for _, c := range []struct {
		name  string
		guard Guard
		sets  []gitops.ChangeSet
		want  bool
	}{
		{"always, nothing changes", Guard{When: Always}, set(), false},
		{"always, one create", Guard{When: Always}, set(gitops.OpCreate), true},
		{"destructive, one update", Guard{When: Destructive}, set(gitops.OpUpdate), false},
		{"destructive, one replace", Guard{When: Destructive}, set(gitops.OpUpdate, gitops.OpReplace), true},
		{"never, one delete", Guard{When: Never}, set(gitops.OpDelete), false},
		{"never but protected, one delete", Guard{When: Never, Protect: true}, set(gitops.OpDelete), true},
		{"no rule, one delete", Guard{}, set(gitops.OpDelete), false},
	} {
		got, why := Needed(c.guard, c.sets)
		if got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
		if got && why == "" {
			t.Errorf("%s: no reason given", c.name)
		}
	}
}

func TestMayDestroyRefusesProtected(t *testing.T) {
	if MayDestroy(Guard{Protect: true}) || !MayDestroy(Guard{}) {
		t.Error("a protected environment must refuse destroy, others must not")
	}
}
