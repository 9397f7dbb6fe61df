package driver

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/estate/describe"
	"github.com/trunkline-dev/trunkline/estate/settings"
	"github.com/trunkline-dev/trunkline/internal/factstore"
	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/program"
)

// shop is a repository with an estate of three stacks, network ← data ← app, that
// needs no module of others.
type shop struct {
	t   *testing.T
	dir string
	d   *Driver

	mu   sync.Mutex
	told []gitops.Progress
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir()}
	s.write(shopFiles(t))
	s.git("init", "-q", "-b", "main")
	s.commit("first")
	s.d = s.driver(t.TempDir())
	return s
}

// driver is a driver that keeps what it finds out in a directory.
func (s *shop) driver(cache string) *Driver {
	s.t.Helper()
	d, err := New(Options{Dir: s.dir, Facts: factstore.Store{Dir: filepath.Join(cache, "facts")}, Progress: func(p gitops.Progress) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.told = append(s.told, p)
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	d.builder = program.Builder{CacheDir: filepath.Join(cache, "programs")}
	return d
}

func shopFiles(t *testing.T) map[string]string {
	t.Helper()
	schema, err := settings.Of(reflect.TypeFor[struct {
		Size int `estate:"size" default:"1"`
	}]())
	if err != nil {
		t.Fatal(err)
	}
	d := describe.Description{Schema: describe.SchemaVersion, Module: "example.com/shop"}
	files := map[string]string{
		"Pulumi.yaml": "name: shop\nruntime: go\n", "go.mod": "module example.com/shop\n\ngo 1.26\n", ".gitignore": ".trunkline/\n",
		"components/queue/queue.go": "package queue\n\nimport _ \"example.com/shop/internal/names\"\n\nconst Size = 1\n",
		"internal/names/names.go":   "package names\n\nconst Prefix = \"a\"\n",
	}
	for name, needs := range map[string][]string{"network": nil, "data": {"network"}, "app": {"data"}} {
		d.Stacks = append(d.Stacks, describe.Stack{Name: name, Package: "example.com/shop/stacks/" + name, Source: "stacks/" + name + "/" + name + ".go:1", Needs: needs, Settings: schema})
		files["stacks/"+name+"/"+name+".go"] = "package " + name + "\n"
	}
	files["stacks/data/data.go"] = "package data\n\nimport _ \"example.com/shop/components/queue\"\n"
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	files["stacks/main.go"] = "package main\n\nimport (\n\t\"fmt\"\n\n\t_ \"example.com/shop/stacks/app\"\n\t_ \"example.com/shop/stacks/data\"\n\t_ \"example.com/shop/stacks/network\"\n)\n\nfunc main() { fmt.Print(`" + string(text) + "`) }\n"
	for _, env := range []string{"dev", "production"} {
		files["environments/"+env+".yaml"] = "version: 1\nname: " + env + "\ncloud: {provider: sandbox}\nstacks:\n  network: {size: 2}\n  data: {size: 3}\n  app: {}\n"
	}
	return files
}

func (s *shop) write(files map[string]string) {
	s.t.Helper()
	for name, text := range files {
		file := filepath.Join(s.dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
}

// edit replaces one text in a file.
func (s *shop) edit(file, old, now string) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, file))
	if err != nil || !strings.Contains(string(text), old) {
		s.t.Fatalf("%s has no %q: %v", file, old, err)
	}
	s.write(map[string]string{file: strings.Replace(string(text), old, now, 1)})
}

func (s *shop) git(args ...string) string {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=Ana", "GIT_AUTHOR_EMAIL=ana@example.com", "GIT_COMMITTER_NAME=Bob", "GIT_COMMITTER_EMAIL=bob@example.com")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (s *shop) commit(message string) string {
	s.t.Helper()
	s.git("add", "-A")
	s.git("commit", "-q", "-m", message)
	return s.git("rev-parse", "HEAD")
}

func (s *shop) affected(req AffectedRequest) *Affected {
	s.t.Helper()
	aff, err := s.d.Affected(s.t.Context(), req)
	if err != nil {
		s.t.Fatal(err)
	}
	return aff
}

// worked tells whether anything was checked out or compiled since the last call.
func (s *shop) worked() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	worked := slices.ContainsFunc(s.told, func(p gitops.Progress) bool { return p.Phase != "" })
	s.told = nil
	return worked
}

