package comment

import (
	"cmp"
	"strconv"
	"strings"
)

// Generation orders the runs that write one comment: an older one never
// overwrites what a newer one wrote. Deployments are newer than every preview,
// then a greater Run is newer, then a greater Attempt.
type Generation struct {
	// Deployment tells that the run came after the merge.
	Deployment bool
	// Run is a number that grows over all runs of the repository, such as
	// GITHUB_RUN_ID or CI_PIPELINE_ID. Attempt counts its repetitions.
	Run, Attempt int64
}

// Compare is negative when g is older than o, 0 when they are the same run.
func (g Generation) Compare(o Generation) int {
	if g.Deployment != o.Deployment {
		if g.Deployment {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(g.Run, o.Run), cmp.Compare(g.Attempt, o.Attempt))
}

// String is how the comment carries it: "12.1", and "d12.1" for a deployment.
func (g Generation) String() string {
	s := strconv.FormatInt(g.Run, 10) + "." + strconv.FormatInt(g.Attempt, 10)
	if g.Deployment {
		return "d" + s
	}
	return s
}

// ParseGeneration reads what String writes. Anything else is no generation.
func ParseGeneration(text string) (Generation, bool) {
	rest, deployment := strings.CutPrefix(text, "d")
	run, attempt, ok := strings.Cut(rest, ".")
	if !ok {
		return Generation{}, false
	}
	g := Generation{Deployment: deployment}
	var errRun, errAttempt error
	g.Run, errRun = strconv.ParseInt(run, 10, 64)
	g.Attempt, errAttempt = strconv.ParseInt(attempt, 10, 64)
	if errRun != nil || errAttempt != nil || g.String() != text {
		return Generation{}, false
	}
	return g, true
}
