package program

import (
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// layout says where the parts of the Go module lie.
type layout struct {
	// estate is the absolute directory that the go command runs in.
	estate string
	// moduleDir is the directory of go.mod in the root, with slashes.
	moduleDir string
	// workFile is the absolute path of the workspace file, "" without one.
	workFile string
	// vendored tells that the module brings its dependencies along.
	vendored bool
}

// locate finds the module of the source. It never looks outside of the root.
func locate(src Source) (layout, error) {
	if src.Dir != "" && !filepath.IsLocal(filepath.FromSlash(src.Dir)) {
		return layout{}, gitops.Errorf(gitops.Invalid, "the estate directory %q is not inside the repository", src.Dir)
	}
	lay := layout{estate: filepath.Join(src.Root, filepath.FromSlash(src.Dir))}
	pkg := filepath.FromSlash(src.Package)
	if !strings.HasPrefix(src.Package, "./") || !filepath.IsLocal(pkg) {
		return layout{}, gitops.Errorf(gitops.Invalid, "the program %q is not a package of the estate, such as ./stacks", src.Package)
	}
	if info, err := os.Stat(filepath.Join(lay.estate, pkg)); err != nil || !info.IsDir() {
		return layout{}, &gitops.Error{
			Kind: gitops.Invalid, What: "the estate has no program: there is no directory " + path.Join(src.Dir, src.Package),
			Next: "trunkline init makes an estate that works",
		}
	}
	dir := path.Clean("./" + src.Dir)
	for ; !isFile(filepath.Join(src.Root, filepath.FromSlash(dir), "go.mod")); dir = path.Dir(dir) {
		if dir == "." {
			return layout{}, &gitops.Error{Kind: gitops.Invalid, What: "the estate has no go.mod", Next: "go mod init && go mod tidy, or trunkline init"}
		}
	}
	if dir != "." {
		lay.moduleDir = dir
	}
	module := filepath.Join(src.Root, filepath.FromSlash(dir))
	for ; ; dir = path.Dir(dir) {
		if file := filepath.Join(src.Root, filepath.FromSlash(dir), "go.work"); isFile(file) {
			lay.workFile, module = file, filepath.Dir(file)
		}
		if dir == "." || lay.workFile != "" {
			break
		}
	}
	lay.vendored = isFile(filepath.Join(module, "vendor", "modules.txt"))
	return lay, nil
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}

// neighbours returns the directories whose go.mod chooses versions beside that
// of the module: those that a workspace uses, and those that replace a module.
func neighbours(module, workFile string) []string {
	var out []string
	add := func(from, dir string) {
		if dir = filepath.FromSlash(dir); !filepath.IsAbs(dir) {
			dir = filepath.Join(from, dir)
		}
		out = append(out, dir)
	}
	replaced := func(from string, all []*modfile.Replace) {
		for _, r := range all {
			if r.New.Version == "" {
				add(from, r.New.Path)
			}
		}
	}
	mains := []string{module}
	if content, err := os.ReadFile(workFile); workFile != "" && err == nil {
		if work, err := modfile.ParseWork(workFile, content, nil); err == nil { // else the go command reports it
			for _, use := range work.Use {
				add(filepath.Dir(workFile), use.Path)
			}
			mains = append(mains, out...)
			replaced(filepath.Dir(workFile), work.Replace)
		}
	}
	for _, dir := range mains {
		if content, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil {
			if mod, err := modfile.Parse("go.mod", content, nil); err == nil {
				replaced(dir, mod.Replace)
			}
		}
	}
	return out
}
