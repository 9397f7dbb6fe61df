package checkout

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// The modes that Git knows.
const (
	modeFile      = "100644"
	modeExecute   = "100755"
	modeLink      = "120000"
	modeSubmodule = "160000"
)

// entry is one file of a commit.
type entry struct {
	path string // with slashes, below the root
	mode string
	blob string // object name
}

// list reads the files of a commit and refuses paths that could do harm.
func (r *Repo) list(ctx context.Context, rev gitops.Revision) ([]entry, error) {
	out, err := r.git.run(ctx, nil, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", rev.SHA)
	if err != nil {
		return nil, gitops.Errorf(gitops.KindOf(err), "cannot list the files of %s: %w", rev.Short(), err)
	}
	entries, err := parseTree(string(out))
	if err != nil {
		return nil, gitops.Errorf(gitops.Invalid, "commit %s cannot be checked out: %w", rev.Short(), err)
	}
	most := r.opts.MaxFiles
	if most == 0 {
		most = defaultMaxFiles
	}
	if len(entries) > most {
		return nil, gitops.Errorf(gitops.Invalid, "commit %s has %d files, more than the %d that are allowed", rev.Short(), len(entries), most)
	}
	return entries, nil
}

// parseTree reads "mode type object\tpath" records.
func parseTree(out string) ([]entry, error) {
	var entries []entry
	for _, record := range fields([]byte(out)) {
		meta, name, ok := strings.Cut(record, "\t")
		parts := strings.Fields(meta)
		if !ok || len(parts) != 3 {
			return nil, fmt.Errorf("git listed a file in a form that is not understood: %.80q", record)
		}
		if err := checkPath(name); err != nil {
			return nil, err
		}
		entries = append(entries, entry{path: name, mode: parts[0], blob: parts[2]})
	}
	return entries, nil
}

// checkPath refuses a path that leaves the tree or reaches Git's own files on
// any file system.
func checkPath(name string) error {
	if !filepath.IsLocal(filepath.FromSlash(name)) || path.Clean(name) != name || strings.ContainsRune(name, 0) {
		return fmt.Errorf("the path %q leaves the repository", name)
	}
	for part := range strings.SplitSeq(name, "/") {
		plain := strings.TrimRight(strings.ToLower(part), " .")
		if plain == ".git" || plain == "git~1" {
			return fmt.Errorf("the path %q would be taken for Git's own files", name)
		}
	}
	return nil
}

// checkLinks refuses symbolic links that lead out of the tree, directly or by
// way of other links. links maps the path of each link to its target.
func checkLinks(links map[string]string) error {
	for at, target := range links {
		if why := follow(links, at); why != "" {
			return &gitops.Error{
				Kind: gitops.Invalid, Where: at,
				What: fmt.Sprintf("unsafe symbolic link to %q: %s", target, why),
				Next: "replace the link by the file it stands for",
			}
		}
	}
	return nil
}

// follow walks a path through the links and says why it may not be followed.
func follow(links map[string]string, at string) string {
	const longest = 40 // as many links as the kernel follows
	rest := strings.Split(at, "/")
	here := []string{}
	for hops := 0; len(rest) > 0; {
		part := rest[0]
		rest = rest[1:]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(here) == 0 {
				return "it leads out of the repository"
			}
			here = here[:len(here)-1]
			continue
		}
		here = append(here, part)
		target, isLink := links[strings.Join(here, "/")]
		if !isLink {
			continue
		}
		if hops++; hops > longest {
			return "it leads to itself"
		}
		if path.IsAbs(target) || filepath.IsAbs(target) || filepath.VolumeName(target) != "" || strings.ContainsRune(target, '\\') {
			return "it is an absolute path"
		}
		here = here[:len(here)-1]
		rest = append(strings.Split(target, "/"), rest...)
		if len(rest) > 4096 {
			return "it leads to itself"
		}
	}
	return ""
}
