package pgtest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// process is a running postgres with its children.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	log  *tail
}

// startProcess starts postgres and waits until it takes connections.
func startProcess(ctx context.Context, cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, done: make(chan struct{}), log: &tail{ready: make(chan struct{})}}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		p.log.read(stderr)
		_ = cmd.Wait() // how it ended is in its log
	}()
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-p.log.ready:
		return p, nil
	case <-p.done:
		err = errors.New("it ended")
	case <-ctx.Done():
		err = ctx.Err()
	case <-timeout.C:
		err = fmt.Errorf("it was not ready after %s", patience)
	}
	return nil, errors.Join(fmt.Errorf("start postgres: %w\n%s", err, p.log), p.kill())
}

// stop ends the server and its children in an orderly way that asks nobody.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(os.Interrupt) // may have ended by itself
	return p.wait()
}

// kill ends all processes of the server.
func (p *process) kill() error {
	killChildren(p.cmd.Process)
	_ = p.cmd.Process.Kill() // the same
	return p.wait()
}

func (p *process) wait() error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	select {
	case <-p.done:
		return nil
	case <-timeout.C:
		return fmt.Errorf("postgres (pid %d) did not end:\n%s", p.cmd.Process.Pid, p.log)
	}
}

// tail keeps the last lines of a log and waits for the one that says that the
// server is ready.
type tail struct {
	ready chan struct{}

	mu    sync.Mutex
	lines []string
	seen  bool
}

func (l *tail) read(r io.Reader) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		l.add(lines.Text())
	}
	_, _ = io.Copy(io.Discard, r) // a line too long to keep must not stop the server
}

func (l *tail) add(line string) {
	const most = 30
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, line)
	l.lines = l.lines[max(0, len(l.lines)-most):]
	if !l.seen && strings.Contains(line, "ready to accept connections") {
		l.seen = true
		close(l.ready)
	}
}

// String returns the last lines.
func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