// say renders affected stacks one a line.
func say(as []gitops.Affected) []string {
	out := []string{}
	for _, a := range as {
		var rs []string
		for _, r := range a.Reasons {
			rs = append(rs, r.Kind+" "+r.Detail)
		}
		out = append(out, a.String()+": "+strings.Join(rs, ", "))
	}
	return out
}

func TestACommitThatWasLookedAtIsNeitherCheckedOutNorCompiledAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.edit("environments/dev.yaml", "size: 3", "size: 4")
	s.commit("larger")
	req := AffectedRequest{Base: "HEAD~1", Head: "HEAD"}
	first := s.affected(req)
	if diff := cmp.Diff([]string{"dev/app: upstream data", "dev/data: config data.size 3 → 4"}, say(first.Stacks)); diff != "" {
		t.Error(diff)
	}
	if !s.worked() {
		t.Error("nothing was looked at")
	}
	if second := s.affected(req); s.worked() || !reflect.DeepEqual(first, second) {
		t.Errorf("worked again, or differs:\n%+v\n%+v", first, second)
	}
	s.d = s.driver(t.TempDir())
	req.Environments = []string{"dev"}
	s.affected(req)
	s.worked()
	if s.affected(req); s.worked() {
		t.Error("worked again for one environment")
	}
	s.git("commit", "-q", "--allow-empty", "-m", "the same files")
	req.Base = "HEAD~2"
	if s.affected(req); s.worked() {
		t.Error("another commit of the same files is looked at again")
	}
	if aff := s.affected(AffectedRequest{Base: "HEAD~2", Selection: req.Selection}); len(aff.Stacks) != 2 {
		t.Errorf("the work tree: %v", say(aff.Stacks))
	}
}

func TestWhatOneCommitSaysIsNeverTakenForAnother(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	cache := t.TempDir()
	s.d = s.driver(cache)
	s.affected(AffectedRequest{Base: "HEAD", Head: "HEAD"})
	known := s.kept(cache)
	s.edit("environments/dev.yaml", "size: 3", "size: 4")
	s.commit("proposed")
	s.affected(AffectedRequest{Base: "HEAD", Head: "HEAD"})
	for _, entry := range s.kept(cache) {
		if !slices.Contains(known, entry) { // what the proposal says, put in the place of its base
			if err := os.Rename(entry, known[0]); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.worked()
	aff := s.affected(AffectedRequest{Base: "HEAD~1", Head: "HEAD"})
	if diff := cmp.Diff([]string{"dev/app: upstream data", "dev/data: config data.size 3 → 4"}, say(aff.Stacks)); diff != "" || !s.worked() {
		t.Error("the base is what the proposal says it is: " + diff)
	}
}

func (s *shop) kept(cache string) []string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "facts", "*"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("nothing is kept: %v", err)
	}
	return files
}

func TestABaseThatMovedOnIsComparedWhereBothParted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	parted := s.git("rev-parse", "HEAD")
	s.git("checkout", "-q", "-b", "feature")
	s.edit("environments/dev.yaml", "size: 3", "size: 4")
	feature := s.commit("on the branch")
	s.git("checkout", "-q", "main")
	s.edit("environments/production.yaml", "size: 2", "size: 5")
	trunk := s.commit("on the trunk")
	want := []string{"dev/app: upstream data", "dev/data: config data.size 3 → 4"}
	aff := s.affected(AffectedRequest{Base: "main", Head: "feature"})
	if diff := cmp.Diff(want, say(aff.Stacks)); diff != "" || aff.Base.SHA != trunk || aff.Against.SHA != parted || aff.Head.SHA != feature {
		t.Errorf("base %s, against %s, head %s\n%s", aff.Base.SHA, aff.Against.SHA, aff.Head.SHA, diff)
	}
	s.git("checkout", "-q", "--orphan", "elsewhere")
	s.edit("environments/production.yaml", "size: 5", "size: 2")
	s.commit("a history of its own")
	s.told = nil
	aff = s.affected(AffectedRequest{Base: "feature", Head: "elsewhere"})
	if diff := cmp.Diff([]string{"dev/app: upstream data", "dev/data: config data.size 4 → 3"}, say(aff.Stacks)); diff != "" || aff.Against.SHA != feature {
		t.Errorf("against %s\n%s", aff.Against.SHA, diff)
	}
	if !slices.ContainsFunc(s.told, func(p gitops.Progress) bool { return strings.Contains(p.Note, "no commit in common") }) {
		t.Errorf("nobody is told: %v", s.told)
	}
}

