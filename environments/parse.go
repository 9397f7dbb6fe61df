package environments

import (
	"fmt"
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// file is the shape of an environment file.
type file struct {
	Version int                       `estate:"version" required:"true" min:"1" doc:"version of this format: 1"`
	Name    string                    `estate:"name" required:"true" pattern:"[a-z][a-z0-9-]{0,31}" format:"lower-case letters, digits and -, beginning with a letter" doc:"name of the environment and of the file"`
	Cloud   Cloud                     `estate:"cloud"`
	State   string                    `estate:"state" doc:"URL of the state store; default: the local one"`
	Secrets Secrets                   `estate:"secrets"`
	Deploy  Deploy                    `estate:"deploy"`
	Tags    map[string]string         `estate:"tags" doc:"tags of everything that is created here"`
	Config  map[string]settings.Value `estate:"config" doc:"Pulumi configuration by its full key, such as gcp:project, for providers and programs; null removes what trunkline sets"`
	Stacks  map[string]settings.Value `estate:"stacks" doc:"the stacks that exist here, with their settings"`
}

var stackPattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// Parse reads one environment file. name is its path, such as
// "environments/dev.yaml"; the environment must have the name of the file. The
// error is an *Error.
func Parse(name string, data []byte) (*Environment, error) {
	env, problems := parse(name, data)
	if err := settings.ErrorOf(problems); err != nil {
		return nil, err
	}
	return env, nil
}

func parse(name string, data []byte) (*Environment, []Problem) {
	root, problems := Tree(name, data)
	if root.Kind != settings.Map {
		return nil, problems
	}
	schema, err := settings.Of(reflect.TypeFor[file]())
	if err != nil {
		return nil, append(problems, Problem{What: err.Error()})
	}
	for key := range root.Map {
		if strings.HasPrefix(key, "x-") {
			delete(root.Map, key)
		}
	}
	start := settings.Pos{File: name, Line: 1, Col: 1}
	for _, p := range settings.Check(schema, root.Map, start) {
		p.GoField, p.Rule = "", "" // of no interest to those who write the file
		problems = append(problems, p)
	}
	problems = append(problems, versionProblems(root)...)
	if len(problems) > 0 {
		return nil, problems
	}
	var f file
	if err := settings.Decode(schema, root.Map, start, &f); err != nil {
		return nil, append(problems, Problem{Pos: start, What: err.Error()})
	}
	env := &Environment{Name: f.Name, File: name, Cloud: f.Cloud, State: f.State, Secrets: f.Secrets,
		Deploy: f.Deploy, Tags: f.Tags, Config: f.Config, Stacks: map[string]Stack{}, Places: map[string]settings.Pos{}}
	for _, key := range []string{"cloud", "state", "deploy", "tags"} {
		env.place(key, root.Map[key])
	}
	problems = append(problems, nameProblems(env, root)...)
	problems = append(problems, cloudProblems(env, root)...)
	problems = append(problems, stateProblems(env, root)...)
	problems = append(problems, secretsProblems(env, root)...)
	problems = append(problems, configProblems(f.Config)...)
	problems = append(problems, readStacks(env, f.Stacks)...)
	return env, problems
}

// place notes where the values below a path are written.
func (e *Environment) place(path string, v settings.Value) {
	if v.Pos.Line > 0 {
		e.Places[path] = v.Pos
	}
	for key, inner := range v.Map {
		e.place(path+"."+key, inner)
	}
}

// Tree reads a YAML file as one map, as strictly as the files of environments and
// without what its keys mean. name is its path, for the problems.
func Tree(name string, data []byte) (settings.Value, []Problem) {
	start := settings.Pos{File: name, Line: 1, Col: 1}
	body, problem := parseYAML(name, data)
	if problem != nil {
		return settings.Value{}, []Problem{*problem}
	}
	if body == nil {
		return settings.Value{}, []Problem{{Pos: start, What: "the file is empty", Hint: "begin it with version: 1"}}
	}
	c := newConverter(name)
	root := c.value(body)
	if root.Kind != settings.Map && root.Kind != settings.Any {
		return root, []Problem{{Pos: start, What: "the file is not a map of keys", Hint: "begin it with version: 1"}}
	}
	return root, c.problems
}

// versionProblems comes first in the eyes of a reader: a file of a newer format
// has other mistakes only by accident.
func versionProblems(root settings.Value) []Problem {
	v := root.Map["version"]
	if v.Kind != settings.Int || v.Text == "1" || strings.HasPrefix(v.Text, "-") || v.Text == "0" {
		return nil
	}
	return []Problem{{Pos: v.Pos, Path: "version",
		What: fmt.Sprintf("is %s, and this program reads only version %d", v.Text, Version), Hint: "use a newer trunkline"}}
}

// nameProblems holds the name against the name of the file.
func nameProblems(env *Environment, root settings.Value) []Problem {
	stem := strings.TrimSuffix(path.Base(env.File), path.Ext(env.File))
	if env.Name == stem {
		return nil
	}
	return []Problem{{Pos: root.Map["name"].Pos, Path: "name",
		What: fmt.Sprintf("is %q, but the file is %s", env.Name, path.Base(env.File)), Hint: "rename one of them"}}
}

// secretsProblems refuses a salt or wrapped key of another provider: who reads the
// file must not think that it is used.
func secretsProblems(env *Environment, root settings.Value) []Problem {
	var out []Problem
	kms := strings.Contains(env.Secrets.Provider, "://")
	for _, c := range []struct {
		key   string
		wrong bool
		use   string
	}{
		{"salt", env.Secrets.Salt != "" && env.Secrets.Provider != "passphrase", "only for provider passphrase"},
		{"encryptedKey", env.Secrets.EncryptedKey != "" && !kms, "only for a KMS"},
	} {
		if c.wrong {
			out = append(out, Problem{Pos: root.Map["secrets"].Map[c.key].Pos, Path: "secrets." + c.key, What: "is " + c.use,
				Hint: "remove it; trunkline secret rotate --to changes the provider"})
		}
	}
	return out
}

func readStacks(env *Environment, stacks map[string]settings.Value) []Problem {
	var out []Problem
	for name, v := range stacks {
		switch {
		case !stackPattern.MatchString(name):
			out = append(out, Problem{Pos: v.Key, Path: "stacks." + name,
				What: "is not the name of a stack: lower-case letters, digits and -, beginning with a letter"})
		case v.Kind == settings.Any:
		case v.Kind != settings.Map && v.Kind != settings.Null:
			out = append(out, Problem{Pos: v.Pos, Path: "stacks." + name, What: "must be a map of settings", Hint: "write " + name + ": {}"})
		default:
			env.Stacks[name] = Stack{Name: name, Pos: v.Key, Values: v.Map}
		}
	}
	return out
}
