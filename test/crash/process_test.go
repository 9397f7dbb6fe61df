//go:build unix

package crash

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// patience is how long a worker may take until it ends or stops.
const patience = 2 * time.Minute

// process is a worker that runs.
type process struct {
	t      *testing.T
	pid    int
	stdout string // files
	stderr string
	ended  bool
}

// start starts a worker.
func start(t *testing.T, s spec) *process {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &process{t: t, stdout: filepath.Join(dir, "stdout"), stderr: filepath.Join(dir, "stderr")}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerSpec+"="+string(text))
	stdout, err := os.Create(p.stdout)
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	stderr, err := os.Create(p.stderr)
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	t.Cleanup(p.kill)
	return p
}

// kill ends the worker if it has not ended.
func (p *process) kill() {
	if !p.ended {
		_ = syscall.Kill(p.pid, syscall.SIGKILL)
		p.wait()
	}
}

// wait returns when the worker has ended or was stopped.
func (p *process) wait() syscall.WaitStatus {
	late := time.AfterFunc(patience, func() { _ = syscall.Kill(p.pid, syscall.SIGKILL) })
	defer late.Stop()
	for {
		var status syscall.WaitStatus
		_, err := syscall.Wait4(p.pid, &status, syscall.WUNTRACED, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil {
			p.t.Fatalf("wait for the worker: %v", err)
		}
		p.ended = !status.Stopped()
		return status
	}
}

// resume lets a stopped worker go on, to its end.
func (p *process) resume() syscall.WaitStatus {
	p.t.Helper()
	if err := syscall.Kill(p.pid, syscall.SIGCONT); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

// report returns what the worker said in the end. ok is false when it had no
// time to say anything.
func (p *process) report() (r report, ok bool) {
	p.t.Helper()
	b, err := os.ReadFile(p.stdout)
	if err != nil {
		p.t.Fatal(err)
	}
	if len(b) == 0 {
		return r, false
	}
	if err := json.Unmarshal(b, &r); err != nil {
		p.t.Fatalf("the worker said %q: %v", b, err)
	}
	return r, true
}

// complaints returns what the worker wrote to stderr.
func (p *process) complaints() string {
	b, err := os.ReadFile(p.stderr)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}