// What is deployed may be newer than what is to be deployed: in a rollback.
func TestWhatIsOutdatedIsToldInBothDirections(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.edit("environments/dev.yaml", "size: 3", "size: 4")
	newer := s.commit("larger")
	old, err := s.d.Open(t.Context(), OpenOptions{At: "HEAD~1"})
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	aff, err := old.affectedSince(t.Context(), newer)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"dev/app: upstream data", "dev/data: config data.size 4 → 3"}, say(aff.Stacks)); diff != "" {
		t.Error(diff)
	}
}

func TestABaseThatCannotBeReadAffectsEverythingAndSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, old, now, says string
	}{
		"settings":   {"environments/production.yaml", "version: 1", "version: 9", "this program reads only version 1"},
		"a project":  {"Pulumi.yaml", "name: shop", "nam: shop", "cannot read the project"},
		"modules":    {"go.mod", "go 1.26", "nonsense", "unknown directive: nonsense"},
		"an import":  {"stacks/app/app.go", "package app", "package app\n\nimport _ \"example.com/shop/nowhere\"", "example.com/shop/nowhere"},
		"types":      {"stacks/app/app.go", "package app", "package app\n\nvar x int = \"\"", "does not compile"},
		"no program": {"stacks/main.go", "func main() {", "func main() {\n\tpanic(1)\n", "cannot describe its stacks"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			good := s.git("rev-parse", "HEAD")
			s.edit(c.file, c.old, c.now)
			s.commit("broken")
			s.git("checkout", "-q", good, "--", ".")
			s.commit("mended")
			aff := s.affected(AffectedRequest{Base: "HEAD~1", Head: "HEAD"})
			if len(aff.Stacks) != 6 || len(aff.Unaffected) != 0 || !strings.Contains(aff.Unknown, c.says) {
				t.Fatalf("%d affected, %d not, because: %s", len(aff.Stacks), len(aff.Unaffected), aff.Unknown)
			}
			for _, a := range aff.Stacks {
				if r := a.Reasons; len(r) != 1 || r[0].Kind != "unknown" || !strings.HasPrefix(r[0].Detail, "the base cannot be read: ") || strings.Contains(r[0].Detail, "\n") {
					t.Errorf("%s: %+v", a, r)
				}
			}
			if !slices.ContainsFunc(s.told, func(p gitops.Progress) bool { return strings.Contains(p.Note, "every stack counts as affected") }) {
				t.Error("nobody is told")
			}
		})
	}
}

