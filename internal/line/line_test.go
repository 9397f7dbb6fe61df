package line_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/line"
)

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

// place is somebody who will be seen again within a minute.
func place(seq int64, ticket string) line.Place {
	return line.Place{Seq: seq, Ticket: ticket, As: gitops.LeaseInfo{Holder: ticket}, Until: noon.Add(time.Minute)}
}

func TestTheAnswerSaysWhoIsAheadAndWhoHasLeft(t *testing.T) {
	t.Parallel()
	ann, ben, late, gone := place(1, "ann"), place(2, "ben"), place(3, "late"), place(4, "gone")
	late.Until, gone.Gone = noon, true
	holder := gitops.LeaseInfo{ID: "1", Holder: "carl"}
	behind := func(who gitops.LeaseInfo, position int) *gitops.LockedError {
		return &gitops.LockedError{Lease: who, Position: position}
	}
	for name, c := range map[string]struct {
		line   []line.Place
		ticket string
		held   *gitops.LeaseInfo
		want   line.Answer
	}{
		"a free stack without a line": {nil, "ann", nil, line.Answer{At: -1}},
		"a held stack":                {nil, "ann", &holder, line.Answer{At: -1, Wait: behind(holder, 1)}},
		"a held stack, no ticket":     {nil, "", &holder, line.Answer{At: -1, Wait: behind(holder, 0)}},
		"the first, once it is free":  {[]line.Place{ann, ben}, "ann", nil, line.Answer{There: []line.Place{ann, ben}}},
		"the second": {[]line.Place{ann, ben}, "ben", nil,
			line.Answer{There: []line.Place{ann, ben}, At: 1, Wait: behind(ann.As, 2)}},
		"a newcomer": {[]line.Place{ann}, "ben", nil,
			line.Answer{There: []line.Place{ann}, At: -1, Wait: behind(ann.As, 2)}},
		"no ticket passes nobody": {[]line.Place{ann}, "", nil,
			line.Answer{There: []line.Place{ann}, At: -1, Wait: behind(ann.As, 0)}},
		"those ahead have left": {[]line.Place{late, gone, ann}, "ann", nil,
			line.Answer{There: []line.Place{ann}, Left: []line.Place{late, gone}}},
		"who comes back too late is at the end": {[]line.Place{late, ann}, "late", nil,
			line.Answer{There: []line.Place{ann}, Left: []line.Place{late}, At: -1, Wait: behind(ann.As, 2)}},
	} {
		if diff := cmp.Diff(c.want, line.Ask(c.line, c.ticket, c.held, noon)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAFreeStackIsExactlyOnesTurn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tickets := []string{"a", "b", "c", "d"}
		var all []line.Place
		for i, ticket := range tickets[:rapid.IntRange(0, len(tickets)).Draw(t, "places")] {
			p := place(int64(i), ticket)
			p.Until = noon.Add(time.Duration(rapid.IntRange(-1, 1).Draw(t, "until")) * time.Second)
			p.Gone = rapid.Bool().Draw(t, "gone")
			all = append(all, p)
		}
		var turn []string
		for _, ticket := range tickets {
			a := line.Ask(all, ticket, nil, noon)
			if a.Wait == nil {
				turn = append(turn, ticket)
			}
			if len(a.There)+len(a.Left) != len(all) {
				t.Fatalf("%d wait and %d left of %d", len(a.There), len(a.Left), len(all))
			}
			if line.Ask(all, ticket, &gitops.LeaseInfo{}, noon).Wait == nil {
				t.Fatalf("%s may take a stack that is held", ticket)
			}
		}
		there := line.Ask(all, "", nil, noon).There
		switch {
		case len(there) == 0 && len(turn) != len(tickets):
			t.Fatalf("nobody waits, and only %v may take the stack", turn)
		case len(there) > 0 && !cmp.Equal(turn, []string{there[0].Ticket}):
			t.Fatalf("%v may take the stack, want the first of %v", turn, there)
		}
	})
}
