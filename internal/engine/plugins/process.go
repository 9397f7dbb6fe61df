package plugins

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

const (
	startPatience = time.Minute     // how long a plugin may take to listen and to answer
	endPatience   = 3 * time.Second // how long it may take to end when it is asked to
)

// Plugin is a program that serves Pulumi's ResourceProvider, and what it sees.
type Plugin struct {
	// Name and Version are for people: "aws", "6.83.2". Version may be "".
	Name, Version string
	// Path is the executable, Dir its working directory.
	Path, Dir string
	// Env is its whole environment, "NAME=value".
	Env []string
}

// String returns "provider aws 6.83.2".
func (p Plugin) String() string { return strings.TrimSpace("provider " + p.Name + " " + p.Version) }

// greeting is what a plugin answers to a handshake.
type greeting struct {
	answer *pulumirpc.ProviderHandshakeResponse // nil: it knows no handshake
}

// setting is a call that changes what a process is, and its answer.
type setting[T any] struct {
	digest string // of the request; "" before the call
	answer T
}

// process is a running plugin.
type process struct {
	plugin Plugin
	base   string // of the pool's key
	cmd    *exec.Cmd
	stdin  io.Closer
	out    *output
	relay  *relay
	conn   *grpc.ClientConn
	hello  greeting
	dir    os.FileInfo
	done   chan struct{} // closed when it has ended

	// params and config belong to the session that has the process.
	params setting[*pulumirpc.ParameterizeResponse]
	config setting[*pulumirpc.ConfigureResponse]

	bad       atomic.Bool
	ending    sync.Once
	idleSince time.Time // guarded by the pool
}

// startProcess starts a plugin and waits until it answers.
func startProcess(ctx context.Context, on *thread, plugin Plugin, engine string) (*process, error) {
	p := &process{plugin: plugin, out: newOutput(), done: make(chan struct{})}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for _, step := range []func() error{
		func() error { return p.listen(engine) },
		func() error { return p.launchWhenWritten(ctx, on) },
		func() error { return p.dial(ctx) },
		func() error { return p.greet(ctx) },
	} {
		if err := step(); err != nil {
			said := p.out.tail()
			p.kill()
			return nil, p.startError(ctx, err, said)
		}
	}
	return p, nil
}

func (p *process) startError(ctx context.Context, err error, said string) error {
	e := &gitops.Error{Kind: gitops.Failed, What: p.plugin.String() + " did not start", Where: p.plugin.Path, Err: fmt.Errorf("%w%s", err, said)}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		e.Kind, e.Err = gitops.Timeout, fmt.Errorf("it did not answer within %s%s", startPatience, said)
	} else if ctx.Err() != nil {
		e.Kind, e.Err = gitops.Cancelled, ctx.Err()
	}
	return e
}

func (p *process) listen(engine string) (err error) {
	if p.relay, err = newRelay(); err != nil {
		return err
	}
	return p.relay.attach(engine)
}

// launchWhenWritten waits while the file counts as being written. A plugin that
// was just installed does so for a moment, when another process was started
// meanwhile and has not yet let go of what it inherited.
func (p *process) launchWhenWritten(ctx context.Context, on *thread) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := p.launch(on)
		if !errors.Is(err, syscall.ETXTBSY) {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return err
		}
	}
}

func (p *process) launch(on *thread) (err error) {
	if p.dir, err = os.Stat(p.plugin.Dir); err != nil {
		return err
	}
	cmd := exec.Command(p.plugin.Path, p.relay.addr)
	cmd.Dir, cmd.Env = p.plugin.Dir, append([]string{}, p.plugin.Env...) // not nil: that would mean ours
	cmd.Stdout, cmd.Stderr = p.out.stdout(), p.out.stderr()
	cmd.WaitDelay = time.Second // for children of it that hold its output open
	cmdutil.RegisterProcessGroup(cmd)
	boundToParent(cmd)
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if on.do(func() { err = cmd.Start() }); err != nil {
		return err
	}
	p.cmd = cmd
	p.plugin.Env = nil // nothing keeps what may be secret
	go func() {
		_ = cmd.Wait()                    // ProcessState says how it ended
		_ = cmdutil.KillChildren(p.pid()) // what it left behind, while its number is not used again
		close(p.done)
	}()
	return nil
}

