package scenario

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/app"
	"github.com/trunkline-dev/trunkline/test/small"
)

// asTrunkline makes this program the command itself.
const asTrunkline = "SCENARIO_RUNS_TRUNKLINE"

func TestMain(m *testing.M) {
	if os.Getenv(asTrunkline) != "" {
		os.Exit(app.Main(os.Args[1:], app.Process()))
	}
	os.Exit(m.Run())
}

// world is an estate with its repository and a forge.
type world struct {
	t *testing.T
	// dir is the clone, forge the forge's directory, home a private one.
	dir, forge, home string
	cache            string
	env              []string // from event.env
	runs             int
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	start := begin(t)
	dirs, err := filepath.Glob("*/change.patch")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, patch := range dirs {
		name := filepath.Dir(patch)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, err := filepath.Abs(name)
			if err != nil {
				t.Fatal(err)
			}
			play(start.copy(t), from)
		})
	}
}

// play proposes the change, looks at the comment, merges, and looks again.
func play(w *world, from string) {
	w.t.Helper()
	w.env = lines(from, "event.env")
	if w.patch(from, "before.patch") {
		w.commit("Before")
		w.push("main")
		w.ci("push", "main")
	}
	w.git("checkout", "-q", "-b", "feature")
	w.patch(from, "change.patch")
	w.commit("Change it")
	w.push("feature")
	w.git("checkout", "-q", "main")
	if w.patch(from, "main.patch") {
		w.commit("Meanwhile")
		w.push("main")
	}
	w.propose()
	code := w.ci("pull_request", "feature")
	if want := strings.Join(lines(from, "exit"), ""); strconv.Itoa(code) != want && (want != "" || code != 0) {
		w.t.Errorf("exit code %d, want %q", code, want)
	}
	w.expect(from, "comment.md", w.comment())
	w.expect(from, "statuses.txt", w.statuses("feature"))
	if _, err := os.Stat(filepath.Join(from, "record.md")); err == nil {
		w.git("merge", "-q", "--no-ff", "-m", "Merge pull request #1", "feature")
		w.push("main")
		w.merged()
		w.ci("push", "main")
		w.expect(from, "record.md", w.comment())
	}
	if _, err := os.Stat(filepath.Join(from, "again.md")); err == nil {
		w.ci("push", "main")
		w.expect(from, "again.md", w.comment())
	}
}

// begin makes an estate and deploys it.
func begin(t *testing.T) *world {
	t.Helper()
	root := t.TempDir()
	w := &world{t: t, dir: filepath.Join(root, "shop"), forge: filepath.Join(root, "forge"), home: filepath.Join(root, "home"), cache: filepath.Join(root, "cache")}
	must(t, os.MkdirAll(w.home, 0o755))
	w.must("trunkline init", w.trunkline(nil, root, "init", w.dir, "--module", "example.com/shop"))
	must(t, small.Write(w.dir, "example.com/shop"))
	w.git("add", "--all")
	w.git("commit", "-q", "--amend", "--no-edit")
	must(t, os.MkdirAll(w.forge, 0o755))
	w.git("clone", "-q", "--bare", w.dir, filepath.Join(w.forge, "repository.git"))
	w.ci("push", "main")
	return w
}

// copy is another world like this one.
func (w *world) copy(t *testing.T) *world {
	t.Helper()
	root := t.TempDir()
	out := &world{t: t, dir: filepath.Join(root, "shop"), forge: filepath.Join(root, "forge"), home: w.home, cache: w.cache, runs: w.runs}
	must(t, os.CopyFS(out.dir, os.DirFS(w.dir)))
	must(t, os.CopyFS(out.forge, os.DirFS(w.forge)))
	must(t, os.Chmod(filepath.Join(out.dir, ".trunkline", "key"), 0o600)) // CopyFS makes it readable for all
	return out
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) must(what string, code int) {
	w.t.Helper()
	if code != 0 {
		w.t.Fatalf("%s: exit code %d", what, code)
	}
}

// environ is what every command gets, besides more.
func (w *world) environ(more []string) []string {
	env := append(os.Environ(), "HOME="+w.home, "XDG_CACHE_HOME="+w.cache, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "TZ=UTC",
		"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_COMMITTER_NAME=Ana", "GIT_COMMITTER_EMAIL=ana@example.com")
	for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOPROXY", "GOTOOLCHAIN"} {
		out, err := exec.Command("go", "env", name).Output()
		must(w.t, err)
		env = append(env, name+"="+strings.TrimSpace(string(out)))
	}
	return append(env, more...)
}

