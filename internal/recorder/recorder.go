package recorder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// Request is one stack to record.
type Request struct {
	Stack gitops.StackID
	// Project is the name of the Pulumi project.
	Project string
	// Config is what the program is given, by key; Secret are the keys whose
	// values are marked as secrets. No value may be one that is worth stealing.
	Config map[string]string
	Secret []string
	// Root is the absolute directory of Pulumi.yaml. Files outside of it are not
	// read.
	Root string
	// Module is the import path of the estate's module, ModuleDir its directory in
	// the repository and Package that of the stack in the module, with slashes.
	// They lead from a position in the program to a file.
	Module, ModuleDir, Package string
	// Region and Account are those of the environment.
	Region, Account string
	// Port is the TCP port at which the program finds the recorder; 0 means any. A
	// confined program may connect to one only, which it learns before it starts.
	Port uint16
	// Upstream holds the recordings of the stacks whose outputs may be read, under
	// their Pulumi names: "data.dev".
	Upstream map[string]record.Recording
}

// Limits bound what one stack of a program may do. A zero is a default.
type Limits struct {
	Resources int           // registrations; 10,000
	Calls     int           // calls of functions; 10,000
	Bytes     int           // what it sends, together; 64 MiB
	Time      time.Duration // 20 seconds
}

func (l Limits) complete() Limits {
	if l.Resources <= 0 {
		l.Resources = 10_000
	}
	if l.Calls <= 0 {
		l.Calls = 10_000
	}
	if l.Bytes <= 0 {
		l.Bytes = 64 << 20
	}
	if l.Time <= 0 {
		l.Time = 20 * time.Second
	}
	return l
}

// longest is how many bytes one message of a program may have.
const longest = 16 << 20

// Unfinished begins the text of the gap of a program that did not come to an end.
const Unfinished = "the program did not finish"

// organization is the one organisation of stacks outside of Pulumi's service.
const organization = "organization"

// Recorder records stacks, any number at once. The zero value is ready.
type Recorder struct {
	Limits Limits

	types types.Catalog // it only remembers
}

// Record runs one stack of the program that serves at address. What goes wrong in
// the program is a gap in the recording. An error means that the program is of no
// further use, because it ended or does not answer; the recording says so too.
func (r *Recorder) Record(ctx context.Context, address string, req Request) (record.Recording, error) {
	limits := r.Limits.complete()
	m := newMonitor(req, limits, &r.types)
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(req.Port))))
	if err != nil {
		return record.Recording{Stack: req.Stack, Gaps: []record.Gap{{What: Unfinished}}}, gitops.Errorf(gitops.Failed, "cannot listen for the estate program: %w", err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(longest), grpc.MaxConcurrentStreams(256))
	pulumirpc.RegisterResourceMonitorServer(server, m)
	pulumirpc.RegisterEngineServer(server, quietEngine{})
	go func() { _ = server.Serve(listener) }() // until Stop
	defer server.Stop()

	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// No deadline: gRPC would hand it to the program, whose clock may strike first.
	defer time.AfterFunc(limits.Time, func() { cancel(context.DeadlineExceeded) }).Stop()
	answer, err := run(ctx, address, listener.Addr().String(), req)
	switch {
	case errors.Is(context.Cause(ctx), context.DeadlineExceeded):
		err = gitops.Errorf(gitops.Timeout, "the program did not finish within %s", limits.Time)
	case ctx.Err() != nil:
		err = gitops.Errorf(gitops.Cancelled, "the recording was cancelled")
	}
	switch {
	case err != nil:
		m.gap(Unfinished+": "+brief(err.Error()), "")
	case answer.GetError() != "":
		m.failed(brief(answer.GetError()))
	case answer.GetBail():
		m.failed("it gave up")
	}
	return m.recording(), err
}

// FreePort returns a TCP port on which nobody listens now.
func FreePort() (uint16, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, gitops.Errorf(gitops.Failed, "cannot listen for the estate program: %w", err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	return uint16(port), listener.Close()
}

// run asks the program to run the stack.
func run(ctx context.Context, program, monitor string, req Request) (*pulumirpc.RunResponse, error) {
	conn, err := grpc.NewClient("passthrough:///"+program, grpc.WithTransportCredentials(insecure.NewCredentials()), rpcutil.GrpcChannelOptions())
	if err != nil {
		return nil, fmt.Errorf("connect to the program: %w", err)
	}
	defer conn.Close()
	return pulumirpc.NewLanguageRuntimeClient(conn).Run(ctx, &pulumirpc.RunRequest{
		Project: req.Project, Stack: req.Stack.PulumiName(), Organization: organization,
		Config: req.Config, ConfigSecretKeys: req.Secret, DryRun: true, Parallel: 16,
		MonitorAddress: monitor, Args: []string{monitor},
		Info: &pulumirpc.ProgramInfo{RootDirectory: req.Root, ProgramDirectory: req.Root, EntryPoint: "."},
	})
}

// brief makes one line of an error, without the frame that Pulumi puts around
// several.
func brief(s string) string {
	const most = 500
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "* "))
		if line != "" && !strings.HasSuffix(line, "occurred:") && len(lines) < 3 {
			lines = append(lines, line)
		}
	}
	line := strings.Join(lines, "; ")
	if r := []rune(line); len(r) > most {
		line = string(r[:most]) + "…"
	}
	return line
}
