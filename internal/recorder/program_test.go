package recorder_test

import (
	"context"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/recorder"
)

// language serves a program as estate.Main does.
type language struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	run func(context.Context, *pulumirpc.RunRequest) error
}

func (l language) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	if err := l.run(ctx, req); err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// serve starts a program and returns its address.
func serve(t *testing.T, run func(context.Context, *pulumirpc.RunRequest) error) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	pulumirpc.RegisterLanguageRuntimeServer(server, language{run: run})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// stack runs a function as the body of a stack, with Pulumi's SDK.
func stack(body pulumi.RunFunc) func(context.Context, *pulumirpc.RunRequest) error {
	return func(ctx context.Context, req *pulumirpc.RunRequest) error {
		pctx, err := pulumi.NewContext(ctx, pulumi.RunInfo{
			Project: req.GetProject(), Stack: req.GetStack(), Organization: req.GetOrganization(), RootDirectory: req.GetInfo().GetRootDirectory(),
			Config: req.GetConfig(), ConfigSecretKeys: req.GetConfigSecretKeys(), Parallel: req.GetParallel(), DryRun: req.GetDryRun(),
			MonitorAddr: req.GetMonitorAddress(), EngineAddr: req.GetArgs()[0],
		})
		if err != nil {
			return err
		}
		defer pctx.Close()
		return pulumi.RunWithContext(pctx, body)
	}
}

var data = gitops.StackID{Name: "data", Environment: "dev"}

func request(t *testing.T) recorder.Request {
	t.Helper()
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return recorder.Request{Stack: data, Project: "shop", Root: t.TempDir(), Region: "eu-west-1", Account: "123456789012",
		Module: strings.TrimPrefix(filepath.ToSlash(top), "/"), Package: "internal/recorder"} // tests are compiled without -trimpath
}

// recorded records the body of a stack and fails when the program is lost.
func recorded(t *testing.T, req recorder.Request, body pulumi.RunFunc) record.Recording {
	t.Helper()
	rec, err := new(recorder.Recorder).Record(t.Context(), serve(t, stack(body)), req)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// complete is recorded for a program of which nothing may be missing.
func complete(t *testing.T, body pulumi.RunFunc) record.Recording {
	t.Helper()
	rec := recorded(t, request(t), body)
	if !rec.Complete() {
		t.Fatalf("the recording has gaps: %v", rec.Gaps)
	}
	return rec
}

// find returns the one resource of a name.
func find(t *testing.T, rec record.Recording, name string) record.Resource {
	t.Helper()
	i := slices.IndexFunc(rec.Resources, func(r record.Resource) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("there is no %s among %v", name, rec.Resources)
	}
	return rec.Resources[i]
}

// hasGap fails the test unless a gap says it.
func hasGap(t *testing.T, rec record.Recording, text string) {
	t.Helper()
	if !slices.ContainsFunc(rec.Gaps, func(g record.Gap) bool { return strings.Contains(g.What, text) }) {
		t.Errorf("no gap says %q: %v", text, rec.Gaps)
	}
}
