// Command gen writes the sandbox's type data: internal/sandbox/types/types.zip.
//
//	go run ./internal/sandbox/gen               writes it
//	go run ./internal/sandbox/gen show TOKEN    prints one type, as the sandbox reads it
//	go run ./internal/sandbox/gen cases FILE    writes what test/aws/fidelity asks about
//	go run ./internal/sandbox/gen ask DIR       asks the real provider anew, then writes types.zip
//
// It joins four sources: the Go source of the pulumi-aws SDK that go.mod names,
// test/aws/mapping (which token and property stands for which Terraform type and
// attribute), answers.zip (what the real terraform-provider-aws answered to
// test/aws/ask), and,
// for what the provider could not tell, the SDK's comments.
//
// Asking needs the binary that TRUNKLINE_TF_AWS names, and half an hour. Answers
// are kept in DIR, one file for each type; a type that has one is not asked again.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

const (
	sdkModule = "github.com/pulumi/pulumi-aws/sdk/v6"
	binaryEnv = "TRUNKLINE_TF_AWS"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 2 && args[0] == "show" {
		return show(args[1])
	}
	in, err := open()
	if err != nil {
		return err
	}
	switch {
	case len(args) == 0:
	case len(args) == 2 && args[0] == "cases":
		return writeCases(in, args[1])
	case len(args) == 2 && args[0] == "ask":
		if err := ask(in, args[1]); err != nil {
			return err
		}
	default:
		return fmt.Errorf("usage: gen | gen show aws:<package>/<name>:<Type> | gen cases FILE | gen ask DIR")
	}
	made, notes, err := generate(in, nil)
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(os.Stderr, "gen:", note)
	}
	return writeArchive(filepath.Join(in.here, "..", "types", "types.zip"), made)
}

// show prints one type for people: compressed data cannot be read in a
// difference.
func show(token string) error {
	var c types.Catalog
	t, err := c.Find(token)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(text))
	return err
}

// inputs is where the sources are.
type inputs struct {
	// here is the directory of this program's source, and sdk that of the SDK.
	here, sdk string
	// sdkVersion is the SDK's version with its checksum.
	sdkVersion string
}

func (in inputs) mapping() string {
	return filepath.Join(in.here, "..", "..", "..", "test", "aws", "mapping", "mapping.json")
}
func (in inputs) answers() string { return filepath.Join(in.here, "answers.zip") }

func open() (inputs, error) {
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return inputs{}, err
	}
	module, err := output("go", "list", "-m", "-f", "{{.Dir}} {{.Version}} {{.Sum}}", sdkModule)
	if err != nil {
		return inputs{}, err
	}
	dir, version, _ := strings.Cut(module, " ")
	return inputs{filepath.Join(root, "internal", "sandbox", "gen"), filepath.Join(dir, "go", "aws"), version}, nil
}

// ask writes answers.zip anew.
func ask(in inputs, dir string) error {
	binary := os.Getenv(binaryEnv)
	if binary == "" {
		return fmt.Errorf("there is nobody to ask: set %s to the path of a terraform-provider-aws", binaryEnv)
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	cmd := exec.Command("go", "run", ".", binary, dir, in.answers())
	cmd.Dir, cmd.Stderr = filepath.Join(in.here, "..", "..", "..", "test", "aws", "ask"), os.Stderr
	return cmd.Run()
}

func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	return strings.TrimSpace(string(b)), err
}
