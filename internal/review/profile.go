package review

import "strings"

// profile is what a forge makes of Markdown.
type profile struct {
	// limit is the longest comment in bytes that is written for it.
	limit int
	// html: folded sections and small print. alerts: coloured block quotes.
	html, alerts bool
}

// profiles by the kind of the forge. GitHub takes 65,536 characters, GitLab
// 1,000,000 and alerts from 17.10 on, Gitea and Forgejo have no limit of their
// own and alerts from 1.22 and 7.0 on; what does not know alerts shows a block
// quote. A comment is written shorter than that: somebody has to read it.
var profiles = map[string]profile{
	"github": {limit: 58000, html: true, alerts: true},
	"gitlab": {limit: 200000, html: true, alerts: true},
	"gitea":  {limit: 200000, html: true, alerts: true},
	"local":  {limit: 200000},
	"plain":  {limit: 29000},
}

// Forges are the names that MarkdownOptions.Forge may have.
func Forges() []string { return []string{"github", "gitlab", "gitea", "local", "plain"} }

// alert is a block that stands out.
func (p profile) alert(kind, title string, lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	if p.alerts {
		return "> [!" + kind + "]\n> " + strings.ReplaceAll(title+"\n"+strings.Join(lines, "\n"), "\n", "\n> ") + "\n"
	}
	return title + "\n\n" + strings.Join(lines, "\n") + "\n"
}

// details is a section that is folded where that is possible. The title is HTML
// there, and Markdown elsewhere.
func (p profile) details(title title, body string) string {
	if p.html {
		return "<details><summary>" + title.html() + "</summary>\n\n" + strings.TrimRight(body, "\n") + "\n\n</details>\n"
	}
	return "#### " + title.markdown() + "\n\n" + body
}

// small is what only few read.
func (p profile) small(text string) string {
	if p.html {
		return "<sub>" + text + "</sub>"
	}
	return text
}

// title is the heading of a section: plain words, and names in between.
type title []titlePart

type titlePart struct {
	text string
	name bool
}

func (t title) html() string {
	var b strings.Builder
	for _, p := range t {
		if p.name {
			b.WriteString("<b>" + htmlCode(p.text) + "</b>")
		} else {
			b.WriteString(escapeHTML.Replace(Clean(p.text)))
		}
	}
	return b.String()
}

func (t title) markdown() string {
	var b strings.Builder
	for _, p := range t {
		if p.name {
			b.WriteString(codeSpan(p.text))
		} else {
			b.WriteString(prose(p.text))
		}
	}
	return b.String()
}

func words(text string) titlePart { return titlePart{text: text} }
func named(text string) titlePart { return titlePart{shorten(text, 120), true} }
