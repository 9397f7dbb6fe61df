package program

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Death is how a program ended that should have gone on.
type Death struct {
	// Code is its exit code, -1 when a signal ended it.
	Code int
	// Signal names the signal, such as "killed".
	Signal string
	// Panic is the message of the panic that ended it.
	Panic string
	// Where is the first "file:line" of the repository in the panic's trace.
	Where string
	// Tail are the last lines that it printed.
	Tail []string
}

// Error says how it ended, followed by its last lines unless it panicked.
func (d *Death) Error() string {
	said := ""
	for _, line := range d.Tail[max(0, len(d.Tail)-10):] {
		said += "\n  " + line
	}
	switch {
	case d.Panic != "":
		return "it panicked: " + d.Panic
	case d.Signal != "":
		return "it was ended by a signal: " + d.Signal + said
	}
	return fmt.Sprintf("it ended with exit code %d", d.Code) + said
}

// death reads how a process ended.
func death(state *os.ProcessState, out *tail, bin Binary) *Death {
	d := &Death{Code: -1}
	if state != nil {
		d.Code = state.ExitCode()
		if ws, ok := state.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
			d.Signal = ws.Signal().String()
		}
	}
	last, trace := out.lines()
	d.Tail = last
	if d.Code == 2 { // the exit code of every panic
		d.Panic, d.Where = parseTrace(trace, bin.Module, bin.ModuleDir)
	}
	return d
}

// failure is the error for a death, placed where the program panicked.
func (d *Death) failure(what string) error {
	return &gitops.Error{Kind: gitops.Failed, Where: d.Where, What: what, Err: d}
}

// early is the error for a death before the program did anything. An exit code
// of 2 without a panic is how it says that its stacks contradict each other.
func (d *Death) early(what string) error {
	if d.Code != 2 || d.Panic != "" {
		return d.failure(what)
	}
	return &gitops.Error{Kind: gitops.Invalid, Err: errors.New("the estate is not valid:\n  " + strings.Join(d.Tail, "\n  "))}
}
