package engine

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/result"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// failures is what went wrong, as the engine's events tell it. The engine's
// own error only says that something did.
type failures struct {
	// resources are the messages about resources, program the others.
	resources, program []string
	// violations are what policies forbid.
	violations []string
	// failed is how many resource operations failed.
	failed int
}

func (f *failures) note(e engine.Event) {
	switch p := e.Payload().(type) {
	case engine.ResourceOperationFailedPayload:
		f.failed++
	case engine.PolicyViolationEventPayload:
		if violated(p) {
			f.violations = append(f.violations, fmt.Sprintf("%s %s: [%s] %s: %s", p.ResourceURN.Type(), p.ResourceURN.Name(),
				p.PolicyPackName, p.PolicyName, strings.TrimSpace(plainText(p.Message))))
		}
	case engine.DiagEventPayload:
		if p.Severity != diag.Error {
			return
		}
		text := plainText(p.Message)
		if generic.MatchString(text) {
			return
		}
		if p.URN == "" || p.URN.Type() == resource.RootStackType {
			f.program = append(f.program, text)
			return
		}
		f.resources = append(f.resources, fmt.Sprintf("%s %s: %s", p.URN.Type(), p.URN.Name(), text))
	}
}

// generic is the engine's last word, which says nothing that its error does not.
var generic = regexp.MustCompile(`^(preview|update|refresh|destroy|import|resource) (failed|canceled)$`)

// deadProgram is how gRPC words the end of the program's process.
var deadProgram = []string{"error reading from server: EOF", "connection refused", "connection reset by peer", "transport is closing"}

// explain turns what an operation ended with into an error that a person can
// act on.
func (op *operation) explain(err error) error {
	if err == nil {
		return nil
	}
	var fenced *gitops.FencedError
	var locked *gitops.LockedError
	var ours *gitops.Error
	switch {
	case op.lost() != nil:
		return op.lost()
	case errors.As(err, &fenced):
		return fenced
	case errors.As(err, &locked):
		return locked
	case errors.As(err, &ours) && ours.Kind == gitops.Bug:
		return ours
	case strings.Contains(err.Error(), "panic in goroutine:"):
		return &gitops.Error{Kind: gitops.Bug, What: "the engine panicked", Err: err}
	case op.stopped() == stopNow:
		return &gitops.Error{Kind: gitops.Cancelled, What: fmt.Sprintf("%s was stopped at once; what it was doing may be half done", op.req.Operation),
			Err: op.detail(err)}
	case op.stopped() == stopGraceful:
		return &gitops.Error{Kind: gitops.Cancelled, What: fmt.Sprintf("%s was cancelled; what it had begun was finished and saved", op.req.Operation)}
	case ours != nil:
		return err
	case op.refusal() != nil:
		return op.refusal()
	case len(op.failures.violations) > 0:
		return &gitops.Error{Kind: gitops.Violated, What: op.name() + " failed: policies forbid it", Err: op.detail(err)}
	case op.failures.failed > 0 || len(op.failures.resources) > 0:
		return &gitops.Error{Kind: gitops.Deployment, What: op.name() + " failed", Err: op.detail(err)}
	case programDied(err) || programDied(errors.New(strings.Join(op.failures.program, "\n"))):
		return &gitops.Error{Kind: gitops.Failed, What: programEnded,
			Next: "see the program's own output"}
	}
	return &gitops.Error{Kind: gitops.Failed, What: op.name() + " failed", Err: op.detail(err)}
}

// name is what the operation is called: a dry run is a preview.
func (op *operation) name() string {
	if op.req.DryRun {
		return string(gitops.Preview)
	}
	return string(op.req.Operation)
}

// Told tells that err says nothing that the operation's events and display have
// not said: the engine's own word for that is that it bailed out.
func Told(err error) bool {
	var t toldError
	return errors.As(err, &t)
}

type toldError struct{ error }

// detail returns the messages of the events, and the engine's error only when
// there are none or when it says something of its own. What quotes a secret of
// the configuration quotes it masked.
func (op *operation) detail(err error) error {
	lines := slices.Concat(op.failures.violations, op.failures.resources, op.failures.program)
	told := len(lines) > 0 && result.IsBail(err)
	if !told {
		lines = append(lines, strings.TrimPrefix(err.Error(), "BAIL: "))
	}
	text := strings.Join(lines, "\n")
	if op.secrets != nil { // before that, nothing can have read a secret
		text = op.converter().plain.text(text)
	}
	if told {
		return toldError{errors.New(text)}
	}
	return errors.New(text)
}

const programEnded = "the program ended before it had answered: it panicked, exited or was killed"

// reworded says in words what gRPC says about the end of the program.
func reworded(e engine.Event) engine.Event {
	p, ok := e.Payload().(engine.DiagEventPayload)
	if !ok || p.Severity != diag.Error || !programDied(errors.New(p.Message)) || p.URN != "" && p.URN.Type() != resource.RootStackType {
		return e
	}
	p.Message = programEnded + "\n"
	return engine.NewEvent(p)
}

func programDied(err error) bool {
	for _, text := range deadProgram {
		if strings.Contains(err.Error(), text) {
			return true
		}
	}
	return false
}
