package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/automation"
	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

const module = "github.com/trunkline-dev/trunkline"

// rival is one way to run the Automation API. All rivals reach the same kind of
// provider in the same way: attached, over gRPC.
type rival struct {
	name string
	cmd  auto.PulumiCommand
	env  map[string]string
	dir  string // for the working directories of its stacks
	// secrets is the secrets provider of its stacks; "" is the rival's default.
	secrets string
	close   func() error
}

// stockCLI is the Pulumi CLI with the file backend. The module test/stock builds
// it when it is not there.
func (w *workplace) stockCLI(ctx context.Context) (*rival, error) {
	dir, err := nested(ctx, "stock")
	if err != nil {
		return nil, err
	}
	fmt.Fprintln(os.Stderr, "bench: looking for the stock CLI; the first build takes minutes")
	built, err := execute(ctx, dir, "go", "run", "-mod=mod", "./cmd/stockcli")
	if err != nil {
		return nil, err
	}
	cmd, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: strings.TrimSpace(string(built.out))})
	if err != nil {
		return nil, err
	}
	r, err := w.rival("stock CLI", cmd)
	if err != nil {
		return nil, err
	}
	state := filepath.Join(r.dir, "state")
	r.env["PULUMI_BACKEND_URL"] = "file://" + filepath.ToSlash(state)
	r.env["PULUMI_SKIP_UPDATE_CHECK"] = "true"
	r.secrets = "passphrase"
	return r, os.Mkdir(state, 0o700)
}

// ours is the engine in this process with its state at url, in a file of SQLite
// when url is "".
func (w *workplace) ours(name, url, secrets string) (*rival, error) {
	cmd := automation.New()
	r, err := w.rival(name, cmd)
	if err != nil {
		return nil, err
	}
	if url == "" {
		url = "sqlite://" + filepath.ToSlash(filepath.Join(r.dir, "state.db"))
	}
	r.env["PULUMI_BACKEND_URL"], r.secrets = url, secrets
	if secrets == "" { // the key file
		delete(r.env, "PULUMI_CONFIG_PASSPHRASE")
	}
	r.env["XDG_CONFIG_HOME"] = r.dir // the key file of a state in a database
	end := r.close
	r.close = func() error { return errors.Join(cmd.Close(), end()) }
	return r, nil
}

func (w *workplace) rival(name string, cmd auto.PulumiCommand) (*rival, error) {
	dir, err := os.MkdirTemp(w.dir, "rival-")
	if err != nil {
		return nil, err
	}
	port, stop, err := serve(enginetest.NewProvider())
	if err != nil {
		return nil, err
	}
	return &rival{name: name, cmd: cmd, dir: dir, close: func() error { stop(); return nil }, env: map[string]string{
		"PULUMI_CONFIG_PASSPHRASE": "open sesame", "PULUMI_HOME": filepath.Join(dir, "home"),
		"PULUMI_DEBUG_PROVIDERS":                      fmt.Sprintf("test:%d", port),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
	}}, nil
}

// stack upserts a stack in a working directory of its own.
func (r *rival) stack(ctx context.Context, name string, run pulumi.RunFunc) (auto.Stack, error) {
	dir := filepath.Join(r.dir, "work", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return auto.Stack{}, err
	}
	opts := []auto.LocalWorkspaceOption{auto.Pulumi(r.cmd), auto.WorkDir(dir), auto.EnvVars(r.env)}
	if r.secrets != "" {
		opts = append(opts, auto.SecretsProvider(r.secrets))
	}
	return auto.UpsertStackInlineSource(ctx, name, "bench", run, opts...)
}

// attachable lets the CLI attach to a provider that it did not start.
type attachable struct{ *enginetest.Provider }

// Attach implements the provider protocol.
func (attachable) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel implements the provider protocol.
func (attachable) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// serve serves a provider on 127.0.0.1 until stop is called.
func serve(p *enginetest.Provider) (port int, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, err
	}
	s := grpc.NewServer(grpc.MaxRecvMsgSize(400 << 20))
	pulumirpc.RegisterResourceProviderServer(s, attachable{p})
	go func() { _ = s.Serve(l) }() // it returns when the server is stopped
	return l.Addr().(*net.TCPAddr).Port, s.Stop, nil
}

// things is a program of a component with n things.
func things(n int, value *string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		var group pulumi.ResourceState
		if err := ctx.RegisterComponentResource("bench:index:Group", "group", &group); err != nil {
			return err
		}
		for i := range n {
			var t pulumi.CustomResourceState
			in := pulumi.Map{"value": pulumi.String(*value), "index": pulumi.Int(i)}
			if err := ctx.RegisterResource(enginetest.ThingType, fmt.Sprintf("thing-%d", i), in, &t, pulumi.Parent(&group)); err != nil {
				return err
			}
		}
		ctx.Export("count", pulumi.Int(n))
		return nil
	}
}
