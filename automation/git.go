package automation

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/gitutil"
)

// gitHead reads which commit and branch a directory has checked out, from the
// files of the repository; a process would take longer than a preview. It is
// for information: what cannot be read is "".
func gitHead(dir string) (sha, ref string) {
	git := gitDir(dir)
	if git == "" {
		return "", ""
	}
	head := readLine(filepath.Join(git, "HEAD"))
	ref, symbolic := strings.CutPrefix(head, "ref: ")
	if !symbolic {
		return head, ""
	}
	common := commonDir(git)
	if sha = readLine(filepath.Join(common, filepath.FromSlash(ref))); sha == "" {
		sha = packedRef(filepath.Join(common, "packed-refs"), ref)
	}
	return sha, ref
}

// gitLink finds the .git of the work tree that dir is in: a directory, or a file
// that names one.
func gitLink(dir string) string {
	for {
		p := filepath.Join(dir, ".git")
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// gitDir is where the repository's files for the work tree are.
func gitDir(dir string) string {
	p := gitLink(dir)
	if info, err := os.Stat(p); err != nil || info.IsDir() {
		return p
	}
	link, ok := strings.CutPrefix(readLine(p), "gitdir: ")
	if !ok {
		return ""
	}
	return resolve(filepath.Dir(p), link)
}

// commonDir is the directory that all work trees of a repository share.
func commonDir(git string) string {
	if c := readLine(filepath.Join(git, "commondir")); c != "" {
		return resolve(git, c)
	}
	return git
}

// remoteURL reads where the remote "origin" is.
func remoteURL(git string) string {
	b, err := os.ReadFile(filepath.Join(commonDir(git), "config"))
	if err != nil {
		return ""
	}
	section := ""
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if ok && section == `[remote "origin"]` && strings.TrimSpace(key) == "url" {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// commit is who made a commit, and why.
type commit struct {
	author, authorEmail, committer, committerEmail, message string
}

// commit reads a commit. It never changes, so each is read once.
func (c *core) commit(dir, sha string) (commit, bool) {
	c.mu.Lock()
	known, ok := c.commits[sha]
	c.mu.Unlock()
	if ok {
		return known, true
	}
	repo, err := gitutil.GetGitRepository(dir)
	if err != nil || repo == nil {
		return commit{}, false
	}
	head, err := repo.Head()
	if err != nil || head.Hash().String() != sha {
		return commit{}, false
	}
	o, err := repo.CommitObject(head.Hash())
	if err != nil {
		return commit{}, false
	}
	made := commit{o.Author.Name, o.Author.Email, o.Committer.Name, o.Committer.Email, strings.TrimSpace(o.Message)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.commits[sha] = made
	return made, true
}

// isDirty asks git whether the work tree differs from its commit.
func isDirty(ctx context.Context, dir string, env map[string]string) (bool, error) {
	cmd := exec.CommandContext(ctx, "git", "--no-optional-locks", "status", "--porcelain", "-z")
	cmd.Dir = dir
	for _, k := range []string{"PATH", "HOME"} {
		cmd.Env = append(cmd.Env, k+"="+env[k])
	}
	out, err := cmd.Output()
	return len(out) > 0, err
}

func resolve(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func readLine(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSpace(line)
}

func packedRef(path, ref string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(b)) {
		if sha, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && name == ref {
			return sha
		}
	}
	return ""
}
