package checkout_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// repo is a real repository in a directory of its own.
type repo struct {
	t   *testing.T
	dir string
}

// newRepo makes a repository with one commit on main that has the files.
func newRepo(t *testing.T, files map[string]string) repo {
	t.Helper()
	r := repo{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	r.commit("first", files)
	return r
}

func (r repo) git(args ...string) string {
	r.t.Helper()
	return r.gitWith("", args...)
}

func (r repo) gitWith(stdin string, args ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Stdin = r.dir, strings.NewReader(stdin)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=bob@example.com",
		"GIT_AUTHOR_DATE=1700000000 +0100", "GIT_COMMITTER_DATE=1700000000 +0100")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repo) write(files map[string]string) {
	r.t.Helper()
	for name, content := range files {
		path := filepath.Join(r.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r repo) commit(message string, files map[string]string) string {
	r.t.Helper()
	r.write(files)
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

func (r repo) open(opts checkout.Options) *checkout.Repo {
	r.t.Helper()
	if opts.TempDir == "" {
		opts.TempDir = r.t.TempDir()
	}
	got, err := checkout.Open(r.t.Context(), r.dir, opts)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// at checks out a revision and returns the tree.
func at(t *testing.T, r *checkout.Repo, rev string) *checkout.Tree {
	t.Helper()
	tree, err := tryAt(t.Context(), r, rev)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tree.Close(); err != nil {
			t.Error(err)
		}
	})
	return tree
}

func tryAt(ctx context.Context, r *checkout.Repo, rev string) (*checkout.Tree, error) {
	found, err := r.Resolve(ctx, rev)
	if err != nil {
		return nil, err
	}
	return r.At(ctx, found)
}

// wantError checks the kind of an error and what it says.
func wantError(t *testing.T, err error, kind gitops.Kind, says ...string) {
	t.Helper()
	if gitops.KindOf(err) != kind {
		t.Fatalf("error %v is of kind %d, want %d", err, gitops.KindOf(err), kind)
	}
	text := err.Error()
	if e := new(gitops.Error); errors.As(err, &e) {
		text += "\n" + e.Next
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			t.Errorf("error does not say %q:\n%s", s, text)
		}
	}
}

func TestOpenFindsTheRepositoryOfASubdirectory(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"infra/estate/Pulumi.yaml": "name: x"})
	got, err := checkout.Open(t.Context(), filepath.Join(r.dir, "infra", "estate"), checkout.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if got.Prefix != "infra/estate" {
		t.Errorf("prefix is %q", got.Prefix)
	}
	tree := at(t, got, "main")
	if _, err := os.Stat(filepath.Join(tree.Dir, "Pulumi.yaml")); err != nil {
		t.Error(err)
	}
}

func TestOpenSaysWhatIsWrongAndWhatToDo(t *testing.T) {
	t.Parallel()
	_, err := checkout.Open(t.Context(), t.TempDir(), checkout.Options{})
	wantError(t, err, gitops.Invalid, "not in a Git repository", "git init")

	_, err = checkout.Open(t.Context(), filepath.Join(t.TempDir(), "nowhere"), checkout.Options{})
	wantError(t, err, gitops.Invalid, "no such file")

	r := newRepo(t, nil)
	_, err = checkout.Open(t.Context(), r.dir, checkout.Options{Environ: []string{"PATH=" + t.TempDir()}})
	wantError(t, err, gitops.Invalid, "git is not installed", "https://git-scm.com")

	bare := repo{t, t.TempDir()}
	bare.git("init", "-q", "--bare")
	_, err = checkout.Open(t.Context(), bare.dir, checkout.Options{})
	wantError(t, err, gitops.Invalid)
}

func TestResolveReadsTheCommit(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	sha := r.commit("Add a queue\n\nBecause.", map[string]string{"a": "1"})
	r.git("tag", "-a", "v1", "-m", "release")
	for _, rev := range []string{"main", "v1", sha, sha[:8], "HEAD", "main@{0}", "HEAD~0"} {
		got, err := r.open(checkout.Options{}).Resolve(t.Context(), rev)
		if err != nil {
			t.Fatal(err)
		}
		if got.SHA != sha || got.Ref != rev || got.Author != "Ana" || got.Subject != "Add a queue" || got.Time.Unix() != 1700000000 {
			t.Errorf("%s is %+v", rev, got)
		}
	}
}

func TestAnUnknownCommitIsNotFoundWithNearNames(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"a": "1"})
	r.git("branch", "feature/queue")
	opened := r.open(checkout.Options{})
	_, err := opened.Resolve(t.Context(), "feature/quee")
	wantError(t, err, gitops.NotFound, `no commit "feature/quee"`, "did you mean feature/queue?")
	_, err = opened.Resolve(t.Context(), "deadbeefdeadbeef")
	wantError(t, err, gitops.NotFound, "git fetch")
	_, err = opened.Resolve(t.Context(), "HEAD:a")
	wantError(t, err, gitops.NotFound)

	empty := repo{t, t.TempDir()}
	empty.git("init", "-q")
	_, err = empty.open(checkout.Options{}).Head(t.Context())
	wantError(t, err, gitops.NotFound, "no commit yet", "git commit")
}

func TestHostileRevisionNamesRunNothing(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	opened := r.open(checkout.Options{})
	marker := filepath.Join(r.dir, "marker")
	for _, rev := range []string{"", " ", "-x", "--upload-pack=touch " + marker, "main..main", "main\nmain", "\x00", strings.Repeat("a", 300)} {
		_, err := opened.Resolve(t.Context(), rev)
		wantError(t, err, gitops.Invalid, "cannot be the name of a commit")
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the marker is there")
	}
}

