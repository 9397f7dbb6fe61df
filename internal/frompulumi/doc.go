// Package frompulumi turns a Pulumi project that is written in Go into a stack
// of an estate: its program, its configuration, its state. It only makes texts
// of texts; nothing is read, written or run.
package frompulumi

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is something that is not carried over as it is.
type Finding struct {
	// File is the path in the project's directory, Line the line or 0.
	File string
	Line int
	// What is the matter, and Next what a person does about it.
	What, Next string
	// Blocks tells that no estate can be written before that is done.
	Blocks bool
}

// String is "main.go:12: what; next".
func (f Finding) String() string {
	where := f.File
	if f.Line > 0 {
		where = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	if where != "" {
		where += ": "
	}
	if f.Next == "" {
		return where + f.What
	}
	return where + f.What + "; " + f.Next
}

// Sort orders findings by place.
func Sort(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
}
