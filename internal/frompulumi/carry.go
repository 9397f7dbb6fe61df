package frompulumi

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// Stack is one stack of a Pulumi project.
type Stack struct {
	Name string
	// File is the path of its settings in the project's directory.
	File string
	// Config is its configuration by full key, defaults of the project included.
	// Scalars are texts; secrets are encrypted for the estate.
	Config map[string]settings.Value
	// State is its exported deployment, nil without one.
	State []byte
}

// Project is a Pulumi project.
type Project struct {
	Name, Description string
	// Dir is the directory to name in findings.
	Dir string
	// Module is the path of its Go module.
	Module string
	Program
	Stacks []Stack
}

// Options say what estate to make.
type Options struct {
	// Name is the name of the estate's Pulumi project when there are several
	// projects, and Home its module path then; one project keeps its own.
	Name, Home string
	// Provider is "aws" or "sandbox". Region and Account are for environments that
	// nothing else says them of.
	Provider, Region, Account string
	// GoMod is the go.mod with the versions of the modules in Kit.
	GoMod []byte
	Kit   []string
}

// StateOf is the state of one stack of the estate.
type StateOf struct {
	Definition, Environment string
	// Exported is the deployment under the stack's new name.
	Exported []byte
}

// Estate is what projects become.
type Estate struct {
	Project, Home string
	// Files are all files but the kit's, by path.
	Files  map[string][]byte
	States []StateOf
	// Findings are in the order of their places. When one blocks there is nothing
	// else.
	Findings []Finding
}

// carrying is an estate while it is made.
type carrying struct {
	Options
	projects     []Project
	moves        []Move
	environments map[string]*Environment
	neighbours   []Neighbour
	dir          string // of the project that is looked at
	out          Estate
}

// Carry makes an estate of projects. An error is for what no finding can say.
func Carry(projects []Project, o Options) (Estate, error) {
	c := &carrying{Options: o, projects: projects, environments: map[string]*Environment{}}
	for _, step := range []func() error{
		c.place,  // moves: where each project goes
		c.check,  // names and modules that fit
		c.files,  // the program of each project, and its settings
		c.states, // the state of each stack under its new name
		c.shared, // the table of stacks, the environments
		c.policies,
		c.modules, // go.mod and go.sum
	} {
		if err := step(); err != nil {
			return Estate{}, err
		}
	}
	Sort(c.out.Findings)
	if slices.ContainsFunc(c.out.Findings, blocks) {
		return Estate{Findings: c.out.Findings}, nil
	}
	return c.out, nil
}

// find notes findings about the project that is looked at.
func (c *carrying) find(list ...Finding) {
	for _, f := range list {
		f.File = path.Join(c.dir, f.File)
		c.out.Findings = append(c.out.Findings, f)
	}
}

func (c *carrying) place() error {
	c.out.Project, c.out.Home, c.out.Files = c.Name, c.Home, map[string][]byte{}
	if len(c.projects) == 1 {
		c.out.Project, c.out.Home = c.projects[0].Name, c.projects[0].Module
	}
	for _, p := range c.projects {
		m := Move{Project: p.Name, Estate: c.out.Project, Definition: DefinitionName(p.Name), Module: p.Module, Home: c.out.Home}
		if len(c.projects) > 1 {
			m.Prefix = m.Definition
		}
		c.moves = append(c.moves, m)
	}
	return nil
}

// kitDirs are the directories that every estate has.
var kitDirs = []string{"estate", "environments", "stacks"}

func (c *carrying) check() error {
	seen := map[string]string{}
	for i, p := range c.projects {
		c.dir = p.Dir
		name := c.moves[i].Definition
		if other, twice := seen[name]; twice || slices.Contains(kitDirs, name) && len(c.projects) > 1 {
			c.find(Finding{File: "Pulumi.yaml", Blocks: true, What: "the project " + p.Name + " would become the stack " + name + ", which " + cmp.Or(other, "the kit") + " is already",
				Next: "change its name in Pulumi.yaml"})
		}
		seen[name] = p.Name
		for _, s := range p.Stacks {
			c.find(CheckStack(s.Name, s.File)...)
		}
		c.find(p.replaced()...)
		if len(p.Stacks) == 0 {
			c.find(Finding{File: "Pulumi.yaml", Blocks: true, What: "the project " + p.Name + " has no stacks: there is no Pulumi.<stack>.yaml",
				Next: "name them: --stack dev"})
		}
		if len(c.projects) > 1 || p.Main != "." {
			c.find(p.relative(c.moves[i])...)
		}
		if len(c.projects) > 1 {
			continue
		}
		for _, dir := range kitDirs {
			if has(p.Files, dir) {
				c.find(Finding{File: dir, Blocks: true, What: "an estate needs the directory " + dir + " for itself", Next: "rename it"})
			}
		}
	}
	return nil
}

