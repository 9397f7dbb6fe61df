package automation

import (
	"strconv"

	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// operation is a preview, up, refresh or destroy with its flags.
type operation struct {
	kind gitops.Operation

	client, eventLog             string
	message, execKind, execAgent string
	targets, excludes, replaces  []string
	targetDependents             bool
	excludeDependents            bool
	parallel                     int
	diff                         bool
	suppressOutputs              bool
	refresh, runProgram          bool
	continueOnError              bool
	expectNoChanges, previewOnly bool
	skipPreview                  bool
	clearPending                 bool
	importPending                []string
}

func newPreview() *operation { return &operation{kind: gitops.Preview} }
func newUp() *operation      { return &operation{kind: gitops.Update} }
func newRefresh() *operation { return &operation{kind: gitops.Refresh} }
func newDestroy() *operation { return &operation{kind: gitops.Destroy} }

// flags defines the flags of the kind; the CLI's commands differ in the same
// ways.
func (o *operation) flags(fs *pflag.FlagSet) {
	o.sharedFlags(fs)
	switch o.kind {
	case gitops.Preview:
		fs.StringArrayVar(&o.replaces, "replace", nil, "URN of a resource to replace")
		fs.BoolVarP(&o.refresh, "refresh", "r", false, "refresh the state first")
		fs.BoolVar(&o.expectNoChanges, "expect-no-changes", false, "fail when something would change")
	case gitops.Update:
		fs.StringArrayVar(&o.replaces, "replace", nil, "URN of a resource to replace")
		fs.BoolVarP(&o.refresh, "refresh", "r", false, "refresh the state first")
		fs.BoolVar(&o.expectNoChanges, "expect-no-changes", false, "fail when something has changed")
		fs.BoolVar(&o.continueOnError, "continue-on-error", false, "go on with resources that do not depend on a failed one")
		fs.BoolVarP(&o.skipPreview, "skip-preview", "f", false, "no preview; always the case here")
	case gitops.Refresh:
		fs.BoolVar(&o.expectNoChanges, "expect-no-changes", false, "fail when something has changed")
		fs.BoolVar(&o.previewOnly, "preview-only", false, "change nothing")
		fs.BoolVarP(&o.skipPreview, "skip-preview", "f", false, "no preview; always the case here")
		fs.BoolVar(&o.clearPending, "clear-pending-creates", false, "forget creates whose end is not known")
		fs.StringArrayVar(&o.importPending, "import-pending-creates", nil, "URN, then ID, of a create to adopt")
	case gitops.Destroy:
		fs.BoolVarP(&o.refresh, "refresh", "r", false, "refresh the state first")
		fs.BoolVar(&o.continueOnError, "continue-on-error", false, "go on with resources that do not depend on a failed one")
		fs.BoolVar(&o.previewOnly, "preview-only", false, "change nothing")
		fs.BoolVarP(&o.skipPreview, "skip-preview", "f", false, "no preview; always the case here")
	}
}

func (o *operation) sharedFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.client, "client", "", "address of the program's LanguageRuntime")
	fs.StringVar(&o.eventLog, "event-log", "", "tcp:// address that receives the events")
	fs.StringVarP(&o.message, "message", "m", "", "message for the history")
	fs.StringVar(&o.execKind, "exec-kind", "", "who runs this, for the history")
	fs.StringVar(&o.execAgent, "exec-agent", "", "what runs this, for the history")
	fs.StringArrayVarP(&o.targets, "target", "t", nil, "URN of a resource to operate on")
	fs.StringArrayVar(&o.excludes, "exclude", nil, "URN of a resource to leave out")
	fs.BoolVar(&o.targetDependents, "target-dependents", false, "with what depends on the targets")
	fs.BoolVar(&o.excludeDependents, "exclude-dependents", false, "without what depends on the excluded")
	fs.IntVarP(&o.parallel, "parallel", "p", 0, "resource operations at once")
	fs.BoolVar(&o.diff, "diff", false, "show a diff instead of a tree")
	fs.BoolVar(&o.suppressOutputs, "suppress-outputs", false, "do not show outputs")
	fs.Bool("suppress-progress", false, "no spinner; always the case here")
	fs.BoolVar(&o.runProgram, "run-program", false, "run the program to find the desired state")
}

// check refuses what does not make sense.
func (o *operation) check() error {
	switch {
	case o.parallel < 0:
		return usage("--parallel must not be negative")
	case len(o.targets) > 0 && len(o.excludes) > 0:
		return usage("--target and --exclude exclude each other")
	case o.targetDependents && len(o.targets) == 0:
		return usage("--target-dependents needs --target")
	case o.excludeDependents && len(o.excludes) == 0:
		return usage("--exclude-dependents needs --exclude")
	case len(o.importPending)%2 != 0:
		return usage("--import-pending-creates takes a URN and then an ID, each with its own flag")
	case o.previewOnly && (o.clearPending || len(o.importPending) > 0):
		return usage("pending creates cannot be settled with --preview-only")
	case len(o.targets) > 0 && (o.clearPending || len(o.importPending) > 0):
		return usage("pending creates cannot be settled with --target")
	}
	return nil
}

func (o *operation) dryRun() bool { return o.kind == gitops.Preview || o.previewOnly }

// plainMessage undoes the quoting that auto puts around messages.
func plainMessage(m string) string {
	if len(m) > 1 && m[0] == '"' {
		if s, err := strconv.Unquote(m); err == nil {
			return s
		}
	}
	return m
}

// hasChanges tells whether an operation changed, or would change, something.
func hasChanges(changes map[string]int) bool {
	for op, n := range changes {
		switch op {
		case "same", "read", "read-discard", "discard", "read-replacement":
		default:
			if n > 0 {
				return true
			}
		}
	}
	return false
}