func (w *world) git(args ...string) string {
	w.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = w.dir, w.environ(nil)
	out, err := cmd.CombinedOutput()
	if err != nil {
		w.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// trunkline runs the command and returns its exit code.
func (w *world) trunkline(env []string, dir string, args ...string) int {
	w.t.Helper()
	self, err := os.Executable()
	must(w.t, err)
	cmd := exec.Command(self, args...)
	cmd.Dir, cmd.Env = dir, append(w.environ(env), asTrunkline+"=1")
	out, err := cmd.CombinedOutput()
	w.t.Logf("trunkline %s\n%s", strings.Join(args, " "), out)
	if _, failed := err.(*exec.ExitError); err != nil && !failed {
		w.t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode()
}

// ci runs the job of an event at a branch, as a CI system does it.
func (w *world) ci(event, branch string) int {
	w.t.Helper()
	w.runs++
	env := append(slices.Clone(w.env), "TRUNKLINE_EVENT="+event, "TRUNKLINE_TRUNK=main", "TRUNKLINE_FORGE=local", "TRUNKLINE_FORGE_URL="+w.forge,
		"TRUNKLINE_HEAD="+w.git("rev-parse", branch), "TRUNKLINE_HEAD_BRANCH="+branch, "TRUNKLINE_RUN="+strconv.Itoa(w.runs), "TRUNKLINE_ACTOR=ana")
	if event == "pull_request" {
		env = append(env, "TRUNKLINE_PULL_REQUEST=1", "TRUNKLINE_BASE="+w.git("rev-parse", "main"), "TRUNKLINE_BASE_BRANCH=main")
	}
	return w.trunkline(env, w.dir, "ci")
}

// patch applies one of the scenario's patches, when it has it.
func (w *world) patch(from, name string) bool {
	w.t.Helper()
	file := filepath.Join(from, name)
	if info, err := os.Stat(file); err != nil {
		return false
	} else if info.Size() > 0 {
		w.git("apply", "--whitespace=nowarn", file)
	}
	return true
}

func (w *world) commit(message string) {
	w.t.Helper()
	w.git("add", "--all")
	w.git("commit", "-q", "--allow-empty", "-m", message)
}

func (w *world) push(branch string) {
	w.t.Helper()
	w.git("push", "-q", filepath.Join(w.forge, "repository.git"), branch)
}

// pull is the file of the one pull request.
func (w *world) pull() string { return filepath.Join(w.forge, "pulls", "1", "pull.json") }

func (w *world) propose() {
	w.t.Helper()
	must(w.t, os.MkdirAll(filepath.Dir(w.pull()), 0o755))
	fork := slices.Contains(w.env, "TRUNKLINE_FORK=true")
	must(w.t, os.WriteFile(w.pull(), fmt.Appendf(nil, `{"title": "Change it", "author": "ana", "head": "feature", "base": "main", "fork": %t}`, fork), 0o644))
}

func (w *world) merged() {
	w.t.Helper()
	must(w.t, os.WriteFile(w.pull(), fmt.Appendf(nil, `{"title": "Change it", "author": "ana", "head": "feature", "base": "main", "closed": true, "merged": %q}`,
		w.git("rev-parse", "main")), 0o644))
}

// comment is the body of the one comment that there is.
func (w *world) comment() string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.forge, "pulls", "1", "comments", "*.json"))
	must(w.t, err)
	if len(files) != 1 {
		w.t.Fatalf("%d comments, want one", len(files))
	}
	var c struct{ Body string }
	read(w.t, files[0], &c)
	return c.Body
}

// statuses are those of the branch's commit, one a line.
func (w *world) statuses(branch string) string {
	w.t.Helper()
	files, err := filepath.Glob(filepath.Join(w.forge, "statuses", w.git("rev-parse", branch), "*.json"))
	must(w.t, err)
	var out []string
	for _, f := range files {
		var s struct{ Context, State, Description string }
		read(w.t, f, &s)
		out = append(out, fmt.Sprintf("%s %s: %s\n", s.State, s.Context, s.Description))
	}
	slices.Sort(out)
	return strings.Join(out, "")
}

func read(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, json.Unmarshal(text, into))
}

// expect compares with a file of the scenario. What is different in every run
// stands in it as a word.
func (w *world) expect(from, name, got string) {
	w.t.Helper()
	got = plain(got)
	file := filepath.Join(from, name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		must(w.t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		w.t.Errorf("%s (-want +got); UPDATE_GOLDEN=1 accepts it\n%s", name, diff)
	}
}

// changing are texts that differ from run to run, and what stands for them.
var changing = []struct {
	find *regexp.Regexp
	put  string
}{
	{regexp.MustCompile(`sha256:[0-9a-f]{12,64}`), "sha256:DIGEST"},
	{regexp.MustCompile(`\b[0-9a-f]{40}\b`), "COMMIT"},
	{regexp.MustCompile("`[0-9a-f]{7}`"), "`COMMIT`"},
	{regexp.MustCompile("<code>[0-9a-f]\u200b?[0-9a-f]{6}</code>"), "<code>COMMIT</code>"},
	{regexp.MustCompile(`\b[0-9a-f]{7} cannot be merged into [0-9a-f]{7}\b`), "COMMIT cannot be merged into COMMIT"},
	{regexp.MustCompile(`sha=[0-9a-f]{7}`), "sha=COMMIT"},
	{regexp.MustCompile(`\b(vpc|subnet|rtb|igw|nat|eni|sg|sgr|eipalloc|vpce|i|fl|rtbassoc)-0[0-9a-f]{16}\b`), "$1-ID"},
	{regexp.MustCompile(`-[0-9a-f]{7}\b`), "-NAME"},
	{regexp.MustCompile(`…[0-9a-f]{6}\\`), `…NAME\`},
	{regexp.MustCompile(`"10\.\d+\.\d+\.\d+"`), `"ADDRESS"`},
	{regexp.MustCompile(`\b\d+(\.\d+)?m?s\b`), "TIME"},
	{regexp.MustCompile(`go 1\.\d+(\.\d+)?`), "go VERSION"},
	{regexp.MustCompile(`pulumi 3\.\d+\.\d+`), "pulumi VERSION"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?Z?( UTC)?`), "WHEN"},
}

func plain(text string) string {
	for _, c := range changing {
		text = c.find.ReplaceAllString(text, c.put)
	}
	return text
}

// lines reads the lines of a file of the scenario; none when it has no such file.
func lines(from, name string) []string {
	text, err := fs.ReadFile(os.DirFS(from), name)
	if err != nil {
		return nil
	}
	return strings.Fields(string(text))
}
