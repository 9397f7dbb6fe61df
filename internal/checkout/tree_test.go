package checkout_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// content reads every file below dir: "path" → "mode content".
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			out[rel] = "-> " + target
			return err
		}
		data, err := os.ReadFile(path)
		info, _ := d.Info()
		out[rel] = info.Mode().String() + " " + string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTreeIsTheCommitAndNothingOfTheWorkTree(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"a": "committed\r\n", "dir/run.sh": "#!/bin/sh"})
	r.git("update-index", "--chmod=+x", "dir/run.sh")
	if err := os.Symlink("../a", filepath.Join(r.dir, "dir/link")); err != nil {
		t.Fatal(err)
	}
	r.git("commit", "-q", "-m", "mode")
	r.git("add", "dir/link")
	r.git("commit", "-q", "-m", "link")
	r.write(map[string]string{"a": "changed", "new": "not committed"})
	r.git("add", "new")
	before := r.git("status", "--porcelain")

	temp := t.TempDir()
	opened := r.open(checkout.Options{TempDir: temp})
	tree, err := tryAt(t.Context(), opened, "main")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "-r--r--r-- committed\r\n", "dir/run.sh": "-r-xr-xr-x #!/bin/sh", "dir/link": "-> ../a"}
	if diff := cmp.Diff(want, content(t, tree.Root)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if after := r.git("status", "--porcelain"); after != before {
		t.Errorf("status was %q, is %q", before, after)
	}
	if list := r.git("worktree", "list"); strings.Contains(list, "\n") {
		t.Errorf("there are other work trees: %s", list)
	}
	if err := os.Chmod(filepath.Join(tree.Root, "dir"), 0o500); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestLinksOutOfTheTreeAreRefused(t *testing.T) {
	t.Parallel()
	cases := map[string]map[string]string{
		"an absolute path":       {"Pulumi.yaml": "/etc/passwd"},
		"a parent of the root":   {"stacks/x": "../../secret"},
		"through another link":   {"a/b/up": "../..", "l": "a/b/up/../x"},
		"itself":                 {"a": "b", "b": "a"},
		"a directory and beyond": {"d": "x/..", "e": "d/../y"},
	}
	for name, links := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, map[string]string{"x/file": ""})
			for at, target := range links {
				path := filepath.Join(r.dir, at)
				_ = os.MkdirAll(filepath.Dir(path), 0o755)
				if err := os.Symlink(target, path); err != nil {
					t.Fatal(err)
				}
			}
			r.commit("links", nil)
			temp := t.TempDir()
			_, err := tryAt(t.Context(), r.open(checkout.Options{TempDir: temp}), "main")
			wantError(t, err, gitops.Invalid, "unsafe symbolic link")
			if left, _ := os.ReadDir(temp); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestHostilePathsAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"..", ".GIT", "git~1", ".git "} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t, nil)
			blob := r.gitWith("evil", "hash-object", "-w", "--stdin")
			inner := r.gitWith("100644 blob "+blob+"\tconfig\x00", "mktree", "-z")
			tree := r.gitWith("40000 tree "+inner+"\t"+name+"\x00", "mktree", "-z")
			r.git("update-ref", "refs/heads/evil", r.git("commit-tree", "-m", "evil", tree))
			_, err := tryAt(t.Context(), r.open(checkout.Options{}), "evil")
			wantError(t, err, gitops.Invalid, "cannot be checked out")
		})
	}
}

func TestNothingOfTheRepositoryRuns(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{".gitattributes": "*.txt filter=evil diff=evil\nv export-subst\n", "a.txt": "plain", "v": "$Format:%H$"})
	marker := filepath.Join(t.TempDir(), "marker")
	touch := "sh -c 'touch " + marker + "; cat'"
	for _, key := range []string{"filter.evil.smudge", "filter.evil.process", "diff.evil.textconv", "diff.evil.command", "core.fsmonitor", "core.pager", "core.sshCommand"} {
		r.git("config", key, touch)
	}
	hook := filepath.Join(r.dir, ".git/hooks/post-checkout")
	r.write(map[string]string{".git/hooks/post-checkout": "#!/bin/sh\ntouch " + marker})
	if err := os.Chmod(hook, 0o755); err != nil {
		t.Fatal(err)
	}
	opened := r.open(checkout.Options{})
	tree := at(t, opened, "main")
	if got := content(t, tree.Root)["a.txt"]; !strings.HasSuffix(got, "plain") {
		t.Errorf("a.txt is %q", got)
	}
	if got := content(t, tree.Root)["v"]; !strings.HasSuffix(got, "$Format:%H$") {
		t.Errorf("v is %q", got)
	}
	if _, err := opened.Head(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("something of the repository ran")
	}
}

func TestSubmodulesAreEmptyDirectories(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{".gitmodules": "[submodule \"m\"]\n\tpath = m\n\turl = ext::touch x\n"})
	r.git("update-index", "--add", "--cacheinfo", "160000,"+strings.Repeat("a", 40)+",m")
	r.git("commit", "-q", "-m", "submodule")
	tree := at(t, r.open(checkout.Options{}), "main")
	if inside, err := os.ReadDir(filepath.Join(tree.Root, "m")); err != nil || len(inside) > 0 {
		t.Errorf("m has %v, %v", inside, err)
	}
}

func TestTreesBeyondTheBoundsAreRefused(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"a": strings.Repeat("x", 1000), "b": "", "c": ""})
	_, err := tryAt(t.Context(), r.open(checkout.Options{MaxFiles: 2}), "main")
	wantError(t, err, gitops.Invalid, "3 files")
	_, err = tryAt(t.Context(), r.open(checkout.Options{MaxBytes: 500}), "main")
	wantError(t, err, gitops.Invalid, "larger", "a")
}

func TestMissingContentIsReportedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"a": "gone soon"})
	blob := r.git("rev-parse", "HEAD:a")
	if err := os.Remove(filepath.Join(r.dir, ".git/objects", blob[:2], blob[2:])); err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	_, err := tryAt(t.Context(), r.open(checkout.Options{TempDir: temp}), "main")
	wantError(t, err, gitops.Failed, "lacks the content of a", "git fsck")
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDirectoryThatTheCommitLacksIsNotFound(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"a": ""})
	r.commit("estate", map[string]string{"infra/Pulumi.yaml": ""})
	opened, err := checkout.Open(t.Context(), filepath.Join(r.dir, "infra"), checkout.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tryAt(t.Context(), opened, "main~1")
	wantError(t, err, gitops.NotFound, "no directory infra")
}
