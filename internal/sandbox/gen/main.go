// Command gen writes the sandbox's type data: internal/sandbox/types/*.json.
//
//	go run ./internal/sandbox/gen
//
// It reads the list types.txt, the Go source of the pulumi-aws SDK that go.mod
// names, and replace.json: what the real terraform-provider-aws answered. When
// a provider binary is found (TRUNKLINE_TF_AWS, or on PATH), it is asked again
// first. A type that replace.json does not know is described from the SDK's
// comments alone and says so.
package main

import (
	"bufio"
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
	binaryName = "terraform-provider-aws_v5.100.0_x5"
	binaryEnv  = "TRUNKLINE_TF_AWS"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	here, err := directory()
	if err != nil {
		return err
	}
	if err := ask(here); err != nil {
		return err
	}
	files, notes, err := generate(here)
	if err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintln(os.Stderr, "gen:", note)
	}
	return write(filepath.Join(here, "..", "types"), files)
}

// directory returns where this program's source is.
func directory() (string, error) {
	root, err := output("go", "list", "-m", "-f", "{{.Dir}}")
	return filepath.Join(root, "internal", "sandbox", "gen"), err
}

// generate returns the content of the files by name, and notes for a person.
func generate(here string) (files map[string][]byte, notes []string, err error) {
	sdkDir, err := output("go", "list", "-m", "-f", "{{.Dir}}", sdkModule)
	if err != nil {
		return nil, nil, err
	}
	wanted, err := readList(filepath.Join(here, "types.txt"))
	if err != nil {
		return nil, nil, err
	}
	b := builder{sdk: sdk{root: filepath.Join(sdkDir, "go", "aws")}}
	if err := readJSON(filepath.Join(here, "replace.json"), &b.facts); err != nil {
		return nil, nil, err
	}
	if err := readJSON(filepath.Join(here, "overrides.json"), &b.over); err != nil {
		return nil, nil, err
	}
	byPackage := map[string]*types.File{}
	for _, w := range wanted {
		t, err := b.build(w.token, w.terraform)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", w.token, err)
		}
		pkg := packageOf(w.token)
		if byPackage[pkg] == nil {
			byPackage[pkg] = &types.File{Generated: "by internal/sandbox/gen; do not edit", Types: map[string]*types.Type{}}
		}
		byPackage[pkg].Types[w.token] = t
	}
	files = map[string][]byte{}
	for pkg, f := range byPackage {
		text, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			return nil, nil, err
		}
		files[pkg+".json"] = append(text, '\n')
	}
	return files, b.notes, nil
}

// want is one line of types.txt.
type want struct{ token, terraform string }

func readList(path string) ([]want, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []want
	scanner := bufio.NewScanner(f)
	for line := 1; scanner.Scan(); line++ {
		fields := strings.Fields(scanner.Text())
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case len(fields) != 2 || !strings.HasPrefix(fields[0], "aws:") || !strings.HasPrefix(fields[1], "aws_"):
			return nil, fmt.Errorf("%s:%d: want \"aws:<package>/<name>:<Type> aws_<name>\"", path, line)
		default:
			out = append(out, want{fields[0], fields[1]})
		}
	}
	return out, scanner.Err()
}

// ask refreshes replace.json when there is a provider binary.
func ask(here string) error {
	binary := os.Getenv(binaryEnv)
	if binary == "" {
		found, err := exec.LookPath(binaryName)
		if err != nil {
			fmt.Fprintf(os.Stderr, "gen: no %s on PATH and no %s: using the answers in replace.json\n", binaryName, binaryEnv)
			return nil
		}
		binary = found
	}
	cmd := exec.Command("go", "run", ".", binary, filepath.Join("..", "types.txt"), filepath.Join("..", "replace.json"))
	cmd.Dir, cmd.Stderr = filepath.Join(here, "ask"), os.Stderr
	return cmd.Run()
}

// write replaces the JSON files of a directory.
func write(dir string, files map[string][]byte) error {
	old, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if files[filepath.Base(path)] == nil {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func readJSON(path string, v any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	return strings.TrimSpace(string(b)), err
}

func packageOf(token string) string {
	pkg, _, _ := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	return pkg
}
