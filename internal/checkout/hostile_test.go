package checkout_test

// The numbers are those of a list of attacks on systems that check out other
// people's commits. Those that have no test here: G5 and G6 (links) are
// TestLinksOutOfTheTreeAreRefused, G10 and G11 (what a job left behind, filters)
// TestNothingOfTheRepositoryRuns, G13 (archives) and G17 (signatures) are about
// things that do not exist here, G18 (which stacks) is in internal/affected.

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// bare opens a repository of its own for a job without a clone.
func bare(t *testing.T, opts checkout.Options) *checkout.Repo {
	t.Helper()
	if opts.TempDir == "" {
		opts.TempDir = t.TempDir()
	}
	r, err := checkout.Bare("", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

// some is a full commit name.
var some = strings.Repeat("ab", 20)

func TestG1NamesThatAreOptionsOrRangesAreRefused(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	remote := checkout.Remote{URL: forge.URL + "/shop.git"}
	r := bare(t, checkout.Options{})
	marker := filepath.Join(t.TempDir(), "marker")
	for _, name := range []string{"--upload-pack=touch " + marker, "-x", "a..b", "@{u}", "HEAD", "main\n", "main\u202e"} {
		for _, w := range []checkout.Wanted{{Head: name}, {Head: some, Base: name}, {Head: some, HeadBranch: name}} {
			_, err := r.Fetch(t.Context(), remote, w)
			wantError(t, err, gitops.Invalid)
		}
		_, err := r.Tip(t.Context(), remote, name)
		wantError(t, err, gitops.Invalid, "cannot be the name of a branch")
	}
	if _, err := os.Stat(marker); err == nil || len(forge.asked) > 0 {
		t.Errorf("the marker is there, or the forge was asked: %v, %v", err, forge.asked)
	}
}

func TestG2AddressesThatRunSomethingOrLeadElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	marker := filepath.Join(t.TempDir(), "marker")
	r := bare(t, checkout.Options{})
	for _, url := range []string{
		"ext::sh -c touch% " + marker, "file:///etc", "/etc", "git://github.com/a/b", "ssh://-oProxyCommand=touch/x", "git@github.com:a/b",
		"--upload-pack=touch", "https://ana:hunter2@github.com/a/b", "http://169.254.169.254/latest", "http://[::ffff:169.254.169.254]/x",
		"http://0xa9fea9fe/x", "https://github.com/a\nb", "fd::17", "http://forge.example/a/b",
	} {
		_, err := r.Fetch(t.Context(), checkout.Remote{URL: url}, checkout.Wanted{Head: some})
		wantError(t, err, gitops.Invalid)
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
	if _, err := os.Stat(marker); err == nil {
		t.Error("the marker is there")
	}
}

func TestG3TheTokenDoesNotFollowARedirect(t *testing.T) {
	t.Parallel()
	elsewhere := newForge(t)
	source, _, _, head := proposed(t, 0, 0)
	elsewhere.publish(source, "shop")
	forge := newForge(t)
	forge.before = func(w http.ResponseWriter, req *http.Request) bool {
		http.Redirect(w, req, elsewhere.URL+req.URL.RequestURI(), http.StatusFound)
		return true
	}
	remote := checkout.Remote{URL: forge.URL + "/shop.git", Token: func() (string, error) { return token, nil }}
	_, err := bare(t, checkout.Options{}).Fetch(t.Context(), remote, checkout.Wanted{Head: head})
	wantError(t, err, gitops.Failed, "redirect")
	if len(elsewhere.asked) > 0 {
		t.Errorf("the other host was asked: %v", elsewhere.asked)
	}
}

func TestG4NamesOfForbiddenAddressesAreRefused(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254", "0.0.0.0", "224.0.0.1"} {
		remote := checkout.Remote{URL: "https://forge.example/a/b.git", Lookup: func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr(addr)}, nil
		}}
		_, err := bare(t, checkout.Options{}).Fetch(t.Context(), remote, checkout.Wanted{Head: some})
		wantError(t, err, gitops.Denied, "forge.example has the address "+addr)
	}
}

func TestG7SubmodulesAreNotFetched(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	marker := filepath.Join(t.TempDir(), "marker")
	r := newRepo(t, map[string]string{".gitmodules": fmt.Sprintf(
		"[submodule \"m\"]\n\tpath = m\n\turl = %s/module.git\n[submodule \"n\"]\n\tpath = n\n\turl = ../n\n\tupdate = none\n\tfetchRecurseSubmodules = true\n", forge.URL)})
	r.git("update-index", "--add", "--cacheinfo", "160000,"+some+",m")
	r.git("commit", "-q", "-m", "submodule")
	head := r.git("rev-parse", "HEAD")
	remote := forge.publish(r, "shop")
	got := bare(t, checkout.Options{})
	f, err := got.Fetch(t.Context(), remote, checkout.Wanted{Head: head})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := got.At(t.Context(), f.Head)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.Close()
	for _, asked := range forge.asked {
		if strings.Contains(asked, "module.git") {
			t.Errorf("a submodule was asked for: %v", forge.asked)
		}
	}
	// Git's own check refuses commands where a submodule's settings should be.
	evil := r.commit("evil", map[string]string{".gitmodules": "[submodule \"m\"]\n\tpath = m\n\turl = -u./payload\n\tupdate = !touch " + marker + "\n"})
	r.git("push", "-q", "origin", "main")
	_, err = got.Fetch(t.Context(), remote, checkout.Wanted{Head: evil})
	wantError(t, err, gitops.Invalid, "not well-formed")
	if _, err := os.Stat(marker); err == nil {
		t.Error("the marker is there")
	}
}

