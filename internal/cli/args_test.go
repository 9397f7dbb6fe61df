package cli

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestEveryCommandSaysWhichArgumentsItTakes(t *testing.T) {
	t.Parallel()
	root := New(Deps{Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }})
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
		if cmd.HasSubCommands() || cmd.Parent().Name() == "completion" {
			return
		}
		least, names := placeholders(cmd.Use)
		for _, n := range []int{least - 1, len(names) + 1} {
			if n < 0 || n > len(names) && strings.HasSuffix(cmd.Use, "...") {
				continue
			}
			err := cmd.Args(cmd, slices.Repeat([]string{"hunter2"}, n))
			told, ok := err.(*gitops.Error)
			if !ok || told.Kind != gitops.Invalid {
				t.Fatalf("%s with %d arguments: %v, want an error of usage", cmd.CommandPath(), n, err)
			}
			if !strings.Contains(told.Next, cmd.UseLine()) || !strings.Contains(told.Next, "for example: ") {
				t.Errorf("%s: next is %q, want the usage and an example", cmd.CommandPath(), told.Next)
			}
			if strings.Contains(told.Error()+told.Next, "hunter2") {
				t.Errorf("%s repeats what was given: %v", cmd.CommandPath(), err)
			}
		}
		for n := least; n <= len(names); n++ {
			if err := cmd.Args(cmd, make([]string, n)); err != nil {
				t.Errorf("%s with %d arguments: %v", cmd.CommandPath(), n, err)
			}
		}
	}
	walk(root)
}
