// Package cli is the command line: each command decodes its flags, calls one
// use case of the driver and gives the result to a view.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
)

// Deps is what the commands take from outside.
type Deps struct {
	Stdin  io.Reader // nil: never prompt
	Stdout io.Writer // data
	Stderr io.Writer // progress, logs, errors
	Getenv func(string) string
	// Names are the names of all environment variables that are not empty.
	Names func() []string
	// Dir is the directory that relative paths and -C start from.
	Dir string
	Now func() time.Time
	// Terminate closes when an operation must stop at once.
	Terminate <-chan struct{}
	// Token returns random words that nobody can guess.
	Token func() string
	// Forge opens what a job of a CI system is about.
	Forge func(ci.Context) (Forge, error)
	// Run runs another command line in this process, as the demo does.
	Run func(args []string, dir string, stdout, stderr io.Writer) int
}

// Forge is where a job's repository is. The zero value is a job without one.
type Forge struct {
	gitops.Forge
	Remote *checkout.Remote
}

// Groups of commands in the help.
const (
	groupDaily   = "daily"
	groupInspect = "inspect"
	groupEstate  = "estate"
	groupAdmin   = "admin"
)

// New returns the command tree.
func New(deps Deps) *cobra.Command {
	g := &globals{deps: deps}
	root := &cobra.Command{
		Use:   "trunkline",
		Short: "Deliver infrastructure written in Go",
		Long: `Trunkline delivers infrastructure written in Go. Every environment is described
by a commit: preview what a commit changes, update environments from it, find
drift, and roll back by naming a commit.`,
		Example: `  trunkline demo                     the whole story in a scratch repository
  trunkline preview -e dev           what would change
  trunkline up -e dev                change it
  trunkline rollback -e dev --to SHA go back to a commit`,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	g.wrote = func() { root.Annotations = map[string]string{documented: "true"} }
	root.SetIn(deps.Stdin)
	root.SetOut(deps.Stdout)
	root.SetErr(deps.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return usage(cmd, err) })
	root.AddGroup(
		&cobra.Group{ID: groupDaily, Title: "Daily:"},
		&cobra.Group{ID: groupInspect, Title: "Inspect:"},
		&cobra.Group{ID: groupEstate, Title: "Estate:"},
		&cobra.Group{ID: groupAdmin, Title: "State and tools:"},
	)
	g.register(root)
	for _, c := range commands {
		cmd := c.build(g)
		cmd.GroupID = c.group
		root.AddCommand(cmd)
	}
	root.SetHelpCommandGroupID(groupAdmin)
	root.SetCompletionCommandGroupID(groupAdmin)
	root.InitDefaultCompletionCmd()
	checkArgs(root)
	return root
}

// commands is every command, in the order of the help.
var commands = []struct {
	group string
	build func(*globals) *cobra.Command
}{
	{groupDaily, previewCommand},
	{groupDaily, upCommand},
	{groupDaily, driftCommand},
	{groupDaily, refreshCommand},
	{groupDaily, rollbackCommand},
	{groupDaily, destroyCommand},
	{groupDaily, ciCommand},
	{groupInspect, affectedCommand},
	{groupInspect, diffCommand},
	{groupInspect, reviewCommand},
	{groupInspect, graphCommand},
	{groupInspect, historyCommand},
	{groupInspect, outputsCommand},
	{groupInspect, stackCommand},
	{groupInspect, policyCommand},
	{groupEstate, initCommand},
	{groupEstate, validateCommand},
	{groupEstate, configCommand},
	{groupEstate, envCommand},
	{groupEstate, secretCommand},
	{groupEstate, importCommand},
	{groupAdmin, demoCommand},
	{groupAdmin, doctorCommand},
	{groupAdmin, sandboxCommand},
	{groupAdmin, stateCommand},
	{groupAdmin, pluginCommand},
	{groupAdmin, versionCommand},
}

// usage marks an error as one of usage and says where the help is.
func usage(cmd *cobra.Command, err error) error {
	var known *gitops.Error
	if errors.As(err, &known) {
		return err
	}
	return &gitops.Error{Kind: gitops.Invalid, Err: err, Next: cmd.CommandPath() + " --help"}
}

// shownError is an error whose text the reader has already seen in a document.
type shownError struct{ error }

func (e shownError) Unwrap() error { return e.error }

// shown marks err as already shown; only its exit code is left to give.
func shown(err error) error {
	if err == nil {
		return nil
	}
	return shownError{err}
}

// Shown tells whether err needs no more telling.
func Shown(err error) bool {
	var s shownError
	return errors.As(err, &s) || errors.Is(err, context.Canceled) && gitops.KindOf(err) == gitops.Cancelled
}

// documented is the annotation of a root command that has written its JSON.
const documented = "documented"

// ErrorDocument tells an error on stdout, when the command line asked for JSON
// and no document stands there yet: stdout is one JSON value, or a line each.
func ErrorDocument(root *cobra.Command, stdout io.Writer, err error) error {
	switch root.PersistentFlags().Lookup("output").Value.String() {
	case formatJSON:
		if root.Annotations[documented] == "" {
			return review.Encode(stdout, review.ErrorJSON(err))
		}
	case formatJSONL:
		return json.NewEncoder(stdout).Encode(review.ErrorJSON(err))
	}
	return nil
}
