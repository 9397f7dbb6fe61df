package automation

import (
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/engine"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// flags defines the flags of the kind; the CLI's commands differ in the same
// ways.
func (o *operation) flags(fs *pflag.FlagSet) {
	o.displayFlags(fs)
	if o.kind == engine.ResourceImport {
		o.imported.define(fs)
		fs.BoolVar(&o.previewOnly, "preview-only", false, "change nothing")
		fs.BoolVar(&o.skipPreview, "skip-preview", false, "no preview; always the case here")
		return
	}
	o.programFlags(fs)
	switch o.kind {
	case gitops.Preview:
		o.updateFlags(fs)
		fs.StringVar(&o.savePlan, "save-plan", "", "file to write a plan to, for `up --plan`")
		fs.StringVar(&o.importFile, "import-file", "", "file to list what is created in, for `import --file`")
	case gitops.Update:
		o.updateFlags(fs)
		fs.StringVar(&o.plan, "plan", "", "file with the plan that the update must keep to")
		fs.BoolVar(&o.continueOnError, "continue-on-error", false, "go on with resources that do not depend on a failed one")
		fs.BoolVarP(&o.skipPreview, "skip-preview", "f", false, "no preview; always the case here")
	case gitops.Refresh:
		o.changeFlags(fs)
		fs.BoolVar(&o.expectNoChanges, "expect-no-changes", false, "fail when something has changed")
		fs.BoolVar(&o.clearPending, "clear-pending-creates", false, "forget creates whose end is not known")
		fs.StringArrayVar(&o.importPending, "import-pending-creates", nil, "URN, then ID, of a create to adopt")
	case gitops.Destroy:
		o.changeFlags(fs)
		o.refreshFlag(fs)
		fs.BoolVar(&o.continueOnError, "continue-on-error", false, "go on with resources that do not depend on a failed one")
	}
}

// displayFlags are those of every operation.
func (o *operation) displayFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&o.message, "message", "m", "", "message for the history")
	fs.StringVar(&o.execKind, "exec-kind", "", "who runs this, for the history")
	fs.StringVar(&o.execAgent, "exec-agent", "", "what runs this, for the history")
	fs.IntVarP(&o.parallel, "parallel", "p", 0, "resource operations at once")
	fs.BoolVar(&o.diff, "diff", false, "show a diff instead of a tree")
	fs.BoolVar(&o.suppressOutputs, "suppress-outputs", false, "do not show outputs")
	fs.Bool("suppress-progress", false, "no spinner; always the case here")
	fs.BoolVarP(&o.debug, "debug", "d", false, "show what plugins say for debugging")
	fs.StringVar(&o.eventLog, "event-log", "", "tcp:// address that receives the events")
}

// programFlags are those of operations that may run the program.
func (o *operation) programFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.client, "client", "", "address of the program's LanguageRuntime")
	fs.StringArrayVarP(&o.targets, "target", "t", nil, "URN of a resource to operate on")
	fs.StringArrayVarP(&o.excludes, "exclude", "x", nil, "URN of a resource to leave out")
	fs.BoolVar(&o.targetDependents, "target-dependents", false, "with what depends on the targets")
	fs.BoolVar(&o.excludeDependents, "exclude-dependents", false, "without what depends on the excluded")
	fs.BoolVar(&o.runProgram, "run-program", false, "run the program to find the desired state")
}

// updateFlags are those of preview and up.
func (o *operation) updateFlags(fs *pflag.FlagSet) {
	o.refreshFlag(fs)
	fs.StringArrayVar(&o.replaces, "replace", nil, "URN of a resource to replace")
	fs.BoolVar(&o.expectNoChanges, "expect-no-changes", false, "fail when something changes")
	fs.StringSliceVar(&o.policyPacks, "policy-pack", nil, "path of a policy pack to run")
	fs.StringSliceVar(&o.policyPackConfig, "policy-pack-config", nil, "JSON file with the settings of the policy pack at the same place")
}

// changeFlags are those of operations that can also be previewed.
func (o *operation) changeFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.previewOnly, "preview-only", false, "change nothing")
	fs.BoolVarP(&o.skipPreview, "skip-preview", "f", false, "no preview; always the case here")
}

func (o *operation) refreshFlag(fs *pflag.FlagSet) {
	fs.StringVarP(&o.refresh, "refresh", "r", "", "refresh the state first")
	fs.Lookup("refresh").NoOptDefVal = "true"
}
