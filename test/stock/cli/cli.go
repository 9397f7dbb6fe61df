// Package cli builds the stock Pulumi CLI at the version that the module pins.
package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	module  = "github.com/pulumi/pulumi/pkg/v3"
	command = module + "/cmd/pulumi"
	// stamp is the variable that a released CLI has its version in. A build of the
	// module leaves it empty, and package auto then takes the CLI for a very old one.
	stamp = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
)

// Root returns the directory whose bin/pulumi is the CLI, as
// auto.PulumiCommandOptions.Root wants it. It builds the CLI when the user's
// cache does not have it: minutes, when Go's build cache is cold. It says so on
// log. The working directory must be inside the module test/stock.
func Root(ctx context.Context, log io.Writer) (string, error) {
	listed, err := run(ctx, "go", "list", "-m", "-f", "{{.Version}}", module)
	if err != nil {
		return "", err
	}
	version := strings.TrimPrefix(strings.TrimSpace(listed), "v")
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no place for the stock CLI: %w", err)
	}
	root := filepath.Join(cache, "trunkline-stock", version)
	target := filepath.Join(root, "bin", "pulumi")
	if _, err := os.Stat(target); err == nil {
		return root, nil
	}
	fmt.Fprintf(log, "building the stock Pulumi CLI %s, once, into %s: a cold build takes minutes\n", version, root)
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return "", err
	}
	fresh := fmt.Sprintf("%s.%d", target, os.Getpid()) // another process may build as well
	defer os.Remove(fresh)                             // renamed, or half-written
	if _, err := run(ctx, "go", "build", "-ldflags", "-X "+stamp+"="+version, "-o", fresh, command); err != nil {
		return "", err
	}
	return root, os.Rename(fresh, target)
}

func run(ctx context.Context, name string, args ...string) (string, error) {
	var out, complaint bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, complaint.Bytes())
	}
	return out.String(), nil
}
