package realforge

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "code.gitea.io/sdk/gitea"

	"github.com/trunkline-dev/trunkline/internal/forge/forgetest"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/test/small"
)

// story is one pull request on a repository with an estate.
type story struct {
	*world
	t       *testing.T
	dir     string // the clone of the CI job
	home    string
	program string // trunkline
	runs    int
}

// TestStory proposes a change, changes it again and merges it, and reads on Gitea
// what its reviewers see each time.
func TestStory(t *testing.T) {
	s := newStory(t)
	s.ci(0, "push", "main")

	s.say("ana proposes a change")
	s.edit("environments/dev.yaml", "keepVersionsDays: 7", "keepVersionsDays: 9")
	s.push("feature", "Keep versions for nine days")
	pr := s.open("feature", "Keep versions for nine days")
	s.ci(pr, "pull_request", "feature")
	first := s.comment(pr, "keepVersionsDays", "2 to update")
	s.green("feature")

	s.say("ana pushes again")
	s.edit("environments/dev.yaml", "keepVersionsDays: 9", "keepVersionsDays: 11")
	s.push("feature", "Eleven")
	s.ci(pr, "pull_request", "feature")
	second := s.comment(pr, "keepVersionsDays", "11")
	s.green("feature")
	if second.ID != first.ID || second.Body == first.Body {
		t.Errorf("comment %s became %s: it was not edited in place", first.ID, second.ID)
	}

	s.say("a late job of the first push ends after that of the second")
	s.runs -= 2
	s.ci(pr, "pull_request", "feature")
	s.runs++
	if late := s.comment(pr); late.Body != second.Body {
		t.Error("an older run has overwritten a newer one")
	}

	s.say("it is merged, and main is delivered")
	s.Merge(t, pr, false)
	s.git("checkout", "-q", "main")
	s.git("pull", "-q", s.remote(), "main")
	s.ci(0, "push", "main")
	record := s.comment(pr, "<details>", "keepVersionsDays")
	if record.ID != first.ID || !strings.Contains(record.Body, "gen=d") {
		t.Errorf("comment %s did not become the record: %s", first.ID, record.ID)
	}
	s.statuses("main") // production waits for approval
}

func newStory(t *testing.T) *story {
	t.Helper()
	program := os.Getenv("TRUNKLINE")
	if program == "" {
		t.Fatal("TRUNKLINE is not set: start this test with test/forge/run")
	}
	root := t.TempDir()
	s := &story{world: Open(t, server, accounts).(*world), t: t, dir: filepath.Join(root, "shop"), home: filepath.Join(root, "home"), program: program}
	must(t, os.MkdirAll(s.home, 0o755))
	s.run(root, nil, program, "init", s.dir, "--module", "example.com/shop")
	must(t, small.Write(s.dir, "example.com/shop"))
	s.git("add", "--all")
	s.git("commit", "-q", "--amend", "--no-edit")
	s.git("push", "-q", "--force", s.remote(), "HEAD:refs/heads/main")
	return s
}

func (s *story) say(text string) { fmt.Printf("\n== %s\n", text) }

const shown = 25 // lines of a command's output

