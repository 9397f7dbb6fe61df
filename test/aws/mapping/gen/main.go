// Command gen writes mapping/mapping.json from the Go source of the pulumi-aws
// SDK that the main module uses and the schema of terraform-provider-aws:
//
//	go run ./mapping/gen [-notes]
//
// Types are paired by the names of their properties and by their own names; the
// properties of a pair are compared one by one, at every level. -notes prints
// what had to be guessed, and what has no counterpart.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/proto"

	"github.com/trunkline-dev/trunkline/test/aws/binary"
	"github.com/trunkline-dev/trunkline/test/aws/mapping"
	"github.com/trunkline-dev/trunkline/test/aws/tf5"
)

const sdkModule = "github.com/pulumi/pulumi-aws/sdk/v6"

func main() {
	notes := flag.Bool("notes", false, "print what had to be guessed, and what has no counterpart")
	flag.Parse()
	if err := run(context.Background(), *notes); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, notes bool) error {
	here, err := output(".", "go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return err
	}
	version, err := output(filepath.Join(here, "..", ".."), "go", "list", "-m", "-f", "{{.Version}} {{.Dir}}", sdkModule)
	if err != nil {
		return err
	}
	version, dir, _ := strings.Cut(version, " ")
	sdk, err := readSDK(filepath.Join(dir, "go", "aws"))
	if err != nil {
		return err
	}
	path, err := binary.Find()
	if err != nil {
		return err
	}
	pool := tf5.NewPool(func() (*tf5.Process, error) { return tf5.Start(path, here, nil) })
	defer pool.Close()
	g := generator{sdk: sdk, tf: proto.New(ctx, pool.Server(nil))}
	m := g.all()
	m.Made = mapping.Made{By: "go run ./mapping/gen", SDK: sdkModule + "@" + version, Provider: "terraform-provider-aws " + binary.Version}
	text, err := m.Encode()
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "gen: %d types, %d functions, %d notes\n", len(m.Resources), len(m.Functions), len(g.notes))
	if notes {
		fmt.Println(strings.Join(g.notes, "\n"))
	}
	return os.WriteFile(filepath.Join(here, "mapping", "mapping.json"), text, 0o644)
}

func output(dir, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}