func TestAMissingBaseAffectsEverythingAndAnImpossibleOneIsAMistake(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	shallow := newShop(t)
	shallow.git("remote", "add", "origin", s.dir)
	shallow.write(map[string]string{".git/shallow": shallow.git("rev-parse", "HEAD") + "\n"})
	gone := strings.Repeat("0123456789", 4)
	for base, in := range map[string]*shop{"nowhere": shallow, "origin/main": shallow, gone: s} {
		if aff := in.affected(AffectedRequest{Base: base, Head: "HEAD"}); len(aff.Stacks) != 6 || aff.Stacks[0].Reasons[0].Kind != "unknown" {
			t.Errorf("%s: %v", base, say(aff.Stacks))
		}
	}
	for base, says := range map[string]string{"nowhere": `there is no commit "nowhere"`, "mian": "did you mean main?"} {
		if _, err := s.d.Affected(t.Context(), AffectedRequest{Base: base, Head: "HEAD"}); gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), says) {
			t.Errorf("%q, which somebody mistyped: %v", base, err)
		}
	}
	for _, base := range []string{"", "a..b", "--upload-pack=x", "a\nb"} {
		if _, err := s.d.Affected(t.Context(), AffectedRequest{Base: base, Head: "HEAD"}); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: %v", base, err)
		}
	}
	if _, err := s.d.Affected(t.Context(), AffectedRequest{Base: "HEAD", Head: "nowhere"}); gitops.KindOf(err) != gitops.NotFound {
		t.Errorf("a head that does not exist: %v", err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.d.Affected(ctx, AffectedRequest{Base: "HEAD", Head: "HEAD"}); gitops.KindOf(err) != gitops.Cancelled {
		t.Errorf("stopped: %v", err)
	}
}

func TestStacksAndEnvironmentsThatComeAndGoAreTold(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.git("mv", "environments/production.yaml", "environments/live.yaml")
	s.edit("environments/live.yaml", "name: production", "name: live")
	s.edit("environments/dev.yaml", "  app: {}\n", "")
	s.commit("moved")
	want := []string{"dev/app: removed no longer in this revision",
		"live/app: added new in this revision, upstream data", "live/data: added new in this revision, upstream network", "live/network: added new in this revision",
		"production/app: removed no longer in this revision", "production/data: removed no longer in this revision", "production/network: removed no longer in this revision"}
	if diff := cmp.Diff(want, say(s.affected(AffectedRequest{Base: "HEAD~1", Head: "HEAD"}).Stacks)); diff != "" {
		t.Error(diff)
	}
	gone := s.affected(AffectedRequest{Base: "HEAD~1", Selection: Selection{Environments: []string{"production"}, Stacks: []string{"data"}}})
	if diff := cmp.Diff([]string{"production/data: removed no longer in this revision"}, say(gone.Stacks)); diff != "" {
		t.Error(diff)
	}
}

func TestEachReasonCanBeFollowedToWhatChanged(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.edit("internal/names/names.go", `"a"`, `"b"`)
	s.write(map[string]string{"internal/names/more.go": "package names\n\nconst More = 1\n"})
	s.edit("environments/dev.yaml", "cloud:", "tags: {team: shop}\ncloud:")
	s.edit("environments/dev.yaml", "size: 3", "size: 4")
	s.commit("several things")
	chains := func(stack string) map[string][]string {
		out := map[string][]string{}
		aff := s.affected(AffectedRequest{Base: "HEAD~1", Head: "HEAD", Explain: true, Selection: Selection{Environments: []string{"dev"}, Stacks: []string{stack}}})
		for _, r := range aff.Stacks[0].Reasons {
			out[r.Kind+" "+r.Subject] = r.Chain
		}
		return out
	}
	want := map[string][]string{
		"config data.size":       {"data.size 3 → 4", "environments/dev.yaml:6:16 in base", "environments/dev.yaml:7:16 in head"},
		"config tags.team":       {"tags.team shop (added)", "environments/dev.yaml:3:14 in head"},
		"package internal/names": {"stacks/data", "components/queue", "internal/names", "internal/names/more.go added, internal/names/names.go changed"},
		"upstream network":       {"data", "network", "tags.team shop (added)", "environments/dev.yaml:3:14 in head"},
	}
	if diff := cmp.Diff(want, chains("data")); diff != "" {
		t.Error(diff)
	}
	if got := chains("app")["upstream data"]; len(got) != 5 || got[0] != "app" || got[1] != "data" {
		t.Errorf("app: %q", got)
	}
}

func TestAChangeOfThousandsOfFilesTouchesOnlyWhatUsesThem(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	files := map[string]string{}
	for i := range 3500 {
		files[fmt.Sprintf("site/%d/page%d.md", i%70, i)] = fmt.Sprint(i)
	}
	files["components/queue/queue.go"] = "package queue\n\nimport _ \"example.com/shop/internal/names\"\n\nconst Size = 2\n"
	s.write(files)
	s.commit("thousands of files")
	want := []string{"dev/app: upstream data", "dev/data: package components/queue", "production/app: upstream data", "production/data: package components/queue"}
	if diff := cmp.Diff(want, say(s.affected(AffectedRequest{Base: "HEAD~1", Head: "HEAD"}).Stacks)); diff != "" {
		t.Error(diff)
	}
}
