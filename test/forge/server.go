// Package realforge runs the tests of forges, and the story of one pull request,
// on a real Gitea that runs on this machine alone.
package realforge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Server is a running Gitea.
type Server struct {
	// URL is its address on the loopback interface.
	URL string

	program string
	dir     string
	log     *os.File
	cmd     *exec.Cmd
}

// Start starts the Gitea program with its templates in assets, in an empty
// directory that holds its database and repositories.
func Start(ctx context.Context, program, assets, dir string) (*Server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: fmt.Sprintf("http://127.0.0.1:%d", port), program: program, dir: dir}
	if err := s.configure(port, assets); err != nil {
		return nil, err
	}
	if _, err := s.command(ctx, "migrate"); err != nil {
		return nil, err
	}
	if s.log, err = os.Create(filepath.Join(dir, "web.log")); err != nil {
		return nil, err
	}
	s.cmd = s.prepare(context.WithoutCancel(ctx), "web")
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	return s, s.answers(ctx)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

func (s *Server) configure(port int, assets string) error {
	me, err := user.Current()
	if err != nil {
		return err
	}
	text := fmt.Sprintf(`RUN_USER = %s
I_AM_BEING_UNSAFE_RUNNING_AS_ROOT = true
WORK_PATH = %s
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = %d
ROOT_URL = %s/
STATIC_ROOT_PATH = %s
DISABLE_SSH = true
OFFLINE_MODE = true
[database]
DB_TYPE = sqlite3
SQLITE_JOURNAL_MODE = WAL
SQLITE_TIMEOUT = 20000
[security]
INSTALL_LOCK = true
[log]
LEVEL = Warn
[actions]
ENABLED = true
[service]
DISABLE_REGISTRATION = true
`, me.Username, s.dir, port, s.URL, assets)
	return os.WriteFile(filepath.Join(s.dir, "app.ini"), []byte(text), 0o600)
}

func (s *Server) prepare(ctx context.Context, args ...string) *exec.Cmd {
	args = append([]string{"--config", filepath.Join(s.dir, "app.ini"), "--work-path", s.dir}, args...)
	cmd := exec.CommandContext(ctx, s.program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir, "LC_ALL=C"}
	return cmd
}

// command runs one of Gitea's own commands to its end.
func (s *Server) command(ctx context.Context, args ...string) (string, error) {
	var out, errs bytes.Buffer
	cmd := s.prepare(ctx, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("gitea %s: %w\n%s%s", args[0], err, out.String(), errs.String())
	}
	return strings.TrimSpace(out.String()), nil
}

// answers waits until the server answers.
func (s *Server) answers(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, time.Minute)
	defer stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/api/v1/version", nil)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			resp.Body.Close()
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("gitea does not answer at %s: see %s", s.URL, s.log.Name()), s.Stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Account makes a user and returns a token of theirs with the scopes.
func (s *Server) Account(ctx context.Context, name string, admin bool, scopes string) (string, error) {
	args := []string{"admin", "user", "create", "--username", name, "--email", name + "@example.test", "--random-password", "--must-change-password=false"}
	if admin {
		args = append(args, "--admin")
	}
	if _, err := s.command(ctx, args...); err != nil {
		return "", err
	}
	out, err := s.command(ctx, "admin", "user", "generate-access-token", "--username", name, "--token-name", "test", "--scopes", scopes, "--raw")
	token := rawToken.FindString(out) // a slow machine makes Gitea print warnings before and after it
	if err == nil && token == "" {
		err = fmt.Errorf("gitea printed no token for %s: %q", name, out)
	}
	return token, err
}

// rawToken is how Gitea prints a token.
var rawToken = regexp.MustCompile(`(?m)^[0-9a-f]{40}$`)

// Stop ends the server.
func (s *Server) Stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	_ = s.cmd.Wait() // it was asked to end
	return s.log.Close()
}
