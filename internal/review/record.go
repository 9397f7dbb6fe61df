package review

import (
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// deployed is the headline of the record of a deployment.
func (v *view) deployed() string {
	byState := map[gitops.RunState][]string{}
	waits := ""
	for _, s := range v.Deployment {
		env := prose(shorten(s.Environment, 80))
		byState[s.State] = append(byState[s.State], env)
		if s.State == gitops.RunQueued && s.Waiting != "" && waits == "" {
			what, _, _ := strings.Cut(s.Waiting, ": ") // the table says why
			waits = env + " waits for " + prose(shorten(what, 160))
		}
	}
	var parts []string
	add := func(word string, states ...gitops.RunState) {
		var envs []string
		for _, s := range states {
			envs = append(envs, byState[s]...)
		}
		if len(envs) > 0 {
			parts = append(parts, word+enumerate(envs))
		}
	}
	if failed := byState[gitops.RunFailed]; len(failed) > 0 {
		parts = append(parts, "**failed in "+enumerate(failed)+"**")
	}
	add("deploying to ", gitops.RunRunning)
	add("deployed to ", gitops.RunSucceeded)
	add("cancelled in ", gitops.RunCancelled)
	add("not reached: ", gitops.RunSkipped)
	switch {
	case waits != "":
		parts = append(parts, waits)
	default:
		add("next: ", gitops.RunQueued)
	}
	if len(v.Left) > 0 {
		parts = append(parts, v.leftNames())
	}
	return strings.Join(parts, "; ")
}

// enumerate writes names one after the other, as a sentence does.
func enumerate(names []string) string {
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// record is the table of how far each environment has come, and the commands
// that go on.
func (v *view) record() string {
	if len(v.Deployment) == 0 {
		return ""
	}
	var b strings.Builder
	writeRow(&b, []string{"environment", "", "commit", "changes", "by", "at"})
	b.WriteString("|---|---|---|---|---|---|\n")
	var notes []string
	for _, s := range v.Deployment {
		env := prose(shorten(s.Environment, 80))
		commit, at := "", ""
		if s.Revision.SHA != "" && !strings.Contains(s.Revision.Short(), "|") { // a bar would end the cell
			commit = v.commit(s.Revision)
		}
		if !s.At.IsZero() {
			at = s.At.UTC().Format("2006-01-02 15:04 UTC")
		}
		counts := ""
		if s.State == gitops.RunSucceeded || s.Summary.Changed() > 0 {
			counts = counted(s.Summary)
		}
		if target := linkTarget(s.URL); target != "" && at != "" {
			at = "[" + at + "](" + target + ")"
		}
		writeRow(&b, []string{env, stepState(s), commit, counts, prose(shorten(s.By, 60)), at})
		notes = append(notes, v.stepNotes(s)...)
	}
	return blocks(b.String(), strings.Join(notes, "\n"))
}

// stepState says in words and a sign where an environment is.
func stepState(s DeployedStep) string {
	switch s.State {
	case gitops.RunSucceeded:
		return "✔ deployed"
	case gitops.RunFailed:
		return "✘ **failed**"
	case gitops.RunRunning:
		return "… deploying"
	case gitops.RunQueued:
		if s.Waiting != "" {
			return "waits for " + prose(shorten(s.Waiting, 160))
		}
		return "waits for its turn"
	case gitops.RunSkipped:
		return "not reached"
	}
	return string(s.State)
}

// stepNotes say why an environment failed, and what goes on.
func (v *view) stepNotes(s DeployedStep) []string {
	var out []string
	env := "**" + prose(shorten(s.Environment, 80)) + "**"
	if len(s.Failed) > 0 || s.Detail != "" {
		line := "- " + env
		if len(s.Failed) > 0 {
			line += " failed in " + stackList(s.Failed)
		}
		if s.Detail != "" {
			text, _, _ := strings.Cut(s.Detail, "\n")
			line += ": " + codeSpan(shorten(text, 300))
		}
		out = append(out, line)
	}
	if s.Next != "" {
		out = append(out, "- "+env+" goes on with "+codeSpan(shorten(s.Next, 600))+place(s))
	}
	return out
}

// place says where what continues is typed.
func place(s DeployedStep) string {
	where := prose(shorten(s.Where, 160))
	if target := linkTarget(s.WhereURL); target != "" && where != "" {
		where = "[" + where + "](" + target + ")"
	}
	if where != "" {
		where = ", " + where
	}
	return where
}
