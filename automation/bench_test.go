package automation_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
)

// The whole of auto.Stack.Preview on two resources without a change.
func BenchmarkPreview(b *testing.B) {
	w := newWorld(b)
	s := w.stack("dev", things("a", "one", "two"))
	_, err := s.Up(b.Context())
	w.must(err)
	for b.Loop() {
		_, err := s.Preview(b.Context())
		w.must(err)
	}
}

// The whole of auto.Stack.Up, with its outputs and history, without a change.
func BenchmarkUp(b *testing.B) {
	w := newWorld(b)
	s := w.stack("dev", things("a", "one", "two"))
	for b.Loop() {
		_, err := s.Up(b.Context())
		w.must(err)
	}
}

func BenchmarkSetConfig(b *testing.B) {
	w := newWorld(b)
	s := w.stack("dev", nothing)
	for b.Loop() {
		w.must(s.SetConfig(b.Context(), "password", auto.ConfigValue{Value: "x", Secret: true}))
	}
}