// dial reads where the plugin listens and prepares the connection.
func (p *process) dial(ctx context.Context) error {
	var line string
	select {
	case line = <-p.out.hello:
	case <-p.done:
		return errors.New(p.death())
	case <-ctx.Done():
		return ctx.Err()
	}
	port, err := parsePort(line)
	if err != nil {
		return err
	}
	p.conn, err = grpc.NewClient(fmt.Sprintf("passthrough:///127.0.0.1:%d", port), grpc.WithNoProxy(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	return err
}

// parsePort reads the first line of a plugin.
func parsePort(line string) (int, error) {
	port, err := strconv.ParseUint(strings.TrimSpace(line), 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("its first line is %q, and not the port that it listens on", line)
	}
	return int(port), nil
}

// whileItRuns is ctx, which also ends when the plugin has ended.
func (p *process) whileItRuns(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		select {
		case <-p.done:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// greet does the handshake.
func (p *process) greet(ctx context.Context) error {
	ctx, cancel := p.whileItRuns(ctx)
	defer cancel()
	dir := p.dirOfPlugin()
	answer, err := pulumirpc.NewResourceProviderClient(p.conn).Handshake(ctx, &pulumirpc.ProviderHandshakeRequest{
		EngineAddress: p.relay.addr, RootDirectory: &dir, ProgramDirectory: &dir,
		SupportsViews: true, SupportsRefreshBeforeUpdate: true, InvokeWithPreview: true, AcceptsByteString: true,
	}, grpc.WaitForReady(true))
	if status.Code(err) == codes.Unimplemented {
		return nil
	}
	if err != nil && !p.alive() {
		return errors.New(p.death())
	}
	p.hello.answer = answer
	return err
}

func (p *process) dirOfPlugin() string {
	path := p.plugin.Path
	return strings.TrimRight(path[:max(0, strings.LastIndexByte(path, os.PathSeparator))], string(os.PathSeparator))
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// usable tells whether the process can serve another operation.
func (p *process) usable() bool {
	if !p.alive() || p.poisoned() {
		return false
	}
	now, err := os.Stat(p.plugin.Dir)
	return err == nil && os.SameFile(p.dir, now)
}

// poison keeps the process from being used again.
func (p *process) poison()        { p.bad.Store(true) }
func (p *process) poisoned() bool { return p.bad.Load() }

// death says how it ended, after it has.
func (p *process) death() string {
	if state := p.cmd.ProcessState; state != nil {
		return "it ended with " + state.String()
	}
	return "it ended"
}

// quit asks the plugin to end, and ends it when it does not.
func (p *process) quit() {
	p.stop(func() {
		ctx, cancel := context.WithTimeout(context.Background(), endPatience)
		defer cancel()
		ctx, cancel = p.whileItRuns(ctx)
		defer cancel()
		_, _ = pulumirpc.NewResourceProviderClient(p.conn).Cancel(ctx, &emptypb.Empty{}) // not every plugin knows it
		cmdutil.InterruptChildren(p.pid())
		<-ctx.Done()
	})
}

// kill ends the plugin and everything it started, at once.
func (p *process) kill() { p.stop(func() {}) }

// stop ends the process; whoever comes second waits for the first.
func (p *process) stop(ask func()) {
	p.poison()
	p.ending.Do(func() {
		if p.cmd != nil {
			if p.alive() {
				ask()
			}
			if p.alive() {
				_ = cmdutil.KillChildren(p.pid()) // where there are groups, this is all of it
				_ = p.cmd.Process.Kill()          // it may have ended meanwhile
			}
			<-p.done
			_ = p.stdin.Close() // nobody reads it
		}
		if p.conn != nil {
			_ = p.conn.Close() // nobody is there
		}
		if p.relay != nil {
			p.relay.close()
		}
	})
}
