package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// emulator is a running moto_server, behind an amender.
type emulator struct {
	url string
	*amender
	cli   string
	home  string
	front *httptest.Server
	cmd   *exec.Cmd
	done  chan error
}

// patience is how long the emulator may take to answer for the first time.
const patience = time.Minute

// start runs an emulator on a free port.
func start(ctx context.Context, t tools, home string) (*emulator, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	addr := l.Addr().(*net.TCPAddr)
	if err := l.Close(); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(home, "moto.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	target := &url.URL{Scheme: "http", Host: addr.String()}
	e := &emulator{amender: &amender{amended: map[string]bool{}, remember: map[string]string{}}, cli: t.cli, home: home, done: make(chan error, 1)}
	e.front = httptest.NewServer(e.proxy(target))
	e.url = e.front.URL
	e.cmd = exec.Command(t.emulator, "-H", "127.0.0.1", "-p", fmt.Sprint(addr.Port))
	// AWS has its managed policies from the beginning. It looks at DNS for minutes
	// before it issues a certificate; the emulator, which does not look, for seconds.
	e.cmd.Env = append(os.Environ(), "MOTO_IAM_LOAD_MANAGED_POLICIES=true", "MOTO_ACM_VALIDATION_WAIT=2")
	e.cmd.Stdout, e.cmd.Stderr = log, log
	boundToParent(e.cmd)
	if err := e.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { e.done <- e.cmd.Wait() }()
	return e, e.wait(ctx)
}

func (e *emulator) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		if _, err := e.get(ctx, "/moto-api/data.json"); err == nil {
			return nil
		}
		select {
		case err := <-e.done:
			e.done <- err
			return fmt.Errorf("moto_server ended: %w; its last words are in %s", err, filepath.Join(e.home, "moto.log"))
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("moto_server did not answer at %s", e.url), ctx.Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (e *emulator) stop() {
	e.front.CloseClientConnections()
	e.front.Close()
	_ = e.cmd.Process.Kill() // it has nothing to save, or has ended
	<-e.done
}

func (e *emulator) get(ctx context.Context, path string) ([]byte, error) {
	return e.call(ctx, http.MethodGet, path)
}

// reset makes the emulator forget everything.
func (e *emulator) reset(ctx context.Context) error {
	_, err := e.call(ctx, http.MethodPost, "/moto-api/reset")
	return err
}

func (e *emulator) call(ctx context.Context, method, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.url+path, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return body, err
}

// environ is what a provider and the AWS CLI need to find the emulator, and
// nothing of this machine's own AWS configuration.
func (e *emulator) environ() map[string]string {
	return map[string]string{
		"AWS_ENDPOINT_URL": e.url, "AWS_REGION": region, "AWS_DEFAULT_REGION": region,
		"AWS_ACCESS_KEY_ID": "emulated", "AWS_SECRET_ACCESS_KEY": "emulated",
		"AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull, "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_PAGER": "", "HOME": e.home, "PATH": os.Getenv("PATH"),
	}
}

// region is where the rows live.
const region = "eu-west-1"

// aws runs the AWS CLI and returns its answer.
func (e *emulator) aws(ctx context.Context, args ...string) (any, error) {
	cmd := exec.CommandContext(ctx, e.cli, append([]string{"--endpoint-url", e.url, "--output", "json"}, args...)...)
	for name, value := range e.environ() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("aws %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(stderr.String()))
	}
	if len(strings.TrimSpace(string(out))) == 0 {
		return nil, nil
	}
	var answer any
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("aws %s: %w", strings.Join(args, " "), err)
	}
	return answer, nil
}
