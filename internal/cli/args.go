package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// checkArgs makes wrong arguments and unknown commands errors of usage. How many
// arguments a command takes is what its usage line says.
func checkArgs(cmd *cobra.Command) {
	cmd.SuggestionsMinimumDistance = 2
	if !cmd.Runnable() { // cobra looks at the arguments only of commands that do something
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	cmd.Args = countArgs
	if _, names := placeholders(cmd.Use); cmd.HasSubCommands() && len(names) == 0 {
		cmd.Args = noSuchCommand
	}
	for _, sub := range cmd.Commands() {
		checkArgs(sub)
	}
}

// noSuchCommand refuses a word where only the name of a command may stand.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := gitops.Errorf(gitops.Invalid, "unknown command %q", cmd.CommandPath()+" "+args[0])
	err.Next = cmd.CommandPath() + " --help"
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		err.Next = cmd.CommandPath() + " " + near[0]
	}
	return err
}

// countArgs refuses too few and too many arguments: it says what belongs there,
// the usage and an example. What was given is not repeated; it may be a secret.
func countArgs(cmd *cobra.Command, args []string) error {
	least, names := placeholders(cmd.Use)
	many := strings.HasSuffix(cmd.Use, "...") // as many of the last as one likes
	if least <= len(args) && (many || len(args) <= len(names)) {
		return nil
	}
	takes := "takes no arguments"
	if len(names) > 0 {
		takes = "takes " + strings.Join(names, " and ")
	}
	given := plural(len(args), "argument") + " given"
	if len(args) == 0 {
		given = "none given"
	}
	next := cmd.UseLine()
	if example, _, _ := strings.Cut(strings.TrimSpace(cmd.Example), "\n"); example != "" {
		next += "\nfor example: " + example
	}
	return &gitops.Error{Kind: gitops.Invalid, What: fmt.Sprintf("%s %s: %s", cmd.CommandPath(), takes, given), Next: next}
}

// placeholders are the arguments in a usage line such as "explain [STACK.KEY]",
// and how many of them are not optional.
func placeholders(use string) (least int, names []string) {
	names = strings.Fields(use)[1:]
	for i, n := range names {
		if names[i] = strings.Trim(n, "[]"); names[i] == n {
			least++
		}
	}
	return least, names
}
