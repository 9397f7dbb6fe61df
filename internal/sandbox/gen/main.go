// Command gen writes the sandbox's type data: internal/sandbox/types/types.zip.
//
//	go run ./internal/sandbox/gen               writes it
//	go run ./internal/sandbox/gen show TOKEN    prints one type, as the sandbox reads it
//	go run ./internal/sandbox/gen cases FILE    writes what test/aws/fidelity asks about
//
// It joins four sources: the Go source of the pulumi-aws SDK that go.mod names,
// test/aws/mapping (which token and property stands for which Terraform type and
// attribute), answers.zip (what the real terraform-provider-aws answered to
// test/aws/ask), and,
// for what the provider could not tell, the SDK's comments.
//
// When TRUNKLINE_TF_AWS names a provider binary, the provider is asked first:
// every type that TRUNKLINE_TF_ANSWERS, a directory, has no answers for.
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
	sdkModule  = "github.com/pulumi/pulumi-aws/sdk/v6"
	binaryEnv  = "TRUNKLINE_TF_AWS"
	answersEnv = "TRUNKLINE_TF_ANSWERS"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "show":
		return show(args[1])
	case len(args) == 2 && args[0] == "cases":
	case len(args) > 0:
		return fmt.Errorf("usage: gen | gen show aws:<package>/<name>:<Type> | gen cases FILE")
	}
	in, err := open()
	if err != nil {
		return err
	}
	if len(args) > 0 {
		return writeCases(in, args[1])
	}
	if err := ask(in.here); err != nil {
		return err
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

// ask refreshes answers.zip when there is a provider binary.
func ask(here string) error {
	binary := os.Getenv(binaryEnv)
	if binary == "" {
		fmt.Fprintf(os.Stderr, "gen: no %s: using the answers in answers.zip\n", binaryEnv)
		return nil
	}
	dir := os.Getenv(answersEnv)
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "trunkline-answers-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	cmd := exec.Command("go", "run", ".", binary, dir, filepath.Join(here, "answers.zip"))
	cmd.Dir, cmd.Stderr = filepath.Join(here, "..", "..", "..", "test", "aws", "ask"), os.Stderr
	return cmd.Run()
}

func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	return strings.TrimSpace(string(b)), err
}