func TestHeadTellsBranchAndDirtyFiles(t *testing.T) {
	t.Parallel()
	r := newRepo(t, map[string]string{"a": "1", "b": "1", ".gitignore": "*.log\n"})
	opened := r.open(checkout.Options{Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}})
	head, err := opened.Head(t.Context())
	if err != nil || head.Ref != "main" || head.Dirty {
		t.Fatalf("head is %+v, %v", head, err)
	}
	r.write(map[string]string{"a": "2", "new/file": "", "x.log": ""})
	files, err := opened.DirtyFiles(t.Context())
	if diff := cmp.Diff([]string{"a", "new/file"}, files); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	r.git("checkout", "-q", "--detach")
	if head, err = opened.Head(t.Context()); err != nil || head.Ref != "HEAD" || !head.Dirty {
		t.Errorf("head is %+v, %v", head, err)
	}
}

func TestFilesThatTheUserIgnoresAreNotDirty(t *testing.T) {
	t.Parallel()
	home := repo{t, t.TempDir()}
	home.write(map[string]string{".gitconfig": "[core]\n\texcludesFile = ~/.ignore\n", ".ignore": ".idea/\n"})
	r := newRepo(t, map[string]string{"a": "1"})
	r.write(map[string]string{".idea/x": ""})
	opened := r.open(checkout.Options{Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home.dir}})
	if files, err := opened.DirtyFiles(t.Context()); err != nil || len(files) > 0 {
		t.Errorf("dirty: %v, %v", files, err)
	}
}

func TestMergeBaseIsWhereTheBranchBegan(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	start := r.git("rev-parse", "HEAD")
	r.git("checkout", "-q", "-b", "side")
	r.commit("on side", nil)
	r.git("checkout", "-q", "main")
	r.commit("on main", map[string]string{"m": ""})
	r.git("checkout", "-q", "--orphan", "alone")
	r.commit("alone", nil)
	opened := r.open(checkout.Options{})
	rev := func(name string) gitops.Revision {
		found, err := opened.Resolve(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	got, err := opened.MergeBase(t.Context(), rev("main"), rev("side"))
	if err != nil || got.SHA != start {
		t.Errorf("merge base is %v, %v; want %s", got.SHA, err, start)
	}
	_, err = opened.MergeBase(t.Context(), rev("main"), rev("alone"))
	wantError(t, err, gitops.NotFound, "no commit in common")
}

func TestCancelledContextEndsAsCancelled(t *testing.T) {
	t.Parallel()
	opened := newRepo(t, nil).open(checkout.Options{})
	head, err := opened.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = opened.Resolve(ctx, "main")
	wantError(t, err, gitops.Cancelled)
	_, err = opened.At(ctx, head)
	wantError(t, err, gitops.Cancelled)
}

func BenchmarkTreeOfAThousandFiles(b *testing.B) {
	dir := b.TempDir()
	run := func(args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
	}
	for i := range 1000 {
		path := filepath.Join(dir, strconv.Itoa(i%50), strconv.Itoa(i)+".go")
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, []byte(strings.Repeat(strconv.Itoa(i), 1000)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	run("init", "-q")
	run("add", "-A")
	run("-c", "user.name=a", "-c", "user.email=b", "commit", "-q", "-m", "x")
	r, err := checkout.Open(b.Context(), dir, checkout.Options{TempDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tree, err := tryAt(b.Context(), r, "HEAD")
		if err != nil {
			b.Fatal(err)
		}
		if err := tree.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func TestLogListsWhatOneCommitHasAndTheOtherHasNot(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	from := r.git("rev-parse", "HEAD")
	for _, message := range []string{"one", "two", "three"} {
		r.commit(message, nil)
	}
	opened := r.open(checkout.Options{})
	head, err := opened.Resolve(t.Context(), "main")
	if err != nil {
		t.Fatal(err)
	}
	commits, more, err := opened.Log(t.Context(), gitops.Revision{SHA: from}, head, 2)
	if err != nil || more != 1 || len(commits) != 2 || commits[0].Subject != "three" || commits[1].Subject != "two" {
		t.Errorf("the log is %+v and %d more, %v", commits, more, err)
	}
	if commits, more, err = opened.Log(t.Context(), head, head, 2); err != nil || more != 0 || len(commits) != 0 {
		t.Errorf("between a commit and itself: %+v and %d more, %v", commits, more, err)
	}
	_, _, err = opened.Log(t.Context(), gitops.Revision{SHA: "--all"}, head, 2)
	wantError(t, err, gitops.Invalid, "not a full commit name")
}

func TestInAShallowCloneTheCommandThatIsNamedBringsTheCommit(t *testing.T) {
	t.Parallel()
	source, start, base, _ := proposed(t, 2, 1)
	shallow := repo{t, filepath.Join(t.TempDir(), "shallow")}
	source.git("clone", "-q", "--depth=1", "--branch=feature", "file://"+source.dir, shallow.dir)
	for _, rev := range []string{base, start, "main"} {
		_, err := shallow.open(checkout.Options{}).Resolve(t.Context(), rev)
		wantError(t, err, gitops.NotFound, "no commit", "only the newest commits: git fetch --unshallow origin '+refs/heads/*:refs/remotes/origin/*'")
	}
	shallow.git("fetch", "-q", "--unshallow", "origin", "+refs/heads/*:refs/remotes/origin/*")
	for _, rev := range []string{base, start, "origin/main"} {
		if _, err := shallow.open(checkout.Options{}).Resolve(t.Context(), rev); err != nil {
			t.Error(err)
		}
	}
}
