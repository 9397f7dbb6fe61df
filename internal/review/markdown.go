package review

import (
	"hash/maphash"
	"regexp"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// MarkdownOptions says what a comment needs besides the document.
type MarkdownOptions struct {
	// Forge is the kind of forge that shows it, one of Forges; "" is github.
	Forge string
	// Limit is the longest comment in bytes; 0 means what suits the forge.
	Limit int
	// ID tells the comments of several installations on one pull request apart.
	ID string
	// Next are the commands that a reader may want now.
	Next []string
	// Link is the address of the full result; "" when there is none.
	Link string
	// Source returns the address of a line of a file of the head, Commit that of a
	// commit; "" for none. nil means that there are no addresses.
	Source func(file string, line int) string
	Commit func(sha string) string
}

// Marker is how a comment with this ID starts. It is invisible; whoever edits
// the comment finds it by it.
func Marker(id string) string {
	return "<!-- trunkline:pr v1 id=" + markerUnsafe.ReplaceAllString(id, "_") + " "
}

var markerUnsafe = regexp.MustCompile(`[^A-Za-z0-9._/]`)

// tier is how much of the fixed parts of a comment is shown. Within what is left
// of the limit the folded sections of stacks follow, see fill.
type tier struct {
	rows   rowRule
	danger dangerRule
	// parts tells how much is said of policies, reasons, the merge and what ships.
	parts partRule
}

type rowRule int

const (
	allRows   rowRule = iota
	riskyRows         // that fail, wait or destroy something; the rest is counted
	noRows
)

type dangerRule int

const (
	dangerFull    dangerRule = iota // why, where and what it means
	dangerCompact                   // why, one line each
	dangerGrouped                   // types and names only, one line for a stack
	dangerNames                     // names only
	dangerTop                       // the worst, and a count
	dangerFew                       // three, and a count
)

type partRule int

const (
	wholeParts partRule = iota
	shortParts          // one line each
	noParts
)

// tiers are tried in this order until the fixed parts fit. The verdict, what is
// destroyed and what a policy blocks are the last to go.
var tiers = []tier{
	{allRows, dangerFull, wholeParts},
	{allRows, dangerCompact, wholeParts},
	{allRows, dangerCompact, shortParts},
	{riskyRows, dangerCompact, shortParts},
	{riskyRows, dangerGrouped, shortParts},
	{noRows, dangerGrouped, shortParts},
	{noRows, dangerGrouped, noParts},
	{noRows, dangerNames, noParts},
	{noRows, dangerTop, noParts},
	{noRows, dangerFew, noParts},
}

// view is a document made ready to be written as a comment.
type view struct {
	Document
	profile
	o       MarkdownOptions
	limit   int
	hash    hasher
	dangers []danger
	renames []rename
	folds   []*fold
	// upgrades are stacks that only a newer provider sees in another way, by the
	// properties that it sees so.
	upgrades map[string][]gitops.RunResult
}

func newView(d Document, o MarkdownOptions) *view {
	v := &view{Document: canonical(redact(d)), o: o, hash: hasher{maphash.MakeSeed()}, upgrades: map[string][]gitops.RunResult{}}
	var known bool
	if v.profile, known = profiles[o.Forge]; !known {
		v.profile = profiles["github"]
	}
	if v.limit = o.Limit; v.limit <= 0 {
		v.limit = v.profile.limit
	}
	v.dangers = dangers(v.Document)
	plain := v.Document
	plain.Stacks = nil
	for _, r := range v.Stacks {
		v.renames = addRenames(v.renames, r)
		if props, ok := upgrade(r); ok {
			v.upgrades[props] = append(v.upgrades[props], r)
		} else {
			plain.Stacks = append(plain.Stacks, r)
		}
	}
	v.folds = foldStacks(plain, v.hash)
	return v
}

// canonical puts a document into the one order in which a comment shows it:
// stacks by environment and name, changes by URN.
func canonical(d Document) Document {
	slices.SortStableFunc(d.Stacks, func(a, b gitops.RunResult) int { return strings.Compare(a.Stack.Name, b.Stack.Name) })
	d.Stacks = d.sorted()
	byURN := func(a, b gitops.Change) int { return strings.Compare(a.URN, b.URN) }
	byPath := func(a, b gitops.PropertyChange) int { return strings.Compare(a.Path, b.Path) }
	for _, r := range d.Stacks {
		if !slices.IsSortedFunc(r.Changes.Changes, byURN) {
			slices.SortStableFunc(r.Changes.Changes, byURN)
		}
		for i, ch := range r.Changes.Changes {
			if !slices.IsSortedFunc(ch.Diff, byPath) {
				r.Changes.Changes[i].Diff = slices.SortedStableFunc(slices.Values(ch.Diff), byPath)
			}
		}
	}
	slices.SortStableFunc(d.Violations, func(a, b gitops.Violation) int {
		return strings.Compare(a.Policy+"\x00"+a.Stack.String()+"\x00"+a.URN, b.Policy+"\x00"+b.Stack.String()+"\x00"+b.URN)
	})
	slices.SortStableFunc(d.Outputs, func(a, b OutputChange) int { return strings.Compare(a.Name, b.Name) })
	return d
}

// Markdown writes the comment of a pull request: the verdict, what is lost, what
// policies block, a table of stacks and environments, then each stack folded,
// and what happens after the merge. It never exceeds the limit and never cuts
// inside a block: what does not fit is left out by how little it matters, and
// the comment says what.
func Markdown(d Document, o MarkdownOptions) string {
	v := newView(d, o)
	top := v.marker() + blocks(v.verdict()+v.subject(), v.programNote(), v.record(), v.left(), v.failure())
	for _, t := range tiers {
		if text, ok := v.below(t, v.limit-len(top)-noteRoom); ok {
			return top + text
		}
	}
	for _, last := range []string{
		v.marker() + v.verdict(),
		v.marker() + "### trunkline: too long for a comment\n",
		"trunkline: too long for a comment\n",
	} {
		if len(last) <= v.limit {
			return last
		}
	}
	return ""
}

// noteRoom is kept free for the sentence that says what was left out.
const noteRoom = 400

func (v *view) marker() string {
	return Marker(v.o.ID) + "sha=" + markerUnsafe.ReplaceAllString(v.Head.Short(), "_") + " -->\n"
}

// below is what stands below the top of a comment, when it fits into the room.
// Where the top says something newer, it is folded as a whole.
func (v *view) below(t tier, room int) (string, bool) {
	head := blocks(v.destroyed(t), v.blocked(t), v.policyChanges(t), v.failed(t), v.table(t), v.waiting(t), v.hints(t), v.mergeLine(t))
	foot := blocks(v.upgraded(t), v.policies(t), v.shipping(t), v.why(t), v.next(), v.madeWith(t))
	if room -= len(head) + len(foot); room < 0 {
		return "", false
	}
	body, left := v.fill(room)
	text := blocks(head, body, left, foot)
	if outer := v.outer(); outer != nil && text != "" {
		text = v.details(outer, text)
	}
	if text == "" {
		return "", true
	}
	return "\n" + text, true
}

// outer is the title under which a review is folded that is no longer the news.
func (v *view) outer() title {
	switch {
	case len(v.Stacks) == 0:
		return nil
	case len(v.Deployment) > 0:
		return title{words("What was done at "), named(v.Head.Short())}
	case v.Stage == Outdated || v.Stage == Superseded:
		return title{words("The result for "), named(v.Head.Short()), words(": " + v.counts(v.Summary()).String())}
	}
	return nil
}

// blocks puts an empty line between parts; empty ones are left out.
func blocks(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p = strings.TrimRight(p, "\n"); p == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(p + "\n")
	}
	return b.String()
}
