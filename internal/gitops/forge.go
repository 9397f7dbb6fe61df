package gitops

import (
	"context"
	"iter"
	"time"
)

// PullRequest is a proposal on a forge. GitLab calls it a merge request.
type PullRequest struct {
	// Number is the number that people use: #482, !482.
	Number int    `json:"number"`
	Title  string `json:"title,omitempty"`
	Author string `json:"author,omitempty"`
	URL    string `json:"url,omitempty"`
	// Head is the commit that is proposed, Base the branch that it is proposed
	// for, at its newest commit. Their Ref is the plain name of the branch.
	Head Revision `json:"head"`
	Base Revision `json:"base"`
	// Fork tells that the head is in another repository than the base.
	Fork   bool `json:"fork,omitempty"`
	Draft  bool `json:"draft,omitempty"`
	Closed bool `json:"closed,omitempty"`
	// Merged is the commit on the base branch that the merge made, "" before it.
	Merged string `json:"merged,omitempty"`
}

// Comment is a comment on a pull request. Body is Markdown, as it was written.
type Comment struct {
	// ID names the comment on its forge.
	ID string
	// Author is the name of the account that wrote it.
	Author string
	Body   string
	URL    string
}

// StatusState is what a commit status says.
type StatusState string

// The states of a commit status.
const (
	StatusPending StatusState = "pending"
	StatusSuccess StatusState = "success"
	StatusFailure StatusState = "failure"
	// StatusError is a failure of the machinery, not of what was checked.
	StatusError StatusState = "error"
)

// Status is a commit status. A later one with the same context replaces it.
type Status struct {
	// Context names it: "trunkline", "trunkline/production".
	Context string
	State   StatusState
	// Description is cut to what the forge takes.
	Description string
	// URL is where the whole result is; "" for nowhere.
	URL string
}

// Annotation is a remark on a line of a file.
type Annotation struct {
	// File is the path in the repository, Line the line from 1 on.
	File string
	Line int
	// Level is notice, warning or failure.
	Level   string
	Title   string
	Message string
}

// CheckRun is a report on a commit with remarks on its lines, where a forge has
// such a thing. A later one with the same name replaces it.
type CheckRun struct {
	Name  string
	State StatusState
	Title string
	// Summary is Markdown.
	Summary     string
	Annotations []Annotation
	URL         string
}

// ForgeLimits says what a forge takes.
type ForgeLimits struct {
	// Comment is the longest comment in characters.
	Comment int
	// Description is the longest description of a status in characters.
	Description int
	// CheckRuns tells whether the forge has check runs.
	CheckRuns bool
}

// Forge is the place where a repository is proposed to and reviewed, seen from
// one repository. Every call may be slow and may fail; errors have a Kind:
// Denied for a token that may not, NotFound, Timeout, and Failed. Calls are
// repeated within the forge's own rules about rates before they fail, writes
// only when repeating them does no harm.
//
// Whatever a forge says is a claim from outside: the commits are fetched and
// compared before anything is done with them, and which files changed is read
// from Git.
type Forge interface {
	// Kind is github, gitlab, gitea or local.
	Kind() string
	Limits() ForgeLimits
	// Me returns the name of the account that writes comments.
	Me(ctx context.Context) (string, error)
	// PullRequest reads one pull request.
	PullRequest(ctx context.Context, number int) (PullRequest, error)
	// PullRequestsOf lists those that a commit of the base branch came from,
	// newest first: merged ones, also when the merge made a new commit.
	PullRequestsOf(ctx context.Context, sha string) ([]PullRequest, error)
	// Comments yields the comments of a pull request, oldest first, over all
	// pages. Remarks on lines and notes of the forge itself are left out.
	Comments(ctx context.Context, number int) iter.Seq2[Comment, error]
	// Comment reads one comment.
	Comment(ctx context.Context, number int, id string) (Comment, error)
	CreateComment(ctx context.Context, number int, body string) (Comment, error)
	EditComment(ctx context.Context, number int, id, body string) (Comment, error)
	// DeleteComment takes back a comment; one that is gone already is no error.
	DeleteComment(ctx context.Context, number int, id string) error
	// SetStatus says something about a commit.
	SetStatus(ctx context.Context, sha string, s Status) error
	// SetCheckRun is an error of kind Invalid where there are none.
	SetCheckRun(ctx context.Context, sha string, c CheckRun) error
}

// Violation is the finding of a policy.
type Violation struct {
	// Policy is the policy's name, such as "no-stateful-deletes".
	Policy string `json:"policy"`
	// Mandatory violations stop; others are advice.
	Mandatory bool    `json:"mandatory"`
	Stack     StackID `json:"stack,omitzero"`
	// URN, Type and Name tell the resource; "" when it is about the whole stack.
	URN     string `json:"urn,omitempty"`
	Type    string `json:"type,omitempty"`
	Name    string `json:"name,omitempty"`
	Message string `json:"message"`
	// Source is the "file:line" that declares the resource.
	Source string `json:"source,omitempty"`
	// Notable advice is about what judges: it is told where what blocks is told.
	Notable bool `json:"notable,omitempty"`
	// Exempt is set when somebody took responsibility for it: it stops nothing.
	Exempt *Exemption `json:"exempt,omitempty"`
}

// Blocks tells whether the violation stops an update.
func (v Violation) Blocks() bool { return v.Mandatory && v.Exempt == nil }

// Exemption lets a violation pass for a while.
type Exemption struct {
	Owner   string    `json:"owner"`
	Reason  string    `json:"reason"`
	Expires time.Time `json:"expires"`
	// Where is the "file:line" of the exemption.
	Where string `json:"where,omitempty"`
}
