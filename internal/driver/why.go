package driver

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// noAnswer is how the engine puts it that the program's process has ended.
const noAnswer = "the program ended before it had answered"

// whyDied says how the program ended when that is why an operation failed.
func (s *Session) whyDied(err error) error {
	if err == nil || s.process == nil {
		return err
	}
	if strings.Contains(err.Error(), noAnswer) {
		if told := s.process.Explain(io.EOF); told != io.EOF {
			return told
		}
	}
	return s.process.Explain(err)
}

func isDeath(err error) bool {
	var died *program.Death
	return errors.As(err, &died)
}

// inOurWords says what the engine puts in words that only Pulumi knows, and
// leaves it out of the diagnostics.
func inOurWords(err error, list []gitops.Diagnostic, id gitops.StackID, project string) ([]gitops.Diagnostic, error) {
	without := func(unclear func(text string) bool) []gitops.Diagnostic {
		return slices.DeleteFunc(list, func(d gitops.Diagnostic) bool { return unclear(d.Message) })
	}
	if isDeath(err) {
		return without(func(text string) bool { return strings.Contains(text, noAnswer) }), err
	}
	if err == nil {
		return list, nil
	}
	if needed := undeployed(err.Error(), project); len(needed) > 0 {
		return without(func(text string) bool { return len(undeployed(text, project)) > 0 }), neverDeployed(id, needed, gitops.KindOf(err))
	}
	return list, err
}

// unknownStack is how the engine puts it that a stack that is read has no state.
var unknownStack = regexp.MustCompile(`unknown stack "organization/([^/"]+)/([^/"]+)"`)

// undeployed lists the stacks of the project that a text says are unknown.
func undeployed(text, project string) []gitops.StackID {
	var out []gitops.StackID
	for _, m := range unknownStack.FindAllStringSubmatch(text, -1) {
		id, err := gitops.ParsePulumiName(m[2])
		if err == nil && m[1] == project && !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.SortFunc(out, gitops.StackID.Compare)
	return out
}

// neverDeployed is the error of a stack that reads others too early.
func neverDeployed(id gitops.StackID, needed []gitops.StackID, kind gitops.Kind) error {
	names, commands := make([]string, len(needed)), make([]string, len(needed))
	for i, n := range needed {
		names[i], commands[i] = n.String(), "trunkline up -e "+n.Environment+" -s "+n.Name
	}
	which := ", which was never deployed"
	if len(needed) > 1 {
		which = ", which were never deployed"
	}
	return &gitops.Error{Kind: kind, What: id.String() + " reads the outputs of " + strings.Join(names, " and ") + which,
		Next: strings.Join(commands, " && ")}
}

// advised adds the next command to a failure that the engine found: it knows
// resources, and no commands.
func advised(err error, id gitops.StackID, a action) error {
	var e *gitops.Error
	if !errors.As(err, &e) || e.Next != "" || e.Kind != gitops.Deployment && e.Kind != gitops.Failed ||
		!strings.HasSuffix(e.What, " failed") && !isDeath(err) {
		return err
	}
	again := "trunkline " + verb(a) + " -e " + id.Environment + " -s " + id.Name
	if a.dry {
		return &gitops.Error{Kind: e.Kind, Err: err, Next: "mend that, then: " + again}
	}
	return &gitops.Error{Kind: e.Kind, Err: err, Next: "what was done is saved; mend that, then: " + again + " goes on from there"}
}

// verb is the command that does an action.
func verb(a action) string {
	switch {
	case a.operation == gitops.Update:
		return "up"
	case a.operation == gitops.Refresh && a.dry:
		return "drift"
	}
	return string(a.operation)
}
