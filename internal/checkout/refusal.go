package checkout

import (
	"errors"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// refusals are what git says when a fetch fails, and what that means. The first
// that fits counts.
var refusals = []struct {
	kind             gitops.Kind
	says, what, next string
}{
	{gitops.Denied, "Authentication failed", "does not accept the token", "check that the token is valid and may read the repository"},
	{gitops.Denied, "returned error: 401", "does not accept the token", "check that the token is valid and may read the repository"},
	{gitops.Denied, "returned error: 403", "does not let the token read the repository", "the token needs to read contents (GitHub: contents: read; GitLab: read_repository; Gitea: read:repository)"},
	{gitops.NotFound, "returned error: 404", "has no such repository, or the token may not see it", "check the address and the token"},
	{gitops.NotFound, "' not found", "has no such repository, or the token may not see it", "check the address and the token"},
	{gitops.NotFound, "does not appear to be a git repository", "is no Git repository", "check the address"},
	{gitops.NotFound, "not our ref", "does not have the commit any more: the branch was pushed anew, or deleted", "nothing, when a newer run is under way; else push again"},
	{gitops.NotFound, "unadvertised object", "does not give commits by name, and the branch is not at this one any more", "nothing, when a newer run is under way; else push again"},
	{gitops.Failed, "returned error: 30", "answers with a redirect, which is not followed because the token would go along", "use the address that it redirects to"},
	{gitops.Failed, "redirect", "answers with a redirect, which is not followed because the token would go along", "use the address that it redirects to"},
	{gitops.Invalid, "fsck error", "gave an object that is not well-formed", "git fsck in a clone of the repository shows which"},
	{gitops.Failed, "certificate", "cannot prove who it is", "SSL_CERT_FILE names a file with the certificates to trust"},
}

// refusal says what a failed fetch means, without the token.
func (e endpoint) refusal(err error) error {
	var git *gitError
	if !errors.As(err, &git) {
		return err
	}
	text := git.text
	for _, secret := range e.hide {
		text = strings.ReplaceAll(text, secret, "[secret]")
	}
	if asked := "could not read Username"; strings.Contains(text, asked) && len(e.hide) == 0 {
		return &gitops.Error{Kind: gitops.Denied, What: e.url + " wants to know who asks, and there is no token", Next: "give the job a token that may read the repository"}
	} else if strings.Contains(text, asked) { // git asks for another one
		text = "Authentication failed"
	}
	cause := &gitError{command: git.command, text: text, code: git.code}
	for _, r := range refusals {
		if strings.Contains(strings.ToLower(text), strings.ToLower(r.says)) {
			return &gitops.Error{Kind: r.kind, What: e.url + " " + r.what, Next: r.next, Err: cause}
		}
	}
	return &gitops.Error{Kind: gitops.Failed, What: "cannot fetch from " + e.url, Err: cause, Next: "try again"}
}
