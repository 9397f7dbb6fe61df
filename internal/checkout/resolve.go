package checkout

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	longestRevision = 256             // characters in the name of a commit
	lastSecond      = 250_000_000_000 // of commit times that are believed, in the year 9892
)

// Resolve finds the commit that rev names: a branch, a tag, an object name or
// an expression such as "main~2". An impossible name is an error of kind
// Invalid, an unknown one of kind NotFound.
func (r *Repo) Resolve(ctx context.Context, rev string) (gitops.Revision, error) {
	if err := checkRevision(rev); err != nil {
		return gitops.Revision{}, err
	}
	// The name goes in through a pipe, where nothing is taken for an option.
	out, err := r.git.run(ctx, strings.NewReader(rev+"^{commit}\n"), "cat-file", "--batch")
	if err != nil {
		return gitops.Revision{}, gitops.Errorf(gitops.KindOf(err), "cannot read commit %q: %w", rev, err)
	}
	head, body, _ := bytes.Cut(out, []byte("\n"))
	fields := strings.Fields(string(head))
	switch {
	case len(fields) == 3 && fields[1] == "commit":
		found := parseCommit(string(body))
		found.SHA, found.Ref = fields[0], rev
		return found, nil
	case bytes.HasSuffix(head, []byte(" ambiguous")):
		return gitops.Revision{}, &gitops.Error{Kind: gitops.NotFound, What: fmt.Sprintf("%q is short for more than one commit", rev), Next: "give more digits"}
	}
	return gitops.Revision{}, r.unknown(ctx, rev)
}

// checkRevision refuses what cannot be the name of a commit.
func checkRevision(rev string) error {
	why := ""
	switch {
	case strings.TrimSpace(rev) == "":
		why = "it is empty"
	case len(rev) > longestRevision:
		why = fmt.Sprintf("it is longer than %d characters", longestRevision)
	case rev[0] == '-':
		why = "it begins with a dash"
	case strings.Contains(rev, ".."):
		why = "it is a range, not one commit"
	case strings.IndexFunc(rev, func(c rune) bool { return unicode.IsControl(c) || c == unicode.ReplacementChar }) >= 0:
		why = "it has characters that cannot be typed"
	}
	if why == "" {
		return nil
	}
	return gitops.Errorf(gitops.Invalid, "%.60q cannot be the name of a commit: %s", rev, why)
}

// unknown says that there is no such commit, and which names are near.
func (r *Repo) unknown(ctx context.Context, rev string) error {
	e := &gitops.Error{Kind: gitops.NotFound, What: fmt.Sprintf("there is no commit %q", rev), Next: "git log --oneline --all"}
	out, err := r.git.run(ctx, nil, "for-each-ref", "--count=2000", "--sort=-creatordate", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
	if err != nil {
		return e
	}
	names := strings.Fields(string(out))
	switch near := nearest(rev, names); {
	case len(near) > 0:
		e.What += "; did you mean " + strings.Join(near, " or ") + "?"
	case len(names) == 0 && rev == "HEAD":
		e.What = "the repository has no commit yet"
		e.Next = "git add -A && git commit"
	case r.Shallow(ctx):
		e.Next = "this clone has only the newest commits: " + deepen
	case isHex(rev):
		e.Next = "git fetch, when it was made elsewhere"
	}
	return e
}

// deepen brings all commits of all branches into a clone that has only some.
const deepen = "git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'"

// Shallow tells whether the clone lacks older commits. When git does not say, it
// does not.
func (r *Repo) Shallow(ctx context.Context) bool {
	out, err := r.git.run(ctx, nil, "rev-parse", "--is-shallow-repository")
	return err == nil && strings.TrimSpace(string(out)) == "true"
}

// nearest returns at most three names that are a slip away from rev.
func nearest(rev string, names []string) []string {
	type candidate struct {
		name string
		far  int
	}
	var near []candidate
	for _, n := range names {
		far := settings.Distance(strings.ToLower(rev), strings.ToLower(n))
		if strings.HasSuffix(n, "/"+rev) {
			far = 0
		}
		if far <= max(1, len(rev)/3) {
			near = append(near, candidate{n, far})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.far, b.far) })
	var out []string
	for _, c := range near[:min(3, len(near))] {
		out = append(out, c.name)
	}
	return out
}

func isHex(s string) bool {
	return len(s) >= 4 && strings.Trim(s, "0123456789abcdefABCDEF") == ""
}

// parseCommit reads author, subject and time out of a raw commit. Parts that
// are missing or broken stay empty.
func parseCommit(raw string) gitops.Revision {
	var r gitops.Revision
	header, message, _ := strings.Cut(raw, "\n\n")
	for line := range strings.Lines(header) {
		key, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch key {
		case "author":
			name, _, _ := strings.Cut(rest, " <")
			r.Author = strings.ToValidUTF8(strings.TrimSpace(name), "\uFFFD")
		case "committer":
			r.Time = commitTime(rest)
		}
	}
	subject, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	r.Subject = strings.ToValidUTF8(strings.TrimSpace(subject), "\uFFFD")
	return r
}

// commitTime reads the end of "Name <mail> 1700000000 +0100".
func commitTime(s string) time.Time {
	fields := strings.Fields(s)
	if len(fields) < 2 {
		return time.Time{}
	}
	seconds, err := strconv.ParseInt(fields[len(fields)-2], 10, 64)
	zone, zoneErr := strconv.Atoi(fields[len(fields)-1])
	if err != nil || zoneErr != nil || seconds < 0 || seconds > lastSecond || zone < -1459 || zone > 1459 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).In(time.FixedZone("", (zone/100*60+zone%100)*60))
}
