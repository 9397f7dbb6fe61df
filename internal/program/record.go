package program

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// record notes everything that goes into the program.
func (j job) record(packages []goPackage, facts goFacts) *inputs {
	main := packages[len(packages)-1]
	in := &inputs{
		Scheme: scheme, Toolchain: facts.GOVERSION + " " + facts.GOOS + "/" + facts.GOARCH, ModuleDir: j.layout.moduleDir,
		Files: map[string]string{}, Dirs: map[string]string{}, Trees: map[string]string{}, Main: main.ImportPath,
		Packages: map[string]localPackage{}, External: map[string]external{}, Vendored: map[string]string{}, Debug: main.DefaultGODEBUG,
	}
	if main.Module != nil {
		in.Module, in.Language = main.Module.Path, main.Module.language()
	}
	t := newTree(j.src.Root)
	j.recordModule(t, in)
	vendored := map[string][]string{}
	for _, p := range packages {
		if !j.local(p, facts.GOMODCACHE) {
			continue
		}
		local := j.recordPackage(t, in, p)
		if v := p.Module.version(); v != "" { // vendored: of another module, with its version
			vendored[p.Module.Path] = append(vendored[p.Module.Path], p.ImportPath+" "+local.digest())
			continue
		}
		if p.Module != nil && p.Module.Path != in.Module {
			local.Language = p.Module.language()
		}
		in.Packages[p.ImportPath] = local
	}
	for module, contents := range vendored {
		in.Vendored[module] = digest([]byte(strings.Join(contents, "\n")))
	}
	connect(packages, in)
	in.Table = j.table(main, in)
	return in
}

// table identifies what the program's own package does to every stack.
func (j job) table(main goPackage, in *inputs) string {
	full := in.Packages[in.Main].digest()
	if len(main.EmbedFiles) > 0 {
		return full
	}
	sources := map[string][]byte{}
	for _, name := range main.compiled() {
		content, err := os.ReadFile(filepath.Join(main.Dir, name))
		if err != nil {
			return full
		}
		sources[name] = content
	}
	return tableDigest(sources, in.Module, full)
}

// recordModule notes the files that choose versions, present or not.
func (j job) recordModule(t *tree, in *inputs) {
	for dir := j.layout.moduleDir; ; dir = path.Dir(dir) {
		for _, name := range []string{"go.work", "go.work.sum", "vendor/modules.txt", "go.mod", "go.sum"} {
			file := path.Join(dir, name)
			in.Files[file] = t.file(file)
		}
		if dir == "" || dir == "." {
			break
		}
	}
	for dir := path.Clean("./" + j.src.Dir); dir != "." && dir != j.layout.moduleDir; dir = path.Dir(dir) {
		in.Files[path.Join(dir, "go.mod")] = t.file(path.Join(dir, "go.mod"))
	}
	for _, dir := range neighbours(filepath.Join(j.src.Root, filepath.FromSlash(j.layout.moduleDir)), j.layout.workFile) {
		if rel, inside := j.relative(dir); inside {
			in.Files[path.Join(rel, "go.mod")] = t.file(path.Join(rel, "go.mod"))
			in.Files[path.Join(rel, "go.sum")] = t.file(path.Join(rel, "go.sum"))
		}
	}
}

// recordPackage notes the files of one package and returns it.
func (j job) recordPackage(t *tree, in *inputs, p goPackage) localPackage {
	rel, _ := j.relative(p.Dir)
	for dir := rel; ; dir = path.Dir(dir) { // a new go.mod on the way would take the package away
		in.Dirs[dir] = t.dir(dir)
		if dir == "." {
			break
		}
	}
	var names []string
	if entries, err := os.ReadDir(p.Dir); err == nil {
		names = codeFiles(entries) // those of other platforms too: their constraints may change
	}
	for _, name := range slices.Concat(names, p.EmbedFiles) {
		file := path.Join(rel, filepath.ToSlash(name))
		in.Files[file] = t.file(file)
	}
	for _, pattern := range p.EmbedPatterns {
		dir := path.Join(rel, fixedPart(pattern))
		in.Trees[dir] = t.below(dir)
	}
	out := localPackage{Dir: rel, Embedded: map[string]string{}}
	for _, name := range p.compiled() {
		content, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil { // it is going away; the tree no longer matches, and is compiled again
			continue
		}
		out.Sources = append(out.Sources, source{name, sourceDigest(name, content)})
	}
	for _, name := range p.EmbedFiles {
		out.Embedded[filepath.ToSlash(name)] = t.file(path.Join(rel, filepath.ToSlash(name)))
	}
	return out
}

// fixedPart returns the part of an embed pattern before the first wildcard.
func fixedPart(pattern string) string {
	pattern = strings.TrimPrefix(pattern, "all:")
	var out []string
	for part := range strings.SplitSeq(pattern, "/") {
		if strings.ContainsAny(part, `*?[\`) {
			break
		}
		out = append(out, part)
	}
	return path.Join(out...)
}

// connect notes what each package of the repository imports, and which modules
// the packages of others lead to. The go command lists a package after
// everything that it imports.
func connect(packages []goPackage, in *inputs) {
	for _, p := range packages {
		l, local := in.Packages[p.ImportPath]
		if p.Standard && !local {
			continue
		}
		imports, modules := map[string]bool{}, map[string]string{}
		for _, name := range p.Imports {
			_, isLocal := in.Packages[name]
			ext, isExternal := in.External[name]
			switch {
			case isLocal:
				imports[name] = true
			case local && isExternal:
				l.External = append(l.External, name)
			case isExternal:
				for _, k := range ext.Imports {
					imports[k] = true
				}
				maps.Copy(modules, ext.Modules)
			}
		}
		if local {
			l.Imports = slices.Sorted(maps.Keys(imports))
			in.Packages[p.ImportPath] = l
			continue
		}
		if v := p.Module.version(); v != "" {
			modules[p.Module.Path] = v
		}
		in.External[p.ImportPath] = external{Imports: slices.Sorted(maps.Keys(imports)), Modules: modules}
	}
	in.forget()
}
