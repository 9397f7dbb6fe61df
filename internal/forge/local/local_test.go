package local_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/forge/local"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// world is a directory with a bare repository, which git itself changes.
type world struct{ dir string }

func open(t *testing.T) forgetest.World {
	w := world{t.TempDir()}
	w.git(t, "init", "-q", "--bare", "-b", "main")
	w.git(t, "update-ref", "refs/heads/main", w.commit(t, "first"))
	return w
}

func (w world) git(t *testing.T, args ...string) string {
	t.Helper()
	repo := local.Repository(w.dir)
	if args[0] == "init" {
		args = append(args, repo)
	} else {
		args = append([]string{"--git-dir", repo}, args...)
	}
	cmd := exec.Command("git", args...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.test", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.test")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("git %v: %v", args, err)
	}
	return strings.TrimSpace(string(out))
}

// commit makes a commit with an empty tree.
func (w world) commit(t *testing.T, message string, parents ...string) string {
	t.Helper()
	args := []string{"commit-tree", "-m", message}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	return w.git(t, append(args, w.git(t, "hash-object", "-t", "tree", "-w", os.DevNull))...)
}

func (w world) Connect(t *testing.T, c forgetest.Connection) gitops.Forge { return w.forge(t, c.As) }

func (w world) forge(t *testing.T, as forgetest.Account) *local.Forge {
	t.Helper()
	f, err := local.Open(w.dir, string(as))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (w world) Propose(t *testing.T, title string) gitops.PullRequest {
	t.Helper()
	entries, _ := os.ReadDir(filepath.Join(w.dir, "pulls"))
	branch := "feature-" + string(rune('a'+len(entries)))
	w.git(t, "update-ref", "refs/heads/"+branch, w.commit(t, title, w.Trunk(t)))
	pr, err := w.forge(t, "author").Propose(t.Context(), local.Pull{Title: title, Head: branch, Base: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return pr
}

func (w world) Push(t *testing.T, number int) string {
	pr := w.pull(t, number)
	sha := w.commit(t, "more", pr.Head.SHA)
	w.git(t, "update-ref", "refs/heads/"+pr.Head.Ref, sha)
	return sha
}

func (w world) Merge(t *testing.T, number int, squash bool) string {
	pr := w.pull(t, number)
	parents := []string{w.Trunk(t), pr.Head.SHA}
	if squash {
		parents = parents[:1]
	}
	sha := w.commit(t, "merge", parents...)
	w.git(t, "update-ref", "refs/heads/main", sha)
	if err := w.forge(t, "author").Merged(t.Context(), number, sha); err != nil {
		t.Fatal(err)
	}
	w.git(t, "update-ref", "-d", "refs/heads/"+pr.Head.Ref)
	return sha
}

func (w world) pull(t *testing.T, number int) gitops.PullRequest {
	t.Helper()
	pr, err := w.forge(t, "author").PullRequest(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	return pr
}

func (w world) Trunk(t *testing.T) string { return w.git(t, "rev-parse", "refs/heads/main") }

func (w world) Statuses(t *testing.T, sha string) []gitops.Status {
	out, err := w.forge(t, "author").Statuses(sha)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (w world) CheckRuns(t *testing.T, sha string) []gitops.CheckRun {
	out, err := w.forge(t, "author").CheckRuns(sha)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestConformance(t *testing.T) {
	t.Parallel()
	forgetest.Run(t, open)
}

func TestOpenSaysHowToMakeAForge(t *testing.T) {
	t.Parallel()
	_, err := local.Open(t.TempDir(), "bot")
	if gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestDamagedFileNamesItself(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "{", `{"title": 1}`, `{"unknown": true}`, strings.Repeat(" ", 5<<20)} {
		w := open(t).(world)
		pr := w.Propose(t, "a")
		file := filepath.Join(w.dir, "pulls", "1", "pull.json")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := w.forge(t, "bot").PullRequest(t.Context(), pr.Number)
		if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), "pull.json") {
			t.Errorf("%.20q: got %v", text, err)
		}
	}
}

func TestEachOfManyCommentsAtOnceGetsItsOwnNumber(t *testing.T) {
	t.Parallel()
	w := open(t).(world)
	n := w.Propose(t, "a").Number
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := w.forge(t, "bot").CreateComment(t.Context(), n, "x"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	count := 0
	for _, err := range w.forge(t, "bot").Comments(t.Context(), n) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != 20 {
		t.Errorf("there are %d comments", count)
	}
}
