package cli

import (
	"cmp"
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/ci"
	"github.com/trunkline-dev/trunkline/internal/cli/views"
)

// logged runs f with everything that is shown made plain for the CI system that
// reads it: no name, value or message of anybody becomes a command to it. Data in
// JSON is left as it is.
func (g *globals) logged(f func(log *ci.Log) error) error {
	system := ci.SystemOf(func(name string) string {
		if name == "TRUNKLINE_EVENT" { // describes the job, not who reads its log
			return ""
		}
		return g.deps.Getenv(name)
	})
	log := ci.NewLog(g.deps.Stderr, system, g.deps.Now, g.deps.Token)
	if system == "" { // people may read it
		return f(log)
	}
	data := ci.NewLog(g.deps.Stdout, system, g.deps.Now, g.deps.Token)
	g.deps.Stderr = log
	if g.output != formatJSON {
		g.deps.Stdout = data
	}
	g.out, g.err, g.color = nil, nil, "never" // colours are control characters
	err := f(log)
	if err != nil && !Shown(err) && g.output != formatJSON {
		views.Error(log, err)
		err = shown(err)
	}
	if flushErr := cmp.Or(data.Flush(), log.Flush()); err == nil {
		err = flushErr
	}
	return err
}

// title names a job in its log.
func title(c ci.Context) string {
	what := map[ci.Event]string{
		ci.PullRequest: "pull request", ci.Queue: "merge queue", ci.Push: "push to " + c.Head.Ref, ci.Schedule: "schedule", ci.Manual: "started by hand",
	}[c.Event]
	if c.Number > 0 {
		what += " #" + strconv.Itoa(c.Number)
	}
	return what + ", " + c.Head.Short()
}
