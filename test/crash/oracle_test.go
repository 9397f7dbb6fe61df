//go:build unix

package crash

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// resource is a thing in the state.
type resource struct {
	urn, name  string
	properties map[string]string
	replaced   bool // waits to be deleted
}

// deployment returns the stack's state, and fails the test when it is not sound.
func (w *world) deployment() apitype.DeploymentV3 {
	w.t.Helper()
	u, err := w.engine().Export(w.t.Context(), engine.Stack{Ref: ref}, false)
	if err != nil {
		w.t.Fatalf("export: %v", err)
	}
	// Another store takes only a sound one.
	other := &world{t: w.t, cloud: newCloud(), store: enginetest.NewStore()}
	_, err = other.engine().Init(w.t.Context(), engine.Stack{Ref: ref})
	if err = errors.Join(err, other.engine().Import(w.t.Context(), engine.Stack{Ref: ref}, u, false)); err != nil {
		w.t.Errorf("the state is not sound: %v", err)
	}
	var d apitype.DeploymentV3
	if err := json.Unmarshal(u.Deployment, &d); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// resources returns the things in the state by ID.
func (w *world) resources() map[string]resource {
	w.t.Helper()
	out := map[string]resource{}
	for _, r := range w.deployment().Resources {
		if string(r.Type) != enginetest.ThingType {
			continue
		}
		p := map[string]string{}
		for k, v := range r.Outputs {
			p[k] = fmt.Sprint(v)
		}
		if _, twice := out[string(r.ID)]; twice {
			w.t.Errorf("%s is in the state twice", r.ID)
		}
		out[string(r.ID)] = resource{string(r.URN), r.URN.Name(), p, r.Delete}
	}
	return out
}

func (w *world) pending() []engine.PendingOperation {
	w.t.Helper()
	pending, err := w.engine().Pending(w.t.Context(), engine.Stack{Ref: ref})
	if err != nil {
		w.t.Fatalf("list what is pending: %v", err)
	}
	return pending
}

// nothingIsLost checks that what exists is in the state, or is listed as having
// an unknown end. Nobody may be at work meanwhile.
func (w *world) nothingIsLost() {
	w.t.Helper()
	known, listed := w.resources(), map[string]bool{}
	for _, p := range w.pending() {
		listed[p.URN] = true
	}
	for id, o := range w.cloud.inventory() {
		if _, ok := known[id]; !ok && !listed[o.urn] {
			w.t.Errorf("%s (%s) exists and is neither in the state nor in the list of what to settle", id, o.urn)
		}
	}
}

// nothingIsDoneTwice checks the log of the cloud.
func (w *world) nothingIsDoneTwice() {
	w.t.Helper()
	created, nextWorked := map[string]int{}, false
	for _, c := range w.cloud.history() {
		if c.Verb == "create" {
			created[c.URN]++
		}
		if c.Who == "next" {
			nextWorked = true
		} else if nextWorked {
			w.t.Errorf("%s was done by the first command after the next one had begun to work: %s %s", c.Verb, c.URN, c.ID)
		}
	}
	for urn, n := range created {
		if n > 1 {
			w.t.Errorf("%s was created %d times", urn, n)
		}
	}
}

// theGoalIsReached checks that program, state and cloud agree.
func (w *world) theGoalIsReached() {
	w.t.Helper()
	inState, inCloud := map[string]map[string]string{}, map[string]map[string]string{}
	cloud := w.cloud.inventory()
	for id, r := range w.resources() {
		if r.replaced {
			w.t.Errorf("%s %s waits to be deleted", r.name, id)
		}
		inState[r.name], inCloud[r.name] = r.properties, cloud[id].properties
		delete(cloud, id)
	}
	for id, o := range cloud {
		w.t.Errorf("%s (%s) exists and is not in the state", id, o.urn)
	}
	want := goal(programs(w.scenario.to))
	if diff := cmp.Diff(want, inState); diff != "" {
		w.t.Errorf("the state (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want, inCloud); diff != "" {
		w.t.Errorf("the cloud (-want +got):\n%s", diff)
	}
	if pending := w.pending(); len(pending) > 0 {
		w.t.Errorf("pending: %v", pending)
	}
}

// everythingIsAtRest checks the store at the end of a case.
func (w *world) everythingIsAtRest() {
	w.t.Helper()
	leases, err := w.store.Leases(w.t.Context(), ref)
	if err != nil || len(leases) > 0 {
		w.t.Errorf("the stack is held: %v, %v", leases, err)
	}
	st, err := w.store.Load(w.t.Context(), ref)
	if err != nil || len(st.Journal) > 0 || st.Lost != nil {
		w.t.Errorf("the journal has %d entries, lost %v, %v", len(st.Journal), st.Lost, err)
	}
	history, err := w.store.History(w.t.Context(), ref, 0, 0)
	if err != nil || len(history) == 0 {
		w.t.Errorf("history: %v, %v", history, err)
	}
	for _, u := range history {
		if u.Result == "in-progress" {
			w.t.Errorf("an %s is in progress for ever: %+v", u.Operation, u)
		}
	}
}

// conclude goes on to the goal and checks what must be true of every case.
func (w *world) conclude() {
	w.t.Helper()
	w.nothingIsLost()
	w.finish()
	w.theGoalIsReached()
	w.nothingIsDoneTwice()
	w.everythingIsAtRest()
}
