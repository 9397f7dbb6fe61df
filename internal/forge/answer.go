package forge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const maxMessage = 300 // characters of what a forge says

// refusal is the error of an answer that refuses.
func (t *transport) refusal(req *http.Request, a Answer, r redact) *gitops.Error {
	name, said := t.profile.Name, r.text(message(a))
	e := &gitops.Error{Kind: gitops.Failed, What: fmt.Sprintf("%s answered %d", name, a.Status)}
	needs := t.profile.Needs(req.Method, req.URL.Path, a)
	switch a.Status {
	case http.StatusUnauthorized:
		e.Kind, e.What, e.Next = gitops.Denied, name+" does not accept the token", "set "+t.profile.Variable+" to a token that is valid"
	case http.StatusForbidden:
		e.Kind, e.What = gitops.Denied, name+" does not allow it"
		if needs != "" {
			e.Next = "give the token of " + t.profile.Variable + " " + needs
		}
	case http.StatusNotFound, http.StatusGone:
		e.Kind, e.What = gitops.NotFound, name+" does not have it, or the token may not see it"
		if needs != "" {
			e.Next = "look whether it is there; the token needs " + needs
		}
	case http.StatusRequestEntityTooLarge:
		e.Kind, e.What = gitops.Invalid, name+" finds it too long"
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		e.Kind, e.What = gitops.Invalid, name+" does not take it"
	}
	if said != "" {
		e.Err = errors.New(said)
	}
	return e
}

// message is what an answer says, in one line. Web pages say nothing.
func message(a Answer) string {
	if isPage(a) {
		return ""
	}
	var v any
	if json.Unmarshal(a.Body, &v) != nil {
		return clean(string(a.Body))
	}
	var words []string
	collect(v, &words)
	return clean(strings.Join(slices.Compact(words), ": "))
}

// collect gathers the texts of an error document: GitHub's message and errors,
// GitLab's message (a text, a list or an object of lists) or error with
// error_description, Gitea's message.
func collect(v any, words *[]string) {
	switch v := v.(type) {
	case string:
		*words = append(*words, v)
	case []any:
		for _, x := range v {
			collect(x, words)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			switch key {
			case "documentation_url", "url", "status", "resource", "scope":
			default:
				collect(v[key], words)
			}
		}
	}
}

// clean makes one short line without control characters.
func clean(text string) string {
	if len(text) > 16*maxMessage {
		text = text[:16*maxMessage]
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsPrint(r):
			return r
		}
		return -1
	}, strings.ToValidUTF8(text, ""))
	return Cut(strings.Join(strings.Fields(text), " "), maxMessage)
}

func isPage(a Answer) bool {
	return strings.Contains(strings.ToLower(a.Header.Get("Content-Type")), "text/html")
}

// redact takes a token out of texts.
type redact struct{ token string }

func (r redact) text(s string) string {
	if r.token == "" {
		return s
	}
	return strings.ReplaceAll(s, r.token, "[token]")
}

// Fail turns an error of a client library into one that says what could not be
// done: "cannot read #7". The kind is that of the answer.
func Fail(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	doing := fmt.Sprintf(format, args...)
	var e *gitops.Error
	switch {
	case errors.As(err, &e):
		return unknownIf(OutcomeUnknown(err), &gitops.Error{Kind: e.Kind, What: doing, Next: e.Next, Err: e})
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return contextError(err)
	}
	return &gitops.Error{Kind: gitops.Failed, What: doing + ": the answer cannot be read", Err: errors.New(clean(err.Error()))}
}