func TestG8NoForeignConfigurationTakesPart(t *testing.T) {
	t.Parallel()
	forge, elsewhere := newForge(t), newForge(t)
	source, start, base, head := proposed(t, 1, 1)
	remote := forge.publish(source, "shop")
	clone := forge.clone(t, remote, "--depth=1")
	marker := filepath.Join(t.TempDir(), "marker")
	touch := "!touch " + marker + " #"
	hooks := filepath.Join(t.TempDir(), "hooks")
	script := repo{t, filepath.Dir(hooks)}
	for _, hook := range []string{"reference-transaction", "post-checkout", "post-merge", "pre-auto-gc", "fsmonitor"} {
		script.write(map[string]string{"hooks/" + hook: "#!/bin/sh\ntouch " + marker})
		if err := os.Chmod(filepath.Join(hooks, hook), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config := strings.NewReplacer("HOOKS", hooks, "TOUCH", touch, "RUN", "touch "+marker, "THERE", elsewhere.URL, "HERE", forge.URL).Replace(`
[core]
	hooksPath = HOOKS
	fsmonitor = HOOKS/fsmonitor
	sshCommand = RUN
	gitProxy = RUN
	askPass = HOOKS/fsmonitor
	alternateRefsCommand = RUN
[credential]
	helper = TOUCH
[url "THERE/"]
	insteadOf = HERE/
[http]
	proxy = THERE
	followRedirects = true
	extraHeader = X-Foreign: yes
[init]
	templateDir = HOOKS
[uploadpack]
	packObjectsHook = RUN
[remote "origin"]
	uploadpack = RUN
	vcs = ext
[include]
	path = HOOKS/more
`)
	home := repo{t, t.TempDir()}
	home.write(map[string]string{".gitconfig": config, ".config/git/config": config, ".netrc": "machine 127.0.0.1 login ana password hunter2\n"})
	file := filepath.Join(clone.dir, ".git", "config")
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	environ := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home.dir, "XDG_CONFIG_HOME=" + home.dir + "/.config", "GIT_TEMPLATE_DIR=" + hooks,
		"GIT_SSH_COMMAND=touch " + marker, "GIT_ASKPASS=" + hooks + "/fsmonitor", "SSH_ASKPASS=" + hooks + "/fsmonitor", "GIT_PROXY_COMMAND=touch " + marker,
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=core.hooksPath", "GIT_CONFIG_VALUE_0=" + hooks, "GIT_CONFIG_PARAMETERS='core.hooksPath'='" + hooks + "'",
		"GIT_DIR=" + hooks, "GIT_TRACE=" + marker, "GIT_EXEC_PATH=" + hooks,
	}
	if err := os.WriteFile(file, append(old, config...), 0o600); err != nil {
		t.Fatal(err)
	}
	r := clone.open(checkout.Options{Environ: environ})
	defer r.Close()
	got, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, HeadBranch: "feature", History: true})
	if err != nil || got.MergeBase.SHA != start {
		t.Fatalf("%+v, %v", got, err)
	}
	wantFile(t, r, got.Head, "feature", "2")
	if _, err := os.Stat(marker); err == nil {
		t.Error("something foreign ran")
	}
	if len(elsewhere.asked) > 0 {
		t.Errorf("another host was asked: %v", elsewhere.asked)
	}
	forge.want = "somebody" // now the forge asks who it is
	_, err = r.Tip(t.Context(), remote, "feature")
	wantError(t, err, gitops.Denied, "there is no token")
	for _, h := range forge.headers {
		if h != "" {
			t.Errorf("somebody's credentials were sent: %q", h)
		}
	}
}

func TestG9ABareRepositoryInTheTreeIsNotARepository(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	marker := filepath.Join(t.TempDir(), "marker")
	inner := filepath.Join(r.dir, "docs")
	r.git("init", "-q", "--bare", inner)
	r.git("-C", inner, "config", "core.fsmonitor", "touch "+marker)
	r.git("-C", inner, "config", "core.bare", "false")
	r.git("-C", inner, "config", "core.worktree", r.dir)
	_, err := checkout.Open(t.Context(), inner, checkout.Options{TempDir: t.TempDir()})
	wantError(t, err, gitops.Invalid)
	if _, err := os.Stat(marker); err == nil {
		t.Error("the marker is there")
	}
}

