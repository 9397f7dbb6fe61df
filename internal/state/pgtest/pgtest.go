// Package pgtest starts real PostgreSQL servers for tests and measurements,
// each in a directory of its own, reached through a socket in it.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// The account that owns everything in a server.
const (
	User     = "trunkline"
	Password = "not-a-secret"
)

// patience is how long a server may take to start or to end.
const patience = time.Minute

// Server is one PostgreSQL server. Its methods may be called from any
// goroutine, except that Kill and Restart exclude each other.
type Server struct {
	dir      string
	bin      string
	settings []string
	account  *account
	schemas  atomic.Int64

	mu      sync.Mutex
	process *process // nil while it does not run
}

// Start starts a server that ends with the test. Settings are "name=value", as
// in postgresql.conf. Unless they say otherwise the server does not wait for
// the disk: what it has confirmed outlives the server but not the machine.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgtest-") // not t.TempDir, which only its owner may enter
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s, err := Run(context.Background(), dir, append([]string{"fsync=off", "full_page_writes=off"}, settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Run makes a database cluster in an existing empty directory and starts a
// server on it. The caller ends it with Stop. As root it gives the directory
// to the user postgres or nobody, because PostgreSQL refuses to run as root;
// that user must be able to reach it.
func Run(ctx context.Context, dir string, settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bin, settings: settings}
	if s.account, err = unprivileged(); err != nil {
		return nil, err
	}
	if s.account != nil {
		if err := os.Chown(dir, s.account.uid, s.account.gid); err != nil {
			return nil, err
		}
	}
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	return s, s.start(ctx)
}

// URL returns the address of a new, empty schema in the server, in the form
// that state.Open takes.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	return s.Address(url.Values{"schema": {fmt.Sprintf("test_%d", s.schemas.Add(1))}})
}

// Address returns the address of the server's database with more parameters.
func (s *Server) Address(parameters url.Values) string {
	q := url.Values{"host": {s.dir}}
	for name, values := range parameters {
		q[name] = values
	}
	u := url.URL{Scheme: "postgres", User: url.UserPassword(User, Password), Path: "/postgres", RawQuery: q.Encode()}
	return u.String()
}

// Dir is the directory with everything of the server, and its socket.
func (s *Server) Dir() string { return s.dir }

// Kill ends the server at once, in the middle of whatever it does, with all
// its processes, as kill -9 does.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		t.Fatal("the server is not running")
	}
	if err := s.process.kill(); err != nil {
		t.Fatal(err)
	}
	s.process = nil
}

// Restart starts the server again after Kill, on what is on the disk.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.start(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// Stop ends the server. The directory stays.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return nil
	}
	err := s.process.stop()
	s.process = nil
	return err
}

func (s *Server) start(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process != nil {
		return errors.New("the server is running")
	}
	args := []string{
		"-D", filepath.Join(s.dir, "data"), "-c", "listen_addresses=", "-c", "unix_socket_directories=" + s.dir,
		"-c", "lc_messages=C", "-c", "log_min_messages=warning", "-c", "shared_buffers=16MB",
	}
	for _, setting := range s.settings {
		args = append(args, "-c", setting)
	}
	p, err := startProcess(ctx, s.command(context.WithoutCancel(ctx), "postgres", args...))
	s.process = p
	return err
}

func (s *Server) initialize(ctx context.Context) error {
	pass := filepath.Join(s.dir, "password")
	if err := os.WriteFile(pass, []byte(Password), 0o644); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := s.command(ctx, "initdb", "-D", filepath.Join(s.dir, "data"), "-U", User, "--pwfile", pass,
		"-A", "scram-sha-256", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb in %s: %w\n%s", s.dir, err, out)
	}
	return nil
}

func (s *Server) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir // the present directory may be closed to the account
	cmd.Env = []string{"PATH=" + s.bin + ":/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	s.account.use(cmd)
	return cmd
}
