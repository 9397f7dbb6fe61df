package stock

import (
	"encoding/json"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optremove"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// Call makes a step of any call on the current stack. The value is noted.
func Call(name string, f func(w *World, s *auto.Stack) (any, error)) Step {
	return Step{name, func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		v, err := f(w, s)
		o.failed(err)
		if v != nil {
			o.value("answer", v)
		}
	}}
}

// Outputs reads the stack's outputs.
func Outputs() Step {
	return Call("outputs", func(w *World, s *auto.Stack) (any, error) { return s.Outputs(w.Context()) })
}

// Info reads what a list says about the stack.
func Info() Step {
	return Call("info", func(w *World, s *auto.Stack) (any, error) {
		i, err := s.Info(w.Context())
		i.LastUpdate, i.URL = given(i.LastUpdate), given(i.URL)
		return i, err
	})
}

// History reads a page of the stack's history.
func History(size, page int) Step {
	return Call("history", func(w *World, s *auto.Stack) (any, error) {
		h, err := s.History(w.Context(), size, page)
		for i := range h {
			h[i].StartTime = given(h[i].StartTime)
			if h[i].EndTime != nil {
				*h[i].EndTime = given(*h[i].EndTime)
			}
		}
		return h, err
	})
}

// Export notes the state with secrets in plain text, and keeps it under name.
func Export(name string) Step {
	return Step{"export", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		d, err := s.Export(w.Context())
		o.failed(err)
		if err != nil {
			return
		}
		o.note("state", deployment(d))
		if w.kept[name], err = json.Marshal(d); err != nil {
			w.Fatal(err)
		}
	}}
}

// State exports the state and forgets it.
func State() Step { return Export("") }

// Import imports what Export kept.
func Import(name string, edit func(d *apitype.UntypedDeployment)) Step {
	return Call("import state", func(w *World, s *auto.Stack) (any, error) {
		var d apitype.UntypedDeployment
		if err := json.Unmarshal(w.kept[name], &d); err != nil {
			return nil, err
		}
		if edit != nil {
			edit(&d)
		}
		return nil, s.Import(w.Context(), d)
	})
}

// Set sets one setting.
func Set(key, value string, secret bool) Step {
	return Call("config set "+key, func(w *World, s *auto.Stack) (any, error) {
		return nil, s.SetConfig(w.Context(), key, auto.ConfigValue{Value: value, Secret: secret})
	})
}

// Settings reads all settings.
func Settings() Step {
	return Call("config", func(w *World, s *auto.Stack) (any, error) { return s.GetAllConfig(w.Context()) })
}

// Remove removes the current stack.
func Remove(opts ...optremove.Option) Step {
	return Step{"remove", func(w *World, o *Observation) {
		s, err := w.Stack(nil)
		if err != nil {
			o.failed(err)
			return
		}
		err = s.Workspace().RemoveStack(w.Context(), s.Name(), opts...)
		o.failed(err)
		if err == nil {
			delete(w.open, w.stack)
		}
	}}
}

// On takes a step on another stack.
func On(stack string, s Step) Step {
	return Step{s.Name + " of " + stack, func(w *World, o *Observation) {
		before := w.stack
		w.stack = stack
		defer func() { w.stack = before }()
		s.Do(w, o)
	}}
}

// Touch changes a property of a thing behind the engine's back.
func Touch(id, key string, value any) Step {
	return Step{"touch " + id, func(w *World, _ *Observation) {
		if err := w.Cloud.Touch(id, key, value); err != nil {
			w.Fatal(err)
		}
	}}
}

// Forget deletes a thing behind the engine's back.
func Forget(id string) Step {
	return Step{"forget " + id, func(w *World, _ *Observation) { w.Cloud.Forget(id) }}
}

// Put makes a thing behind the engine's back.
func Put(id string, props map[string]any) Step {
	return Step{"put " + id, func(w *World, _ *Observation) {
		if err := w.Cloud.Put(id, props); err != nil {
			w.Fatal(err)
		}
	}}
}

// duringUpdate does something while an update of the stack waits in the cloud,
// lets it go on and returns how it ended. ok is false, and what went wrong is
// noted, when the update did not come that far.
func (w *World) duringUpdate(o *Observation, do func(st *auto.Stack)) (ended error, ok bool) {
	st, err := w.Stack(one("a", m{"wait": s("gate")}))
	if err != nil {
		o.failed(err)
		return nil, false
	}
	first := make(chan error, 1)
	go func() { _, err := st.Up(w.Context()); first <- err }()
	select {
	case <-w.Cloud.Reached("gate"):
	case err := <-first:
		o.failed(err)
		return nil, false
	}
	do(st)
	w.Cloud.Open("gate")
	return <-first, true
}
