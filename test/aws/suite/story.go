package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// story is one row while it happens.
type story struct {
	row
	world *world
	stack auto.Stack
	seen  []problem
	types map[string]bool // of everything that was created
}

// problem is something that was not as it should be.
type problem struct {
	step, what string
	known      *fault
}

// steps are the story, in order.
func (s *story) steps() []step {
	all := []step{
		{"preview", func(ctx context.Context) error { return s.expect(ctx, first, effect{}, "create") }},
		{"create", func(ctx context.Context) error { return s.up(ctx, first) }},
		{"second preview", func(ctx context.Context) error { return s.unchanged(ctx, first) }},
		{"preview of a change in place", func(ctx context.Context) error { return s.expect(ctx, inPlace, s.updates, "update") }},
		{"change in place", func(ctx context.Context) error { return s.up(ctx, inPlace) }},
		{"preview after the change", func(ctx context.Context) error { return s.unchanged(ctx, inPlace) }},
		{"preview of a replacement", func(ctx context.Context) error { return s.expect(ctx, replaced, s.replaces, "replace") }},
		{"replacement", func(ctx context.Context) error { return s.up(ctx, replaced) }},
		{"preview after the replacement", func(ctx context.Context) error { return s.unchanged(ctx, replaced) }},
		{"refresh without drift", func(ctx context.Context) error { return s.drifted(ctx, effect{}) }},
		{"drift", s.makeDrift},
		{"refresh with drift", func(ctx context.Context) error { return s.drifted(ctx, s.row.drift.changes) }},
		{"repair", s.repair},
		{"refresh after the repair", func(ctx context.Context) error { return s.drifted(ctx, effect{}) }},
	}
	if s.onlyPreview {
		return all[:1]
	}
	return all
}

// last are the steps that happen whatever happened before.
func (s *story) last() []step {
	return []step{{"destroy", s.destroy}, {"nothing left", s.empty}}
}

// step is one thing that happens, with its name.
type step struct {
	name string
	run  func(context.Context) error
}

// plot is what happens in a row: steps, of which one that fails is the last, and
// steps that come whatever happened before.
type plot interface {
	steps() []step
	last() []step
}

// tell runs the row in a world and returns what was not as it should be.
func tell(ctx context.Context, r row, w *world) []problem {
	s := &story{row: r, world: w, types: map[string]bool{}}
	var p plot = s
	if r.plot != nil {
		p = r.plot(s)
	} else if err := s.open(ctx); err != nil {
		return []problem{{step: "start", what: err.Error()}}
	}
	for _, st := range p.steps() {
		if err := s.take(ctx, st); err != nil {
			break
		}
	}
	for _, st := range p.last() {
		_ = s.take(ctx, st) // it is in what was seen
	}
	return s.seen
}

func (s *story) take(ctx context.Context, st step) error {
	began := time.Now()
	before := len(s.seen)
	err := st.run(ctx)
	if err != nil {
		s.problem(st.name, err.Error())
	}
	for i := before; i < len(s.seen); i++ {
		s.seen[i].step = st.name
		s.seen[i].known = s.knows(s.seen[i])
	}
	s.world.say("%s: %s: %s", s.name, st.name, time.Since(began).Round(100*time.Millisecond))
	for _, p := range s.seen[before:] {
		s.world.say("%s: %s: %s", s.name, st.name, p.what)
	}
	return err
}

func (s *story) problem(step, what string) { s.seen = append(s.seen, problem{step: step, what: what}) }

// knows returns the fault of the emulator that explains a problem.
func (s *story) knows(p problem) *fault {
	for i, f := range s.known {
		if (f.step == "" || f.step == p.step) && strings.Contains(p.what, f.shows) {
			return &s.known[i]
		}
	}
	return nil
}

