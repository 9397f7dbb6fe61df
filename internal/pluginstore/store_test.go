package pluginstore

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/pluginlock"
)

const (
	program  = "#!/bin/sh\necho a provider\n"
	platform = "linux-amd64"
	asset    = "pulumi-resource-acme-v1.2.3-linux-amd64.tar.gz"
)

// packed is an archive as providers are released: the program among other files.
func packed(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	for _, name := range []string{"README.md", "../outside", "pulumi-resource-acme", "./pulumi-resource-acme"} {
		text, ok := files[name]
		if !ok {
			continue
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(s[:])
}

// serve serves files by path, and counts.
func serve(t *testing.T, files map[string][]byte) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(content) // the client may leave
	}))
	t.Cleanup(s.Close)
	return s.URL, asked
}

func newStore(t *testing.T) *Store {
	at := make(chan time.Time)
	close(at)
	return &Store{Dir: filepath.Join(t.TempDir(), "plugins"), After: func(time.Duration) <-chan time.Time { return at }}
}

func acme(server string) pluginlock.Plugin {
	return pluginlock.Plugin{Kind: pluginlock.Resource, Name: "acme", Version: "1.2.3", Server: server}
}

// locked fetches a plugin that nobody has locked, keeps it and returns it locked.
func locked(t *testing.T, s *Store, p pluginlock.Plugin, from string) pluginlock.Plugin {
	t.Helper()
	f, err := s.Fetch(t.Context(), p, platform, from)
	if err != nil {
		t.Fatal(err)
	}
	p.Server, p.Platforms = f.Server, map[string]pluginlock.Artifact{platform: f.Artifact}
	if err := s.Keep(p, platform, f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func wantError(t *testing.T, err error, kind gitops.Kind, says ...string) {
	t.Helper()
	if gitops.KindOf(err) != kind {
		t.Errorf("kind is %d, want %d: %v", gitops.KindOf(err), kind, err)
	}
	for _, s := range says {
		if err == nil || !strings.Contains(err.Error(), s) {
			t.Errorf("error is %v, want %q in it", err, s)
		}
	}
}

func TestAPluginComesFromItsServerAsItWasLocked(t *testing.T) {
	t.Parallel()
	archive := packed(t, map[string]string{"README.md": "read me", "pulumi-resource-acme": program})
	url, asked := serve(t, map[string][]byte{"/dist/" + asset: archive})
	s := newStore(t)
	p := locked(t, s, acme(url+"/dist"), "")
	want := pluginlock.Artifact{Archive: sum(archive), Binary: sum([]byte(program))}
	if diff := cmp.Diff(want, p.Platforms[platform]); diff != "" {
		t.Error(diff)
	}
	if p.Server != url+"/dist" {
		t.Errorf("server is %q", p.Server)
	}
	path, err := s.Path(p, platform)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o500 || filepath.Base(path) != "pulumi-resource-acme" {
		t.Errorf("%s is %v, %v", path, info.Mode(), err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestAPluginMayBeGivenAsAFileDirectoryOrURL(t *testing.T) {
	t.Parallel()
	archive := packed(t, map[string]string{"./pulumi-resource-acme": program})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "archives", asset), archive)
	write(t, filepath.Join(dir, "programs", "pulumi-resource-acme"), []byte(program))
	url, _ := serve(t, map[string][]byte{"/a.tgz": archive, "/plugin": []byte(program)})
	for name, c := range map[string]struct {
		from string
		want pluginlock.Artifact
	}{
		"a directory of archives": {filepath.Join(dir, "archives"), pluginlock.Artifact{Archive: sum(archive), Binary: sum([]byte(program))}},
		"a directory of programs": {filepath.Join(dir, "programs"), pluginlock.Artifact{Binary: sum([]byte(program))}},
		"an archive":              {filepath.Join(dir, "archives", asset), pluginlock.Artifact{Archive: sum(archive), Binary: sum([]byte(program))}},
		"a program":               {filepath.Join(dir, "programs", "pulumi-resource-acme"), pluginlock.Artifact{Binary: sum([]byte(program))}},
		"the URL of an archive":   {url + "/a.tgz", pluginlock.Artifact{URL: url + "/a.tgz", Archive: sum(archive), Binary: sum([]byte(program))}},
		"the URL of a program":    {url + "/plugin", pluginlock.Artifact{URL: url + "/plugin", Binary: sum([]byte(program))}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			p := locked(t, s, acme(""), c.from)
			if diff := cmp.Diff(c.want, p.Platforms[platform]); diff != "" {
				t.Error(diff)
			}
			if _, err := s.Path(p, platform); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnotherContentThanTheLockedOneIsRefused(t *testing.T) {
	t.Parallel()
	other := packed(t, map[string]string{"pulumi-resource-acme": "#!/bin/sh\nsteal\n"})
	url, _ := serve(t, map[string][]byte{"/" + asset: other})
	s := newStore(t)
	p := acme(url)
	p.Platforms = map[string]pluginlock.Artifact{platform: {Archive: sum([]byte("an archive")), Binary: sum([]byte(program))}}
	_, err := s.Fetch(t.Context(), p, platform, "")
	wantError(t, err, gitops.Invalid, "the archive of provider acme 1.2.3 for linux-amd64", sum(other), sum([]byte("an archive")))
	_, err = s.Fetch(t.Context(), p, platform, write(t, filepath.Join(t.TempDir(), "x"), []byte("#!/bin/sh\nsteal\n")))
	wantError(t, err, gitops.Invalid, "the program of provider acme 1.2.3")
	entries, err := os.ReadDir(s.Dir)
	if err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestAnInstalledPluginThatChangedIsNotGivenOut(t *testing.T) {
	t.Parallel()
	archive := packed(t, map[string]string{"pulumi-resource-acme": program})
	url, _ := serve(t, map[string][]byte{"/" + asset: archive})
	for name, spoil := range map[string]func(t *testing.T, path string){
		"replaced": func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, []byte("#!/bin/sh\nsteal\n"))
		},
		"cut short": func(t *testing.T, path string) {
			if err := os.Chmod(path, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 3); err != nil {
				t.Fatal(err)
			}
		},
		"without its stamp": func(t *testing.T, path string) {
			write(t, path+".new", []byte("#!/bin/sh\nsteal\n"))
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(filepath.Dir(path), stampName)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			p := locked(t, s, acme(url), "")
			path, err := s.Path(p, platform)
			if err != nil {
				t.Fatal(err)
			}
			spoil(t, path)
			_, err = s.Path(p, platform)
			wantError(t, err, gitops.Invalid, "provider acme 1.2.3 is not what plugins.lock says", path)
			locked(t, s, acme(url), "") // installs it again
			if _, err := s.Path(p, platform); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAFileThatOnlyLooksNewerIsReadAgainAndGivenOut(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, map[string][]byte{"/" + asset: packed(t, map[string]string{"pulumi-resource-acme": program})})
	s := newStore(t)
	p := locked(t, s, acme(url), "")
	path, err := s.Path(p, platform)
	if err != nil {
		t.Fatal(err)
	}
	when := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(path, when, when); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Path(p, platform); err != nil {
		t.Fatal(err)
	}
	known, ok := readStamp(filepath.Dir(path))
	if !ok || !known.Modified.Equal(when) {
		t.Errorf("stamp is %+v", known)
	}
}

func TestWhatIsMissingIsSaidWithTheCommandThatMendsIt(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	p := acme("https://plugins.example.com")
	p.Platforms = map[string]pluginlock.Artifact{"darwin-arm64": {Binary: sum([]byte(program))}}
	_, err := s.Path(p, platform)
	wantError(t, err, gitops.Invalid, "is locked for darwin-arm64, and this machine is linux-amd64")
	if next := err.(*gitops.Error).Next; next != "trunkline plugin lock acme@1.2.3 --platform linux-amd64" {
		t.Errorf("next is %q", next)
	}
	_, err = s.Path(p, "darwin-arm64")
	wantError(t, err, gitops.Invalid, "provider acme 1.2.3 is not installed")
	if next := err.(*gitops.Error).Next; next != "trunkline plugin install" {
		t.Errorf("next is %q", next)
	}
	p.Server = ""
	_, err = s.Fetch(t.Context(), p, "darwin-arm64", "")
	wantError(t, err, gitops.Invalid, "was locked from a file")
}

func TestWhatIsNoPluginIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a page":                     {[]byte("<html>sorry</html>"), "neither a .tar.gz nor a program"},
		"nothing":                    {nil, "neither a .tar.gz nor a program"},
		"an archive of other things": {packed(t, map[string]string{"README.md": "x", "../outside": program}), "the archive has no program pulumi-resource-acme"},
		"half an archive":            {packed(t, map[string]string{"README.md": "x"})[:20], "cannot be unpacked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			_, err := s.Fetch(t.Context(), acme(""), platform, write(t, filepath.Join(dir, name), c.content))
			wantError(t, err, gitops.Invalid, c.want)
		})
	}
	s := newStore(t)
	_, err := s.Fetch(t.Context(), acme(""), platform, t.TempDir())
	wantError(t, err, gitops.Invalid, "has neither "+asset+" nor pulumi-resource-acme")
	_, err = s.Fetch(t.Context(), acme(""), platform, filepath.Join(dir, "missing"))
	wantError(t, err, gitops.Invalid, "cannot read the plugin")
}

func TestAServerThatIsNotWellIsAskedAgain(t *testing.T) {
	t.Parallel()
	archive := packed(t, map[string]string{"pulumi-resource-acme": program})
	for name, c := range map[string]struct {
		failures, status int
		asked            int32
		want             string
	}{
		"and is well then":            {2, 503, 3, ""},
		"and stays so":                {9, 500, 3, "answered 500"},
		"and is too busy":             {1, 429, 2, ""},
		"but not when it has no such": {9, 404, 1, "answered 404"},
		"nor when it refuses":         {9, 403, 1, "answered 403"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if int(asked.Add(1)) <= c.failures {
					w.WriteHeader(c.status)
					return
				}
				_, _ = w.Write(archive)
			}))
			defer server.Close()
			f, err := newStore(t).Fetch(t.Context(), acme(""), platform, server.URL+"/a.tar.gz?token=hidden")
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
			if c.want != "" {
				wantError(t, err, gitops.Failed, c.want, server.URL+"/a.tar.gz")
				if strings.Contains(err.Error(), "hidden") {
					t.Errorf("the error shows the token: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAnEndedContextEndsTheFetch(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	url, _ := serve(t, nil)
	_, err := newStore(t).Fetch(ctx, acme(url), platform, "")
	wantError(t, err, gitops.Cancelled)
}

func TestManyWhoInstallAtOnceEndWithOnePlugin(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, map[string][]byte{"/" + asset: packed(t, map[string]string{"pulumi-resource-acme": program})})
	dir := filepath.Join(t.TempDir(), "plugins")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			s := &Store{Dir: dir}
			f, err := s.Fetch(context.Background(), acme(url), platform, "")
			if err != nil {
				t.Error(err)
				return
			}
			p := acme(url)
			p.Platforms = map[string]pluginlock.Artifact{platform: f.Artifact}
			if err := s.Keep(p, platform, f); err != nil {
				t.Error(err)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
			if _, err := s.Path(p, platform); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
