package review

import (
	"strconv"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// noPreview says why changes are only those between two programs.
func (d Document) noPreview() string {
	if d.PullRequest.Fork {
		return "because this pull request comes from a fork, whose code runs without credentials"
	}
	return "because the program ran without credentials"
}

// noPreviewMeans says how to read it.
const noPreviewMeans = "what follows is what the code asks for, compared with what it asked for before. No cloud and no state was asked: an update may do more or less."

// programNote says how to read a comparison of programs, and how somebody who may
// gets a preview of a fork's code. The commands name the commit that was read, so
// that nothing which is pushed meanwhile comes along.
func (v *view) programNote() string {
	if !v.ProgramDiff || len(v.Stacks)+len(v.Same) == 0 {
		return ""
	}
	lines := []string{"There is no preview, " + v.noPreview() + "; " + noPreviewMeans}
	if sha := v.Head.SHA; v.PullRequest.Fork && gitops.CheckCommit(sha) == nil {
		fetch := "git fetch origin " + sha + " && "
		lines = append(lines, "", "A maintainer who has read all of the code can get one. The code then runs next to credentials:", "",
			"- push this commit to a branch of the repository, and propose that: "+codeSpan(fetch+"git push origin "+sha+":refs/heads/fork-"+strconv.Itoa(v.PullRequest.Number)))
		if v.Reproduce != "" {
			lines = append(lines, "- or preview it from a clone, with credentials that may only look: "+codeSpan(fetch+shorten(v.Reproduce, 300)))
		}
	}
	return v.alert("NOTE", "**A difference of programs, not a preview**\n", lines)
}

// programs says the same on a terminal, without the commands.
func (l *layout) programs(d Document) {
	if d.ProgramDiff && len(d.Stacks)+len(d.Same) > 0 {
		l.para(0, Line{{"no preview, " + d.noPreview() + ": " + noPreviewMeans, Warning}})
		l.lines = append(l.lines, Line{})
	}
}
