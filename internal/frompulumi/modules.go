package frompulumi

import (
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// GoMod returns the go.mod of an estate: what its projects require together with
// what the kit does. Of two versions of a module the higher one is taken, as Go
// would. projects are their go.mod files, by the place to name in an error.
// kit are the modules that the kit imports; their versions are those of trunkline,
// a go.mod too.
func GoMod(home string, projects map[string][]byte, trunkline []byte, kit []string) ([]byte, error) {
	out := new(modfile.File)
	if err := out.AddModuleStmt(home); err != nil {
		return nil, err
	}
	own, err := modfile.Parse("go.mod", trunkline, nil)
	if err != nil {
		return nil, err
	}
	merged := merging{versions: map[string]modfile.Require{}, out: out}
	for _, r := range own.Require {
		if slices.Contains(kit, r.Mod.Path) {
			merged.require(modfile.Require{Mod: r.Mod})
		}
	}
	if own.Go != nil {
		merged.language = own.Go.Version
	}
	for _, place := range sortedKeys(projects) {
		f, err := modfile.Parse(place, projects[place], nil)
		if err != nil {
			return nil, err
		}
		merged.add(f)
	}
	return merged.text()
}

type merging struct {
	versions map[string]modfile.Require
	language string
	replaced []*modfile.Replace
	excluded []*modfile.Exclude
	out      *modfile.File
}

// require notes a requirement. It is direct if any project's is.
func (m *merging) require(r modfile.Require) {
	before, known := m.versions[r.Mod.Path]
	if known && semver.Compare(before.Mod.Version, r.Mod.Version) > 0 {
		before, r = r, before
	}
	r.Indirect = r.Indirect && (!known || before.Indirect)
	m.versions[r.Mod.Path] = r
}

// add takes over what a project's go.mod says.
func (m *merging) add(f *modfile.File) {
	for _, r := range f.Require {
		m.require(*r)
	}
	if f.Go != nil && semver.Compare("v"+canonical(f.Go.Version), "v"+canonical(m.language)) > 0 {
		m.language = f.Go.Version
	}
	m.replaced = append(m.replaced, f.Replace...)
	m.excluded = append(m.excluded, f.Exclude...)
}

// replaced finds modules that lie in a directory beside the project.
func (p Program) replaced() []Finding {
	f, err := modfile.Parse("go.mod", p.Files["go.mod"], nil)
	if err != nil {
		return nil // GoMod says so
	}
	var out []Finding
	for _, r := range f.Replace {
		if modfile.IsDirectoryPath(r.New.Path) {
			out = append(out, Finding{File: "go.mod", Line: r.Syntax.Start.Line, Blocks: true,
				What: "module " + r.Old.Path + " is replaced by the directory " + r.New.Path + ", which the estate does not have",
				Next: "publish it, or make its packages part of this module"})
		}
	}
	return out
}

// canonical makes a version of Go one that can be compared: "1.26" is 1.26.0.
func canonical(version string) string {
	version, _, _ = strings.Cut(version, "rc")
	for strings.Count(version, ".") < 2 {
		version += ".0"
	}
	return version
}

func (m *merging) text() ([]byte, error) {
	if err := m.out.AddGoStmt(m.language); err != nil {
		return nil, err
	}
	list := make([]*modfile.Require, 0, len(m.versions))
	for _, path := range sortedKeys(m.versions) {
		r := m.versions[path]
		list = append(list, &modfile.Require{Mod: r.Mod, Indirect: r.Indirect})
	}
	m.out.SetRequireSeparateIndirect(list)
	for _, r := range m.replaced {
		if err := m.out.AddReplace(r.Old.Path, r.Old.Version, r.New.Path, r.New.Version); err != nil {
			return nil, err
		}
	}
	for _, e := range m.excluded {
		if err := m.out.AddExclude(e.Mod.Path, e.Mod.Version); err != nil {
			return nil, err
		}
	}
	m.out.Cleanup()
	return m.out.Format()
}

// GoSum puts the lines of go.sum files together.
func GoSum(files ...[]byte) []byte {
	lines := map[string]bool{}
	for _, f := range files {
		for line := range strings.Lines(string(f)) {
			if line = strings.TrimSpace(line); line != "" {
				lines[line] = true
			}
		}
	}
	var out strings.Builder
	for _, line := range sortedKeys(lines) {
		out.WriteString(line + "\n")
	}
	return []byte(out.String())
}
