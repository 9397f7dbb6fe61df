// Command pulumi-resource-aws is a Pulumi provider for the types of the
// pulumi-aws SDK, over an unmodified terraform-provider-aws, for tests. Engines
// start it with the address that they listen at. Without arguments it waits for
// engines to attach to it, and prints its port:
//
//	PULUMI_DEBUG_PROVIDERS=aws:$PORT pulumi preview
//
// TRUNKLINE_TF_AWS names the Terraform provider's binary, where it is not on
// PATH; TRUNKLINE_TF_LOG=1 shows what that logs.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	rprovider "github.com/pulumi/pulumi/pkg/v3/resource/provider"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/trunkline-dev/trunkline/test/aws/binary"
	"github.com/trunkline-dev/trunkline/test/aws/provider"
	"github.com/trunkline-dev/trunkline/test/aws/tf5"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	path, err := binary.Find()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "pulumi-resource-aws-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) // what is left after a kill is empty, or a copy of a program's own files
	var log io.Writer
	if os.Getenv("TRUNKLINE_TF_LOG") != "" {
		log = os.Stderr
	}
	pool := tf5.NewPool(func() (*tf5.Process, error) { return tf5.Start(path, dir, log) })
	defer pool.Close()
	return rprovider.MainContext(ctx, "aws", func(engine *rprovider.HostClient) (pulumirpc.ResourceProviderServer, error) {
		return provider.New(ctx, pool, dir, engine)
	})
}
