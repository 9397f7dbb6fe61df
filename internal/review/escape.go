package review

import (
	"net/url"
	"regexp"
	"strings"
)

// Foreign text reaches a comment only in four places: in a code span, in a
// fenced block, in HTML, or in prose. Each has its own escape here.

// codeSpan writes text as inline code, in which Markdown makes no links and
// calls nobody.
func codeSpan(text string) string {
	text = Clean(text)
	if strings.TrimSpace(text) == "" {
		return "` `"
	}
	ticks := strings.Repeat("`", longestRun(text, '`')+1)
	if len(ticks) > 1 {
		text = " " + text + " "
	}
	return ticks + text + ticks
}

var escapeHTML = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// htmlCode writes text as code inside HTML, such as a summary.
func htmlCode(text string) string { return "<code>" + escapeHTML.Replace(Clean(text)) + "</code>" }

// prose writes text into a sentence: no HTML, no emphasis, no table cell, no
// link, no mention, no formula and no picture comes out of it.
func prose(text string) string {
	text = strings.TrimSpace(Clean(text))
	if !proseSpecial.MatchString(text) {
		return text
	}
	text = escapeHTML.Replace(unlink(text))
	return strings.ReplaceAll(markdownSpecial.ReplaceAllString(text, `\$0`), "$", "&#36;")
}

var (
	markdownSpecial = regexp.MustCompile("[\\\\`*_\\[\\]|~]")
	proseSpecial    = regexp.MustCompile("(?i)[\\\\`*_\\[\\]|~&<>@#!$%^:]|www\\.|GH-|[0-9a-f]{7}")
)

const invisible = "\u200b" // splits what a forge would make a link of

// links are what forges make links and pictures of: people (@), issues (#, GH-),
// merge requests (!), milestones (%), snippets ($), epics (&), alerts (^), labels
// (~), addresses and :names: of emoji. commits are what may be the name of one.
var (
	links   = regexp.MustCompile(`(?i)[@#!%$&^~]|://|:[a-z0-9_+-]|www\.|\bGH-`)
	commits = regexp.MustCompile(`(?i)[0-9a-f]{7,}`)
)

// unlink keeps a forge from turning names into mentions and links.
func unlink(text string) string {
	text = commits.ReplaceAllStringFunc(text, func(s string) string { // first: a link may begin inside of one
		var pieces []string
		for len(s) > 6 { // no piece is long enough for a commit
			pieces, s = append(pieces, s[:6]), s[6:]
		}
		return strings.Join(append(pieces, s), invisible)
	})
	return links.ReplaceAllStringFunc(text, func(s string) string { return s[:1] + invisible + s[1:] })
}

// fenced writes lines as a code block whose fence is longer than any inside.
func fenced(language string, lines []string) string {
	body := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(body, '`')+1))
	return fence + language + "\n" + body + "\n" + fence + "\n"
}

func longestRun(text string, of rune) int {
	longest, run := 0, 0
	for _, r := range text {
		if r != of {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	return longest
}

// linkTarget returns an address as the target of a link, "" for one that is not
// of the web.
func linkTarget(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	u.User = nil
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\\", "%5C", "`", "%60", "*", "%2A", "_", "%5F", "|", "%7C", "[", "%5B", "]", "%5D").Replace(u.String())
}

// link writes a code span, as a link when there is an address.
func link(text, address string) string {
	if target := linkTarget(address); target != "" {
		return "[" + codeSpan(text) + "](" + target + ")"
	}
	return codeSpan(text)
}
