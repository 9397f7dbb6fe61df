package checkout_test

import (
	"context"
	"encoding/base64"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trunkline-dev/trunkline/internal/checkout"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// G16: while a slow forge holds the fetch, every process of the machine is
// looked at: the token is in no command line, and in the environment of the git
// commands of that fetch alone.
func TestG16TheTokenIsInTheEnvironmentOfTheFetchAlone(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, _, base, head := proposed(t, 1, 1)
	remote := forge.publish(source, "shop")
	clone := forge.clone(t, remote, "--depth=1")
	basic := base64.StdEncoding.EncodeToString([]byte("x-access-token:" + token))
	forge.want = "Basic " + basic
	remote.Token = func() (string, error) { return token, nil }
	seen := make(chan string, 1)
	forge.before = func(_ http.ResponseWriter, req *http.Request) bool {
		if strings.HasSuffix(req.URL.Path, "/git-upload-pack") {
			select {
			case seen <- inspect(t, token, basic):
			default:
			}
		}
		return false
	}
	temp := t.TempDir()
	r := clone.open(checkout.Options{TempDir: temp})
	defer r.Close()
	if _, err := r.Fetch(t.Context(), remote, checkout.Wanted{Base: base, Head: head, HeadBranch: "feature", History: true}); err != nil {
		t.Fatal(err)
	}
	if who := <-seen; who != "git" {
		t.Errorf("the token is with %q", who)
	}
	for _, dir := range []string{temp, clone.dir} {
		for _, secret := range []string{token, basic, "extraHeader"} {
			if file := grep(t, dir, secret); file != "" {
				t.Errorf("%s is in %s", secret, file)
			}
		}
	}
	wrong := remote
	wrong.Token = func() (string, error) { return "glpat-canary-of-somebody-else", nil }
	_, err := bare(t, checkout.Options{}).Fetch(t.Context(), wrong, checkout.Wanted{Head: head})
	wantError(t, err, gitops.Denied, "does not accept the token")
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error shows the token: %v", err)
	}
	wrong.Token = nil
	_, err = bare(t, checkout.Options{}).Fetch(t.Context(), wrong, checkout.Wanted{Head: head})
	wantError(t, err, gitops.Denied, "there is no token")
	wrong.Token = func() (string, error) { return token + "\nX-Evil: 1", nil }
	_, err = bare(t, checkout.Options{}).Fetch(t.Context(), wrong, checkout.Wanted{Head: head})
	wantError(t, err, gitops.Invalid, "line break")
	if strings.Contains(err.Error(), "canary") {
		t.Errorf("the error shows the token: %v", err)
	}
}

// inspect looks for secrets with all processes. It returns the common beginning
// of the names of the programs that have one in their environment.
func inspect(t *testing.T, secrets ...string) string {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Error(err)
	}
	has := func(file string) bool {
		text, _ := os.ReadFile(file) // a process may have ended, or be somebody else's
		for _, s := range secrets {
			if strings.Contains(string(text), s) {
				return true
			}
		}
		return false
	}
	who := ""
	for _, dir := range dirs {
		name, _ := os.ReadFile(dir + "/comm")
		if has(dir + "/cmdline") {
			t.Errorf("the token is in the command line of %s", name)
		}
		if has(dir + "/environ") {
			if !strings.HasPrefix(string(name), "git") {
				t.Errorf("the token is in the environment of %s", name)
			}
			who = "git"
		}
	}
	return who
}

// grep returns a file below dir that has the text.
func grep(t *testing.T, dir, text string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return found
}

func TestACancelledFetchEndsAndLeavesNoProcess(t *testing.T) {
	t.Parallel()
	forge := newForge(t)
	source, _, _, head := proposed(t, 0, 0)
	remote := forge.publish(source, "shop")
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	forge.before = func(http.ResponseWriter, *http.Request) bool {
		once.Do(func() { close(held) })
		<-release
		return true
	}
	defer close(release)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-held
		cancel()
	}()
	temp := t.TempDir()
	_, err := bare(t, checkout.Options{TempDir: temp}).Fetch(ctx, remote, checkout.Wanted{Head: head})
	wantError(t, err, gitops.Cancelled)
	who := inspectDir(t, temp)
	for end := time.Now().Add(10 * time.Second); who != "" && time.Now().Before(end); {
		who = inspectDir(t, temp) // it was killed, and takes its time to go
	}
	if who != "" {
		t.Errorf("still running: %s", who)
	}
}

// inspectDir returns a process whose environment names the directory.
func inspectDir(t *testing.T, dir string) string {
	t.Helper()
	procs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range procs {
		if env, _ := os.ReadFile(p + "/environ"); strings.Contains(string(env), dir) {
			name, _ := os.ReadFile(p + "/comm")
			return string(name)
		}
	}
	return ""
}