// open makes a stack with a state of its own.
func (s *story) open(ctx context.Context) error {
	dir := filepath.Join(s.world.home, s.name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	vars := s.world.emulator.environ()
	maps.Copy(vars, map[string]string{
		"PULUMI_HOME": s.world.pulumiHome, "PULUMI_CONFIG_PASSPHRASE": "a passphrase of a test",
		"PULUMI_BACKEND_URL": "sqlite://" + filepath.Join(dir, "state.db"),
	})
	if path := os.Getenv(binaryVariable); path != "" {
		vars[binaryVariable] = path
	}
	var err error
	s.stack, err = auto.UpsertStackInlineSource(ctx, "test", "suite", s.program(first),
		auto.Pulumi(s.world.engine), auto.WorkDir(dir), auto.EnvVars(vars))
	return err
}

// binaryVariable names the variable with the path of terraform-provider-aws.
const binaryVariable = "TRUNKLINE_TF_AWS"

// at sets the stage that the program is at.
func (s *story) at(st stage) {
	s.stack.Workspace().SetProgram(s.program(st))
}

// change is what an operation does, or would do, to one resource.
type change struct {
	op, typ, name string
	paths         []string
}

func (c change) String() string {
	text := c.op + " " + c.typ + " " + c.name
	if len(c.paths) > 0 {
		text += " (" + strings.Join(c.paths, ", ") + ")"
	}
	return text
}

// does tells that the change has the effect.
func (c change) does(op string, want effect) bool {
	return c.op == op && c.typ == want.typ && slices.ContainsFunc(c.paths, func(path string) bool {
		return path == want.path || strings.HasPrefix(path, want.path+".") || strings.HasPrefix(path, want.path+"[")
	})
}

// watch collects the changes that the engine tells of.
func watch() (chan events.EngineEvent, func() []change) {
	in := make(chan events.EngineEvent)
	done := make(chan []change, 1)
	go func() {
		var out []change
		for e := range in {
			if e.ResourcePreEvent != nil {
				out = appendChange(out, e.ResourcePreEvent.Metadata)
			}
		}
		done <- out
	}()
	return in, func() []change { return <-done }
}

// quiet are the operations that change nothing.
var quiet = []apitype.OpType{apitype.OpSame, apitype.OpRead, apitype.OpReadDiscard, apitype.OpRefresh}

func appendChange(out []change, m apitype.StepEventMetadata) []change {
	if slices.Contains(quiet, m.Op) || strings.HasPrefix(m.Type, "pulumi:") || strings.HasPrefix(m.Type, "trunkline:") {
		return out
	}
	name := m.URN[strings.LastIndex(m.URN, "::")+2:]
	return append(out, change{string(m.Op), m.Type, name, slices.Sorted(maps.Keys(m.DetailedDiff))})
}

func (s *story) preview(ctx context.Context, st stage) ([]change, error) {
	s.at(st)
	in, changes := watch()
	_, err := s.stack.Preview(ctx, optpreview.EventStreams(in), optpreview.Diff())
	return changes(), brief(err)
}

// expect previews a stage, which must do op to a resource of a type; the first
// one only creates.
func (s *story) expect(ctx context.Context, st stage, want effect, op string) error {
	if st != first && want.typ == "" {
		return nil
	}
	changes, err := s.preview(ctx, st)
	if err != nil {
		return err
	}
	found := false
	for _, c := range changes {
		found = found || c.does(op, want) || st == first
		if op == "create" && c.op != op {
			s.problem("", c.String())
		}
		if op == "update" && c.op != op {
			s.problem("", "not in place: "+c.String())
		}
	}
	if !found {
		s.problem("", fmt.Sprintf("no %s of %s at %s; instead: %v", op, want.typ, want.path, changes))
	}
	return nil
}

// unchanged previews a stage that is deployed: nothing may change.
func (s *story) unchanged(ctx context.Context, st stage) error {
	changes, err := s.preview(ctx, st)
	for _, c := range changes {
		s.problem("", c.String())
	}
	return err
}

func (s *story) up(ctx context.Context, st stage) error {
	s.at(st)
	in, changes := watch()
	_, err := s.stack.Up(ctx, optup.EventStreams(in))
	for _, c := range changes() {
		s.types[c.typ] = true
	}
	return brief(err)
}

func (s *story) makeDrift(ctx context.Context) error {
	if s.row.drift.command == nil {
		return nil
	}
	outputs, err := s.stack.Outputs(ctx)
	if err != nil {
		return brief(err)
	}
	text := map[string]string{}
	for name, v := range outputs {
		text[name] = fmt.Sprint(v.Value)
	}
	_, err = s.world.emulator.aws(ctx, s.row.drift.command(text)...)
	return err
}

// drifted refreshes without writing: only what is wanted may have changed.
func (s *story) drifted(ctx context.Context, want effect) error {
	if s.row.drift.command == nil {
		return nil
	}
	in, changes := watch()
	_, err := s.stack.Preview(ctx, optpreview.EventStreams(in), optpreview.Diff(), optpreview.Refresh())
	if err != nil {
		changes()
		return brief(err)
	}
	found := false
	for _, c := range changes() {
		if c.does("update", want) {
			found = true
		} else {
			s.problem("", c.String())
		}
	}
	if want.typ != "" && !found {
		s.problem("", "the drift of "+want.typ+" at "+want.path+" was not found")
	}
	return nil
}

func (s *story) repair(ctx context.Context) error {
	if s.row.drift.command == nil {
		return nil
	}
	_, err := s.stack.Up(ctx, optup.Refresh())
	return brief(err)
}

func (s *story) destroy(ctx context.Context) error {
	_, err := s.stack.Destroy(ctx, optdestroy.Remove())
	return brief(err)
}

// empty looks into the emulator for what is left.
func (s *story) empty(ctx context.Context) error {
	left, err := s.world.emulator.left(ctx, slices.Sorted(maps.Keys(s.types)))
	for _, what := range left {
		s.problem("", "still there: "+what)
	}
	return err
}

// brief keeps of an error what tells the cause.
func brief(err error) error {
	if err == nil {
		return nil
	}
	lines := []string{}
	for _, line := range strings.Split(err.Error(), "\n") {
		if strings.Contains(line, "error:") || strings.Contains(line, "Error") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if len(lines) == 0 {
		return err
	}
	return errors.New(strings.Join(slices.Compact(lines), " | "))
}