// has tells whether there is a directory of that name.
func has(files map[string][]byte, dir string) bool {
	for name := range files {
		if strings.HasPrefix(name, dir+"/") {
			return true
		}
	}
	return false
}

// files writes the program of each project.
func (c *carrying) files() error {
	for i, p := range c.projects {
		m := c.moves[i]
		c.dir = p.Dir
		files, findings := p.Rewrite(m)
		c.find(findings...)
		maps.Copy(c.out.Files, files)
		own := make([]map[string]settings.Value, len(p.Stacks))
		for j, s := range p.Stacks {
			own[j] = c.settings(m, s)
		}
		fields := Fields(p.Uses(p.Name), own)
		for _, s := range p.Stacks {
			c.environments[s.Name].Fields[m.Definition] = fields
		}
		text, name, err := p.StackFile(m, fields, c.needs(i))
		if err != nil {
			return err
		}
		c.neighbours = append(c.neighbours, Neighbour{Definition: m.Definition, Stack: name})
		c.out.Files[path.Join("stacks", m.Definition, c.stackFile(m))] = text
	}
	return nil
}

// stackFile is the name of the file with the definition, one that the project has
// not.
func (c *carrying) stackFile(m Move) string {
	for _, name := range []string{"stack.go", "trunkline.go"} {
		if _, taken := c.out.Files[path.Join("stacks", m.Definition, name)]; !taken {
			return name
		}
	}
	return "trunkline_stack.go"
}

// settings puts the configuration of a stack into its environment and returns
// what of it is the project's own.
func (c *carrying) settings(m Move, s Stack) map[string]settings.Value {
	own, rest := map[string]settings.Value{}, map[string]settings.Value{}
	for full, v := range s.Config {
		key, is := strings.CutPrefix(full, m.Project+":")
		switch {
		case is && IsSetting(key):
			own[key] = v
		case is:
			rest[m.Estate+":"+key] = v
		default:
			rest[full] = v
		}
	}
	env := c.environments[s.Name]
	if env == nil {
		env = &Environment{Name: s.Name, File: path.Join(c.dir, s.File), Provider: c.Provider, Region: c.Region, Account: c.Account, Config: map[string]settings.Value{},
			Stacks: map[string]map[string]settings.Value{}, Fields: map[string][]Field{}}
		c.environments[s.Name] = env
	}
	env.Stacks[m.Definition] = own
	for key, v := range rest {
		if before, there := env.Config[key]; there && before.Canonical() != v.Canonical() {
			c.find(Finding{File: s.File, Blocks: true, What: key + " is something else in another project, and an environment has one value",
				Next: "use one value in both, or a key of the project's own"})
		}
		env.Config[key] = v
	}
	return own
}

// shared writes what all projects have in common.
func (c *carrying) shared() (err error) {
	if c.out.Files["stacks/main.go"], err = Table(c.out.Home, c.neighbours); err != nil {
		return err
	}
	description := ""
	if len(c.projects) == 1 && c.projects[0].Description != "" {
		description = "description: " + quoted(c.projects[0].Description) + "\n"
	}
	c.dir = "" // environments say it themselves
	c.out.Files["Pulumi.yaml"] = []byte("name: " + c.out.Project + "\n" + description + "runtime:\n  name: go\nmain: stacks\n")
	for _, name := range sortedKeys(c.environments) {
		env := c.environments[name]
		c.find(env.place()...)
		c.out.Files["environments/"+name+".yaml"] = []byte(env.Text())
	}
	ignored := c.out.Files[".gitignore"]
	if n := len(ignored); n > 0 && ignored[n-1] != '\n' {
		ignored = append(slices.Clip(ignored), '\n')
	}
	c.out.Files[".gitignore"] = append(slices.Clip(ignored), "/.trunkline/\n"...)
	return nil
}

func (c *carrying) modules() (err error) {
	mods, sums := map[string][]byte{}, [][]byte{}
	for _, p := range c.projects {
		mods[p.Name+"/go.mod"] = p.Files["go.mod"]
		sums = append(sums, p.Files["go.sum"])
	}
	c.out.Files["go.mod"], err = GoMod(c.out.Home, mods, c.GoMod, c.Kit)
	if err != nil {
		return fmt.Errorf("put the modules of the projects together: %w", err)
	}
	c.out.Files["go.sum"] = GoSum(sums...)
	return nil
}
