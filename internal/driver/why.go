package driver

import (
	"errors"
	"io"
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

// withoutNoAnswer leaves out what the death of the program says better.
func withoutNoAnswer(list []gitops.Diagnostic) []gitops.Diagnostic {
	return slices.DeleteFunc(list, func(d gitops.Diagnostic) bool { return strings.Contains(d.Message, noAnswer) })
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