// run runs a command and shows the end of what it prints.
func (s *story) run(dir string, env []string, args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+s.home, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=ana", "GIT_AUTHOR_EMAIL=ana@example.test", "GIT_COMMITTER_NAME=ana", "GIT_COMMITTER_EMAIL=ana@example.test")
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH"} {
		out, err := exec.Command("go", "env", name).Output()
		must(s.t, err)
		cmd.Env = append(cmd.Env, name+"="+strings.TrimSpace(string(out)))
	}
	cmd.Env = append(cmd.Env, env...)
	out, err := cmd.CombinedOutput()
	if args[0] != "git" {
		lines := strings.SplitAfter(string(out), "\n")
		fmt.Printf("$ %s %s\n", filepath.Base(args[0]), strings.Join(args[1:], " "))
		if skip := len(lines) - shown; skip > 0 {
			fmt.Printf("  (%d lines)\n", skip)
			lines = lines[skip:]
		}
		fmt.Print(strings.Join(lines, ""))
	}
	const waitsForApproval = 10
	if err != nil && !(args[0] == s.program && cmd.ProcessState.ExitCode() == waitsForApproval) {
		s.t.Fatalf("%s: %v\n%s", strings.Join(args[:2], " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *story) git(args ...string) string {
	s.t.Helper()
	return s.run(s.dir, []string{
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=http." + s.server.URL + ".extraHeader",
		"GIT_CONFIG_VALUE_0=Authorization: token " + s.accounts["author"],
	}, append([]string{"git"}, args...)...)
}

func (s *story) remote() string { return s.server.URL + "/author/" + s.name + ".git" }

func (s *story) edit(file, old, new string) {
	s.t.Helper()
	path := filepath.Join(s.dir, file)
	text, err := os.ReadFile(path)
	must(s.t, err)
	if !strings.Contains(string(text), old) {
		s.t.Fatalf("%s has no %q", file, old)
	}
	must(s.t, os.WriteFile(path, []byte(strings.Replace(string(text), old, new, 1)), 0o644))
}

func (s *story) push(branch, message string) {
	s.t.Helper()
	s.git("checkout", "-q", "-B", branch)
	s.git("commit", "-q", "-a", "-m", message)
	s.git("push", "-q", s.remote(), branch)
}

func (s *story) open(branch, title string) int {
	s.t.Helper()
	p, _, err := s.author.CreatePullRequest("author", s.name, sdk.CreatePullRequestOption{Head: branch, Base: "main", Title: title})
	must(s.t, err)
	return int(p.Index)
}

// ci runs the job of an event, as the bot.
func (s *story) ci(pr int, event, branch string) {
	s.t.Helper()
	s.runs++
	env := []string{
		"TRUNKLINE_EVENT=" + event, "TRUNKLINE_TRUNK=main", "TRUNKLINE_FORGE=gitea", "TRUNKLINE_FORGE_URL=" + s.server.URL,
		"TRUNKLINE_REPOSITORY=author/" + s.name, "TRUNKLINE_FORGE_TOKEN=" + s.accounts[string(forgetest.Bot)],
		"TRUNKLINE_HEAD=" + s.git("rev-parse", branch), "TRUNKLINE_HEAD_BRANCH=" + branch,
		fmt.Sprint("TRUNKLINE_RUN=", s.runs), "TRUNKLINE_ACTOR=ana",
	}
	if pr > 0 {
		env = append(env, fmt.Sprint("TRUNKLINE_PULL_REQUEST=", pr), "TRUNKLINE_BASE="+s.Trunk(s.t), "TRUNKLINE_BASE_BRANCH=main")
	}
	begun := time.Now()
	out := s.run(s.dir, env, s.program, "ci")
	fmt.Printf("(%s at %s took %s)\n", event, branch, time.Since(begun).Round(100*time.Millisecond))
	if strings.Contains(out, s.accounts[string(forgetest.Bot)]) {
		s.t.Error("the log has the token in it")
	}
}

// comment reads the one comment of a pull request, and shows it.
func (s *story) comment(pr int, want ...string) gitops.Comment {
	s.t.Helper()
	var all []gitops.Comment
	for c, err := range s.Connect(s.t, forgetest.Connection{}).Comments(context.Background(), pr) {
		must(s.t, err)
		all = append(all, c)
	}
	if len(all) != 1 || all[0].Author != string(forgetest.Bot) {
		s.t.Fatalf("%d comments, want one of the bot: %+v", len(all), all)
	}
	fmt.Printf("-- comment %s on #%d\n%s\n", all[0].ID, pr, all[0].Body)
	for _, w := range want {
		if !strings.Contains(all[0].Body, w) {
			s.t.Errorf("the comment does not say %q", w)
		}
	}
	return all[0]
}

// green shows the statuses of a branch's commit, which must be successes.
func (s *story) green(branch string) {
	s.t.Helper()
	for _, st := range s.statuses(branch) {
		if st.State != gitops.StatusSuccess {
			s.t.Errorf("%s is %s", st.Context, st.State)
		}
	}
}

// statuses shows the statuses of a branch's commit.
func (s *story) statuses(branch string) []gitops.Status {
	s.t.Helper()
	sha := s.git("rev-parse", branch)
	all := s.Statuses(s.t, sha)
	if len(all) == 0 {
		s.t.Errorf("%s has no statuses", branch)
	}
	for _, st := range all {
		fmt.Printf("-- status of %.7s: %s %s: %s\n", sha, st.Context, st.State, st.Description)
	}
	return all
}
