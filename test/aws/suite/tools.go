package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tools are the programs that the suite needs.
type tools struct {
	emulator, cli string
	pulumiHome    string // where the provider plugin is
}

// sdkVersion is the version of pulumi-aws that programs ask for.
const sdkVersion = "6.83.2"

// find looks for the tools and says what is missing.
func find(ctx context.Context) (t tools, missing []string) {
	var err error
	if t.emulator, err = exec.LookPath("moto_server"); err != nil {
		missing = append(missing, "moto_server is not on PATH: pip install 'moto[server]'")
	}
	if t.cli, err = exec.LookPath("aws"); err != nil {
		missing = append(missing, "aws, the AWS CLI, is not on PATH: pip install awscli")
	}
	if out, err := inProvider(ctx, "run", "./cmd/where"); err != nil {
		missing = append(missing, strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(string(out)), "exit status 1")))
	}
	return t, missing
}

// inProvider runs the go command in the provider's module.
func inProvider(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = ".."
	return cmd.CombinedOutput()
}

// install builds the provider plugin into a plugin directory of its own.
func (t *tools) install(ctx context.Context, home string) error {
	t.pulumiHome = filepath.Join(home, "pulumi")
	dir := filepath.Join(t.pulumiHome, "plugins", "resource-aws-v"+sdkVersion)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	out, err := inProvider(ctx, "build", "-o", filepath.Join(dir, "pulumi-resource-aws"), "./cmd/pulumi-resource-aws")
	if err != nil {
		return fmt.Errorf("build the provider: %w\n%s", err, out)
	}
	return nil
}
