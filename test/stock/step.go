package stock

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Program is one row of the suite.
type Program struct {
	// Theme groups rows in the printed table.
	Theme, Name string
	// Project changes the project file, when set.
	Project func(*workspace.Project)
	// Env is on top of the workspace's variables.
	Env   map[string]string
	Steps []Step
}

// Step is one call of the Automation API, or something done to the world.
type Step struct {
	Name string
	Do   func(w *World, o *Observation)
}

// Up updates the stack with the program.
func Up(run pulumi.RunFunc, opts ...optup.Option) Step {
	return Step{"up", func(w *World, o *Observation) {
		s, err := w.Stack(run)
		if err != nil {
			o.failed(err)
			return
		}
		ch, all := collect()
		res, err := s.Up(w.Context(), append(opts, optup.EventStreams(ch))...)
		o.failed(err)
		o.note("events", eventLines(all(err)))
		if err == nil {
			o.value("outputs", res.Outputs)
			o.summary(res.Summary)
		}
	}}
}

// Preview previews the stack with the program.
func Preview(run pulumi.RunFunc, opts ...optpreview.Option) Step {
	return Step{"preview", func(w *World, o *Observation) {
		s, err := w.Stack(run)
		if err != nil {
			o.failed(err)
			return
		}
		ch, all := collect()
		res, err := s.Preview(w.Context(), append(opts, optpreview.EventStreams(ch))...)
		o.failed(err)
		o.note("events", eventLines(all(err)))
		o.value("changes", res.ChangeSummary)
	}}
}

// Refresh refreshes the stack's state.
func Refresh(opts ...optrefresh.Option) Step {
	return Step{"refresh", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		ch, all := collect()
		res, err := s.Refresh(w.Context(), append(opts, optrefresh.EventStreams(ch))...)
		o.failed(err)
		o.note("events", eventLines(all(err)))
		if err == nil {
			o.summary(res.Summary)
		}
	}}
}

// PreviewRefresh tells what a refresh would find.
func PreviewRefresh(opts ...optrefresh.Option) Step {
	return Step{"preview refresh", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		res, err := s.PreviewRefresh(w.Context(), opts...)
		o.failed(err)
		o.value("changes", res.ChangeSummary)
	}}
}

// Destroy destroys the stack's resources.
func Destroy(opts ...optdestroy.Option) Step {
	return Step{"destroy", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		ch, all := collect()
		res, err := s.Destroy(w.Context(), append(opts, optdestroy.EventStreams(ch))...)
		o.failed(err)
		o.note("events", eventLines(all(err)))
		if err == nil {
			o.summary(res.Summary)
		}
	}}
}

// PreviewDestroy tells what a destroy would do.
func PreviewDestroy(opts ...optdestroy.Option) Step {
	return Step{"preview destroy", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		res, err := s.PreviewDestroy(w.Context(), opts...)
		o.failed(err)
		o.value("changes", res.ChangeSummary)
	}}
}

// summary notes an entry of the history.
func (o *Observation) summary(s auto.UpdateSummary) {
	s.StartTime = given(s.StartTime)
	if s.EndTime != nil {
		end := given(*s.EndTime)
		s.EndTime = &end
	}
	o.value("summary", s)
}

func given(s string) string {
	if s == "" {
		return ""
	}
	return "TIME"
}

// collect reads an event stream. all returns what came until the stream's end.
// The CLI leaves a stream open when it fails before it connects, so after an
// error all waits a moment only.
func collect() (ch chan events.EngineEvent, all func(error) []events.EngineEvent) {
	ch, done := make(chan events.EngineEvent), make(chan []events.EngineEvent, 1)
	quit := make(chan struct{})
	go func() {
		var list []events.EngineEvent
		for {
			select {
			case e, ok := <-ch:
				if !ok {
					done <- list
					return
				}
				list = append(list, e)
			case <-quit:
				done <- list
				return
			}
		}
	}()
	return ch, func(err error) []events.EngineEvent {
		if err != nil {
			late := time.AfterFunc(2*time.Second, func() { close(quit) })
			defer late.Stop()
		}
		return <-done
	}
}
