package review

import (
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
// link and no mention comes out of it.
func prose(text string) string {
	return markdownSpecial.ReplaceAllString(escapeHTML.Replace(unlink(Clean(text))), `\$0`)
}

var markdownSpecial = regexp.MustCompile("[\\\\`*_\\[\\]|~]")

const invisible = "\u200b" // splits what a forge would make a link of

var links = regexp.MustCompile(`(?i)[@#!]|://|www\.|\bGH-`)

// unlink keeps a forge from turning names into mentions and links.
func unlink(text string) string {
	return links.ReplaceAllStringFunc(text, func(s string) string {
		if len(s) == 1 {
			return s + invisible
		}
		return s[:1] + invisible + s[1:]
	})
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

// linkTarget keeps an address from ending the link that it stands in.
func linkTarget(url string) string {
	return strings.NewReplacer("(", "%28", ")", "%29", " ", "%20", "<", "%3C", ">", "%3E", "\n", "", "\r", "").Replace(url)
}
