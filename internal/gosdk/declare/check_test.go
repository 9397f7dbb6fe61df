package declare

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trunkline-dev/trunkline/internal/gosdk"
)

const awsPath = "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"

// moduleDir is where the module of an import path is on this machine.
func moduleDir(t testing.TB, module string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// realSDK is the AWS SDK of go.mod.
func realSDK(t testing.TB) *gosdk.SDK {
	t.Helper()
	dir := filepath.Join(moduleDir(t, "github.com/pulumi/pulumi-aws/sdk/v6"), "go", "aws")
	sdk, err := gosdk.Open(os.DirFS(dir), awsPath)
	if err != nil {
		t.Fatal(err)
	}
	return sdk
}

// checker finds out whether a program compiles, by the declarations of the
// packages that it uses. What those packages use in turn is only followed where
// the types of Pulumi and the SDK need it.
type checker struct {
	mu    sync.Mutex
	roots map[string]string // import path → directory; packages lie below
	std   string
	files *token.FileSet
	done  map[string]*types.Package
}

func newChecker(t testing.TB) *checker {
	t.Helper()
	return &checker{
		roots: map[string]string{
			awsPath:    filepath.Join(moduleDir(t, "github.com/pulumi/pulumi-aws/sdk/v6"), "go", "aws"),
			pulumiPath: filepath.Join(moduleDir(t, "github.com/pulumi/pulumi/sdk/v3"), "go", "pulumi"),
		},
		std: filepath.Join(build.Default.GOROOT, "src"), files: token.NewFileSet(), done: map[string]*types.Package{},
	}
}

// dir is where a package is, "" when it does not matter.
func (c *checker) dir(path string) string {
	for root, dir := range c.roots {
		if rest, ok := strings.CutPrefix(path+"/", root+"/"); ok {
			return filepath.Join(dir, filepath.FromSlash(rest))
		}
	}
	if slices.Contains([]string{"context", "reflect"}, path) {
		return filepath.Join(c.std, path)
	}
	return ""
}

// Import implements types.Importer.
func (c *checker) Import(path string) (*types.Package, error) {
	if p := c.done[path]; p != nil {
		return p, nil
	}
	dir := c.dir(path)
	if dir == "" {
		p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
		p.MarkComplete()
		c.done[path] = p
		return p, nil
	}
	found, err := build.ImportDir(dir, 0)
	if err != nil {
		return nil, err
	}
	var files []*ast.File
	for _, name := range found.GoFiles {
		f, err := parser.ParseFile(c.files, filepath.Join(dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	conf := types.Config{Importer: c, IgnoreFuncBodies: true, FakeImportC: true, Error: func(error) {}}
	c.done[path], _ = conf.Check(path, c.files, files, nil) // of what is not followed, there are errors
	return c.done[path], nil
}

// check returns what a compiler would say of the program.
func (c *checker) check(text []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	files := token.NewFileSet()
	f, err := parser.ParseFile(files, "adopted.go", text, parser.ParseComments)
	if err != nil {
		return err
	}
	var wrong []error
	conf := types.Config{Importer: c, Error: func(err error) { wrong = append(wrong, err) }}
	if _, err := conf.Check("example.com/p", files, []*ast.File{f}, nil); err != nil && len(wrong) == 0 {
		return err
	}
	if err := errors.Join(wrong...); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	return nil
}
