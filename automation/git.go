package automation

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
)

// metadata is what the history says about where an operation came from.
func (s *session) metadata(o *operation) map[string]string {
	m := map[string]string{}
	for k, v := range map[string]string{"exec.kind": o.execKind, "exec.agent": o.execAgent} {
		if v != "" {
			m[k] = v
		}
	}
	sha, ref := gitHead(s.proj.root)
	if sha != "" {
		m["git.head"] = sha
	}
	if ref != "" {
		m["git.headName"] = ref
	}
	maps.Copy(m, s.extra)
	return m
}

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
	common := git
	if c := readLine(filepath.Join(git, "commondir")); c != "" {
		common = resolve(git, c)
	}
	if sha = readLine(filepath.Join(common, filepath.FromSlash(ref))); sha == "" {
		sha = packedRef(filepath.Join(common, "packed-refs"), ref)
	}
	return sha, ref
}

// gitDir finds the .git of the work tree that dir is in.
func gitDir(dir string) string {
	for {
		p := filepath.Join(dir, ".git")
		if info, err := os.Stat(p); err == nil {
			if info.IsDir() {
				return p
			}
			link, ok := strings.CutPrefix(readLine(p), "gitdir: ")
			if !ok {
				return ""
			}
			return resolve(dir, link)
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
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
