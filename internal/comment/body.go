package comment

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	endLine     = "<!-- trunkline:end -->"
	outdatedTop = "<!-- trunkline:outdated -->"
	outdatedEnd = "<!-- /trunkline:outdated -->"
	belowLine   = "<!-- trunkline:below -->"
)

// The states that a comment carries.
const (
	running = "running"
	done    = "done"
)

// Part is what stands in a comment's body.
type Part struct {
	// Generation and State are those of the run that wrote it; Stamped is false
	// when the comment carries none that can be read.
	Generation Generation
	Stamped    bool
	State      string
	// Text is ours, without the lines that are not shown around it.
	Text string
	// Before and After are what people wrote around it.
	Before, After string
}

// Parse finds the part of a body that starts with the marker at the beginning of
// a line. The marker is what review.Marker returns: the start of a line that
// ends in "-->".
func Parse(body, marker string) (Part, bool) {
	body = strings.ReplaceAll(body, "\r\n", "\n")
	at := 0
	if !strings.HasPrefix(body, marker) {
		i := strings.Index(body, "\n"+marker)
		if i < 0 {
			return Part{}, false
		}
		at = i + 1
	}
	head, text, _ := strings.Cut(body[at:], "\n")
	fields, ok := strings.CutSuffix(strings.TrimRight(head[len(marker):], " "), "-->")
	if !ok {
		return Part{}, false
	}
	p := Part{Before: body[:at]}
	for field := range strings.FieldsSeq(fields) {
		switch name, value, _ := strings.Cut(field, "="); name {
		case "gen":
			p.Generation, p.Stamped = ParseGeneration(value)
		case "state":
			p.State = value
		}
	}
	if i := lineIndex(text, endLine); i >= 0 {
		p.After = strings.TrimPrefix(text[i+len(endLine):], "\n")
		text = text[:i]
	}
	p.Text = strings.TrimSuffix(text, "\n")
	return p, true
}

// lineIndex is where the last line that is just this one begins, or -1.
func lineIndex(text, line string) int {
	for end := len(text); ; {
		i := strings.LastIndex(text[:end], line)
		if i < 0 {
			return -1
		}
		after := text[i+len(line):]
		if (i == 0 || text[i-1] == '\n') && (after == "" || after[0] == '\n') {
			return i
		}
		end = i
	}
}

// stamp writes the part that is ours. A body that starts with the marker keeps
// what else its first line says.
func stamp(body, marker string, g Generation, state string) string {
	more := " -->"
	if rest, ok := strings.CutPrefix(body, marker); ok {
		fields, text, _ := strings.Cut(rest, "\n")
		if fields = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(fields), "-->")); fields != "" {
			more = " " + fields + " -->"
		}
		body = text
	}
	return marker + "gen=" + g.String() + " state=" + state + more + "\n" +
		strings.Trim(body, "\n") + "\n" + endLine + "\n"
}

// around puts what people wrote around the new text, as long as there is room.
func around(ours string, old Part, limit int) string {
	whole := old.Before + ours + old.After
	if tooLong(whole, limit) {
		return ours
	}
	return whole
}

func tooLong(text string, limit int) bool {
	return limit > 0 && utf8.RuneCountInString(text) > limit
}

// outdated puts a notice above a text, in the place of an earlier notice.
func outdated(text, notice string) string {
	return outdatedTop + "\n> " + strings.Join(strings.Fields(notice), " ") + "\n" + outdatedEnd + "\n\n" + current(text)
}

// current is the text without the notice that it is outdated.
func current(text string) string {
	rest, ok := strings.CutPrefix(text, outdatedTop+"\n")
	if !ok {
		return text
	}
	if _, after, ok := strings.Cut(rest, "\n"+outdatedEnd+"\n"); ok {
		return strings.TrimLeft(after, "\n")
	}
	return text
}

// record puts a deployment above what was there before it, folded: the review
// under the title, and the records of earlier runs, which are history. What is too
// long for the limit is left out, older records first. Repeats tells that the old
// part is the record of an earlier run.
func record(text string, old Part, title string, limit int, repeats bool) string {
	text = strings.TrimRight(text, "\n")
	own, kept := folds(old.Text)
	switch {
	case !old.Stamped || !old.Generation.Deployment:
		kept = nil
		if old.Text != "" {
			kept = []string{fold(title, current(old.Text))}
		}
	case repeats && own != "":
		kept = append([]string{fold("An earlier run of this deployment", own)}, kept...)
	}
	if len(kept) == 0 {
		return text
	}
	const room = 1000 // for the lines around it
	for limit > 0 && tooLong(text+"\n\n"+strings.Join(kept, "\n\n"), limit-room) {
		last := len(kept) - 1
		if last == 0 {
			kept[0] = fold(title, "Too long to be kept here.")
			break
		}
		kept = slices.Delete(kept, last-1, last) // the last one is the review
	}
	return text + "\n\n" + strings.Join(kept, "\n\n")
}

// foldLines are how each text begins that is kept below a record.
const foldLines = belowLine + "\n<details><summary>"

// fold writes a text that is kept below a record.
func fold(title, text string) string {
	return foldLines + title + "</summary>\n\n" + strings.Trim(text, "\n") + "\n\n</details>"
}

// folds takes a record apart: what its run wrote, and what is kept below.
func folds(text string) (own string, kept []string) {
	parts := strings.Split("\n"+text, "\n"+foldLines)
	for _, p := range parts[1:] {
		kept = append(kept, foldLines+strings.TrimRight(p, "\n"))
	}
	return strings.Trim(parts[0], "\n"), kept
}
