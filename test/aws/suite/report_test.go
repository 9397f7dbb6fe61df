package main

import (
	"slices"
	"testing"
)

func TestOnlyWhatIsKnownMakesARowPartly(t *testing.T) {
	t.Parallel()
	known := &fault{evidence: "X answers y; AWS answers z"}
	for name, c := range map[string]struct {
		outcome outcome
		want    string
		notes   []string
	}{
		"nothing":   {outcome{}, "ok", nil},
		"known":     {outcome{problems: []problem{{"create", "a", known}, {"drift", "a", known}}}, "partly", []string{"emulator, create: a", "  " + known.evidence}},
		"unknown":   {outcome{problems: []problem{{"create", "a", known}, {"drift", "b", nil}}}, "failed", []string{"emulator, create: a", "  " + known.evidence, "FAILED drift: b"}},
		"put right": {outcome{amended: []string{"e"}}, "partly", []string{"emulator, put right: e"}},
		"not tried": {outcome{row: row{untried: []string{"e"}}}, "partly", []string{"emulator, not tried: e"}},
		"both":      {outcome{amended: []string{"e"}, problems: []problem{{"drift", "b", nil}}}, "failed", []string{"emulator, put right: e", "FAILED drift: b"}},
	} {
		got, notes := judge(c.outcome)
		if got != c.want || !slices.Equal(notes, c.notes) {
			t.Errorf("%s: %s %q, want %s %q", name, got, notes, c.want, c.notes)
		}
	}
}

func TestAChangeHasItsEffectAtItsPropertyOnly(t *testing.T) {
	t.Parallel()
	c := change{op: "update", typ: "aws:x/y:Y", name: "main", paths: []string{"rules[0].days", "tags.team"}}
	for _, want := range []struct {
		op     string
		effect effect
		does   bool
	}{
		{"update", effect{"aws:x/y:Y", "tags"}, true},
		{"update", effect{"aws:x/y:Y", "rules"}, true},
		{"update", effect{"aws:x/y:Y", "tag"}, false},
		{"replace", effect{"aws:x/y:Y", "tags"}, false},
		{"update", effect{"aws:x/z:Z", "tags"}, false},
	} {
		if c.does(want.op, want.effect) != want.does {
			t.Errorf("%v %s %v: want %v", c, want.op, want.effect, want.does)
		}
	}
}
