package review

import "github.com/trunkline-dev/trunkline/internal/gitops"

// summaryLine sums a document up: "Preview  3 stacks  19 to create  2.1s". Stacks
// that failed before anything was found are not without changes.
func summaryLine(d Document) Line {
	line := Line{{d.title(), Strong}, {"  " + plural(len(d.Stacks), "stack", "stacks") + "  ", Normal}}
	ends := d.ends()
	if len(ends) == 0 || d.Summary().Changed() > 0 {
		line = append(line, d.counts(d.Summary())...)
		if len(ends) > 0 {
			line = append(line, Span{"  ", Normal})
		}
	}
	line = append(line, ends...)
	if d.Took > 0 {
		line = append(line, Span{"  " + Duration(d.Took), Faint})
	}
	return line
}

// ends counts the stacks that did not succeed: "1 failed, 2 skipped".
func (d Document) ends() (out Line) {
	for _, s := range []struct {
		state gitops.RunState
		word  string
		style Style
	}{{gitops.RunFailed, "failed", Failure}, {gitops.RunSkipped, "skipped", Warning}, {gitops.RunCancelled, "cancelled", Warning}} {
		if n := d.count(s.state); n > 0 {
			if len(out) > 0 {
				out = append(out, Span{", ", Normal})
			}
			out = append(out, Span{plural(n, s.word, s.word), s.style})
		}
	}
	return out
}
