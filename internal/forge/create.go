package forge

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Create writes a comment through post. When nobody knows whether that took
// effect, it looks for a comment of this account that says the same before it
// tries once more.
func Create(ctx context.Context, f gitops.Forge, number int, body string, post func() (gitops.Comment, error)) (gitops.Comment, error) {
	c, err := post()
	if !OutcomeUnknown(err) {
		return c, err
	}
	found, ok, lookErr := find(ctx, f, number, body)
	if gitops.KindOf(lookErr) == gitops.NotFound {
		return gitops.Comment{}, lookErr // a server may fail where there is no such pull request
	}
	if lookErr != nil {
		return gitops.Comment{}, err
	}
	if ok {
		return found, nil
	}
	return post()
}

func find(ctx context.Context, f gitops.Forge, number int, body string) (gitops.Comment, bool, error) {
	me, err := f.Me(ctx)
	if err != nil {
		return gitops.Comment{}, false, err
	}
	for c, err := range f.Comments(ctx, number) {
		if err != nil {
			return gitops.Comment{}, false, err
		}
		if c.Author == me && strings.TrimSpace(c.Body) == strings.TrimSpace(body) {
			return c, true, nil
		}
	}
	return gitops.Comment{}, false, nil
}

// Fits fails when a comment is longer than the forge takes.
func Fits(f gitops.Forge, body string) error {
	if limit := f.Limits().Comment; len([]rune(body)) > limit {
		return gitops.Errorf(gitops.Invalid, "the comment is too long: %s takes at most %d characters", f.Kind(), limit)
	}
	return nil
}

// Own fails unless this account wrote the comment. Forges let those who may
// write to a repository change what others wrote; Trunkline never does.
func Own(ctx context.Context, f gitops.Forge, number int, id string) error {
	c, err := f.Comment(ctx, number, id)
	if err != nil {
		return err
	}
	me, err := f.Me(ctx)
	if err != nil {
		return err
	}
	if c.Author != me {
		return gitops.Errorf(gitops.Denied, "comment %s was written by %s, not by %s", id, c.Author, me)
	}
	return nil
}

// Gone turns the error of something that is not there into none.
func Gone(err error) error {
	if gitops.KindOf(err) == gitops.NotFound {
		return nil
	}
	return err
}

// CommentID parses the ID of a comment, which is a number on every server; a
// comment with another one does not exist.
func CommentID(number int, id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != id {
		return 0, gitops.Errorf(gitops.NotFound, "there is no comment %q on #%d", id, number)
	}
	return n, nil
}

// Account remembers whose token it is, once that was found out.
type Account struct {
	mu   sync.Mutex
	name string
}

// Get returns the name, from ask the first time.
func (a *Account) Get(ask func() (string, error)) (string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.name != "" {
		return a.name, nil
	}
	name, err := ask()
	if err != nil {
		return "", err
	}
	a.name = name
	return name, nil
}
