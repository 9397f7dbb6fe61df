package automation

import (
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/engine"
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
	refresh                      string // "", or a boolean
	runProgram                   bool
	continueOnError              bool
	expectNoChanges, previewOnly bool
	skipPreview                  bool
	clearPending                 bool
	importPending                []string

	plan, savePlan, importFile    string // files
	policyPacks, policyPackConfig []string
	debug                         bool
	imported                      importFlags
}

func newPreview() *operation { return &operation{kind: gitops.Preview} }
func newUp() *operation      { return &operation{kind: gitops.Update} }
func newRefresh() *operation { return &operation{kind: gitops.Refresh} }
func newDestroy() *operation { return &operation{kind: gitops.Destroy} }
func newImport() *operation  { return &operation{kind: engine.ResourceImport} }

// check refuses what does not make sense.
func (o *operation) check() error {
	switch {
	case o.parallel < 0:
		return usage("--parallel must not be negative")
	case o.skipPreview && o.previewOnly:
		return usage("--skip-preview and --preview-only cannot be used together")
	case o.refresh != "" && !isBool(o.refresh):
		return usage("unable to determine value for --refresh")
	case len(o.policyPackConfig) > 0 && len(o.policyPacks) == 0:
		return usage(`"--policy-pack-config" must be specified with "--policy-pack"`)
	case len(o.policyPackConfig) > 0 && len(o.policyPackConfig) != len(o.policyPacks):
		return usage(`the number of "--policy-pack-config" flags must match the number of "--policy-pack" flags`)
	case len(o.targets) > 0 && len(o.excludes) > 0:
		return usage("if any flags in the group [target exclude] are set none of the others can be; [exclude target] were all set")
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

func isBool(s string) bool {
	_, err := strconv.ParseBool(s)
	return err == nil
}

// refreshes tells whether the state is refreshed first: --refresh says so, or
// the project does and --refresh does not say otherwise.
func (o *operation) refreshes(always bool) bool {
	if o.refresh == "" {
		return always && o.kind != gitops.Refresh
	}
	yes, err := strconv.ParseBool(o.refresh)
	return err == nil && yes
}

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