func TestG12StrangeNamesOfFilesStayInside(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	r := newRepo(t, nil)
	blob := r.gitWith("text", "hash-object", "-w", "--stdin")
	tree := func(names ...string) string {
		list := ""
		for _, name := range names {
			list += "100644 blob " + blob + "\t" + name + "\x00"
		}
		return r.git("commit-tree", "-m", "names", r.gitWith(list, "mktree", "-z"))
	}
	odd := tree("a\nb", "\xff\xfe", "READ", "read", "-rf", "~", "$(id)")
	long := tree(strings.Repeat("x", 4096))
	r.git("update-ref", "refs/heads/odd", odd)
	r.git("update-ref", "refs/heads/long", long)
	inner := r.gitWith("100644 blob "+blob+"\tconfig\x00", "mktree", "-z")
	evil := r.git("commit-tree", "-m", "evil", r.gitWith("40000 tree "+inner+"\t.GIT\x00", "mktree", "-z"))
	r.git("update-ref", "refs/heads/evil", evil)
	remote := forge.publish(r, "shop")
	temp := t.TempDir()
	got := bare(t, checkout.Options{TempDir: temp})
	f, err := got.Fetch(t.Context(), remote, checkout.Wanted{Head: odd})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a\nb", "\xff\xfe", "READ", "read", "-rf", "~", "$(id)"} {
		wantFile(t, got, f.Head, name, "text")
	}
	if f, err = got.Fetch(t.Context(), remote, checkout.Wanted{Head: long}); err != nil {
		t.Fatal(err)
	}
	_, err = got.At(t.Context(), f.Head)
	wantError(t, err, gitops.Failed, "too long")
	_, err = got.Fetch(t.Context(), remote, checkout.Wanted{Head: evil})
	wantError(t, err, gitops.Invalid, "not well-formed")
	if left, _ := os.ReadDir(temp); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestG14ARepositoryBeyondTheBoundIsRefused(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	noise := make([]byte, 1<<20)
	for i, state := 0, uint32(1); i < len(noise); i++ {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	r := newRepo(t, map[string]string{"noise": string(noise)})
	remote := forge.publish(r, "shop")
	_, err := bare(t, checkout.Options{MaxPack: 500_000}).Fetch(t.Context(), remote, checkout.Wanted{Head: r.git("rev-parse", "HEAD")})
	wantError(t, err, gitops.Invalid, "larger than is allowed")
}

func TestG14ATreeOf200001FilesIsRefused(t *testing.T) {
	t.Parallel()
	r := newRepo(t, nil)
	blob := r.gitWith("", "hash-object", "-w", "--stdin")
	var list strings.Builder
	for i := range 200_001 {
		fmt.Fprintf(&list, "100644 blob %s\tf%06d\n", blob, i)
	}
	big := r.git("commit-tree", "-m", "big", r.gitWith(list.String(), "mktree"))
	_, err := r.open(checkout.Options{}).At(t.Context(), gitops.Revision{SHA: big})
	wantError(t, err, gitops.Invalid, "200001 files")
}

func TestG15AnotherCommitThanTheOneAskedForIsRefused(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, _, base, head := proposed(t, 0, 0)
	remote := forge.publish(source, "shop")
	// A rogue server answers every request for commits with a pack of another one.
	pack := exec.Command("git", "pack-objects", "--revs", "--stdout", "-q")
	pack.Dir, pack.Stdin = source.dir, strings.NewReader(base+"\n")
	content, err := pack.Output()
	if err != nil {
		t.Fatal(err)
	}
	forge.before = func(w http.ResponseWriter, req *http.Request) bool {
		if !strings.HasSuffix(req.URL.Path, "/git-upload-pack") {
			return false
		}
		body := new(strings.Builder)
		if _, err := readAll(body, req); err != nil || !strings.Contains(body.String(), "command=fetch") {
			return false
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-result")
		fmt.Fprintf(w, "000dpackfile\n%04x\x01%s0000", len(content)+5, content)
		return true
	}
	_, err = bare(t, checkout.Options{}).Fetch(t.Context(), remote, checkout.Wanted{Head: head})
	if kind := gitops.KindOf(err); kind != gitops.Failed {
		t.Errorf("error of kind %d: %v", kind, err)
	}
}

func TestWhatAForgeRefusesIsSaidPlainly(t *testing.T) {
	t.Parallel()
	html := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
			fmt.Fprint(w, "<html><body>Sorry")
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   gitops.Kind
		says   string
	}{
		"401":                 {html(401), gitops.Denied, "token"},
		"403":                 {html(403), gitops.Denied, "contents: read"},
		"404":                 {html(404), gitops.NotFound, "may not see it"},
		"500":                 {html(500), gitops.Failed, "try again"},
		"a page, not Git":     {html(200), gitops.Failed, "cannot fetch"},
		"a closed connection": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, gitops.Failed, "cannot fetch"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(c.answer)
			defer server.Close()
			remote := checkout.Remote{URL: server.URL + "/shop.git", Token: func() (string, error) { return token, nil }}
			_, err := bare(t, checkout.Options{}).Fetch(t.Context(), remote, checkout.Wanted{Head: some})
			wantError(t, err, c.kind, c.says)
			if strings.Contains(fmt.Sprintf("%+v", err), token) {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}
