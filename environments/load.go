package environments

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Load reads every *.yaml in a directory and returns the environments in
// promotion order. The error is a *settings.Error with all problems of all files,
// beside which the files without a problem are returned, or the error of reading
// the directory.
func Load(fsys fs.FS, dir string) ([]*Environment, error) {
	entries, err := fs.ReadDir(fsys, dir)
	if err != nil {
		return nil, fmt.Errorf("read the environments: %w", err)
	}
	var envs []*Environment
	var problems []Problem
	var broken []string
	for _, e := range entries {
		file := path.Join(dir, e.Name())
		switch path.Ext(e.Name()) {
		case ".yaml":
		case ".yml":
			problems = append(problems, Problem{Pos: settings.Pos{File: file}, What: "is not read", Hint: "rename it to end in .yaml"})
			continue
		default:
			continue
		}
		env, found := readFile(fsys, file)
		problems = append(problems, found...)
		if len(found) > 0 {
			broken = append(broken, strings.TrimSuffix(e.Name(), ".yaml"))
			continue
		}
		envs = append(envs, env)
	}
	problems = append(problems, orderProblems(envs, broken)...)
	envs = slices.DeleteFunc(envs, func(e *Environment) bool {
		return slices.ContainsFunc(problems, func(p Problem) bool { return p.Pos.File == e.File })
	})
	return Order(envs), settings.ErrorOf(problems)
}

func readFile(fsys fs.FS, file string) (*Environment, []Problem) {
	fail := func(err error) []Problem {
		return []Problem{{Pos: settings.Pos{File: file}, What: "cannot be read: " + err.Error()}}
	}
	info, err := fs.Stat(fsys, file)
	if err != nil {
		return nil, fail(err)
	}
	if info.Size() > maxFile {
		return nil, fail(fmt.Errorf("it has %d bytes, more than %d", info.Size(), maxFile))
	}
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		return nil, fail(err)
	}
	return parse(file, data)
}

// Order returns the environments in promotion order: each after those that it
// comes after, otherwise by name. Environments in a circle come last.
func Order(envs []*Environment) []*Environment {
	rest := slices.Clone(envs)
	slices.SortFunc(rest, func(a, b *Environment) int { return strings.Compare(a.Name, b.Name) })
	waiting := map[string]bool{}
	for _, e := range rest {
		waiting[e.Name] = true
	}
	out := make([]*Environment, 0, len(rest))
	for len(rest) > 0 {
		next := slices.IndexFunc(rest, func(e *Environment) bool {
			return !slices.ContainsFunc(e.Deploy.After, func(name string) bool { return waiting[name] })
		})
		if next < 0 {
			return append(out, rest...)
		}
		delete(waiting, rest[next].Name)
		out = append(out, rest[next])
		rest = slices.Delete(rest, next, next+1)
	}
	return out
}

// orderProblems reports predecessors that do not exist and circles. broken are
// the names of files that could not be read.
func orderProblems(envs []*Environment, broken []string) []Problem {
	byName := map[string]*Environment{}
	names := slices.Clone(broken)
	for _, e := range envs {
		byName[e.Name] = e
		names = append(names, e.Name)
	}
	var out []Problem
	for _, e := range envs {
		for i, name := range e.Deploy.After {
			if !slices.Contains(names, name) {
				out = append(out, Problem{Pos: settings.Pos{File: e.File}, Path: fmt.Sprintf("deploy.after[%d]", i),
					What: fmt.Sprintf("is %q, which is not an environment", name), Hint: settings.DidYouMean(name, names)})
			}
		}
	}
	for _, e := range Order(envs) {
		if circle := circleFrom(e.Name, byName); circle != nil {
			return append(out, Problem{Pos: settings.Pos{File: e.File}, Path: "deploy.after",
				What: "goes in a circle: " + strings.Join(circle, " → ")})
		}
	}
	return out
}

// circleFrom follows the predecessors of an environment back to itself.
func circleFrom(name string, byName map[string]*Environment) []string {
	seen := map[string]bool{}
	var walk func(at string) []string
	walk = func(at string) []string {
		env := byName[at]
		if env == nil || seen[at] {
			return nil
		}
		seen[at] = true
		for _, before := range env.Deploy.After {
			if before == name {
				return []string{at, name}
			}
			if rest := walk(before); rest != nil {
				return append([]string{at}, rest...)
			}
		}
		return nil
	}
	return walk(name)
}
