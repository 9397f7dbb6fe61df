package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// Pipeline is what a CI system is to do with an estate: preview pull requests,
// update from the trunk branch, look for drift.
type Pipeline struct {
	// System is github, gitlab or gitea.
	System string
	// Trunk is the branch that environments are updated from.
	Trunk string
	// Dir is the directory of the estate in its repository, with slashes; "" is the
	// top.
	Dir string
	// Version is that of trunkline, such as v1.2.3.
	Version string
	// Go is the version of Go, such as 1.26, for systems that start from an image.
	Go string
	// Environments are those of the estate, in the order of promotion.
	Environments []*environments.Environment
	// PerEnvironment updates each environment in a job of its own, which the system
	// can guard: GitHub with the reviewers of an environment, and a token that only
	// this environment's role trusts.
	PerEnvironment bool
}

//go:embed pipelines
var pipelines embed.FS

// pipelineFiles are where the systems look for what they are to do.
var pipelineFiles = map[string]string{
	"github": ".github/workflows/trunkline.yml",
	"gitlab": ".gitlab-ci.yml",
	"gitea":  ".gitea/workflows/trunkline.yml",
}

// plainWord is what may stand in a pipeline as it is.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_./-]*$`)

// File returns the path, from the top of the repository, and the text of the
// pipeline.
func (p Pipeline) File() (path string, text []byte, err error) {
	path, ok := pipelineFiles[p.System]
	if !ok {
		return "", nil, gitops.Errorf(gitops.Invalid, "%q is no CI system that a pipeline can be written for: github, gitlab or gitea", p.System)
	}
	words := map[string]string{"trunk branch": p.Trunk, "directory": "x" + p.Dir, "version": p.Version, "Go version": p.Go}
	for _, env := range p.Environments {
		words["environment"+env.Name] = env.Name
	}
	for what, word := range words {
		if !plainWord.MatchString(word) || strings.Contains(word, "..") {
			return "", nil, gitops.Errorf(gitops.Invalid, "%q as the %s has characters that cannot stand in a pipeline", word, strings.TrimSuffix(what, word))
		}
	}
	t, err := template.New(p.System).Delims("[[", "]]").ParseFS(pipelines, "pipelines/"+p.System+".yml")
	if err != nil {
		return "", nil, gitops.Errorf(gitops.Bug, "the pipeline cannot be read: %w", err)
	}
	var b bytes.Buffer
	if err := t.ExecuteTemplate(&b, p.System+".yml", p); err != nil {
		return "", nil, gitops.Errorf(gitops.Bug, "the pipeline cannot be written: %w", err)
	}
	return path, b.Bytes(), nil
}

// In returns a path in the directory of the estate.
func (p Pipeline) In(name string) string {
	if p.Dir == "" {
		return name
	}
	return p.Dir + "/" + name
}

// Flags are the arguments of trunkline that find the estate.
func (p Pipeline) Flags() string {
	if p.Dir == "" {
		return ""
	}
	return " -C " + p.Dir
}

// Names are the names of the environments.
func (p Pipeline) Names() []string {
	var out []string
	for _, env := range p.Environments {
		out = append(out, env.Name)
	}
	return out
}

// Only is the pipeline with one environment.
func (p Pipeline) Only(env *environments.Environment) Pipeline {
	p.Environments = []*environments.Environment{env}
	return p
}

// TokenRoles says which roles of the environments are taken with the token of a
// job: "dev: arn:…". kind is preview or update.
func (p Pipeline) TokenRoles(kind string) []string {
	var out []string
	for _, env := range p.Environments {
		cr := env.Cloud.Credentials
		role := map[string]string{"preview": cr.Roles.Preview, "update": cr.Roles.Update}[kind]
		if role != "" && slices.Contains(cr.From, p.System) {
			out = append(out, env.Name+": "+role)
		}
	}
	return out
}

// AWS tells whether an environment is in AWS, whose provider is a program of its
// own.
func (p Pipeline) AWS() bool {
	return slices.ContainsFunc(p.Environments, func(e *environments.Environment) bool { return e.Cloud.Provider == "aws" })
}

// Secret is a variable that a job needs, and what it is.
type Secret struct{ Name, What string }

// Secrets are those that the estate's own files say to need. They are kept by the
// CI system under the same names.
func (p Pipeline) Secrets() []Secret {
	var out []Secret
	add := func(needed func(*environments.Environment) bool, s Secret) {
		if slices.ContainsFunc(p.Environments, needed) {
			out = append(out, s)
		}
	}
	add(func(e *environments.Environment) bool { return strings.HasPrefix(e.State, "postgres") },
		Secret{"PGPASSWORD", "the password of the state's database"})
	add(func(e *environments.Environment) bool { return e.Secrets.Provider == "passphrase" },
		Secret{"PULUMI_CONFIG_PASSPHRASE", "the passphrase of the estate's secrets"})
	add(func(e *environments.Environment) bool { return p.hasKey(e) },
		Secret{"TRUNKLINE_KEY", "the key file of the estate's secrets: base64 < " + p.In(".trunkline/key")})
	return out
}

// hasKey tells whether the environment's secrets need the key file: where the
// state is on the machine, so is the key.
func (p Pipeline) hasKey(e *environments.Environment) bool {
	return (e.Secrets.Provider == "" || e.Secrets.Provider == "key") && e.State != "" && !strings.HasPrefix(e.State, "sqlite")
}

// KeyFile tells whether jobs need the key file.
func (p Pipeline) KeyFile() bool { return slices.ContainsFunc(p.Environments, p.hasKey) }

// asks are the environments that ask for approvals, as the CI system guards those.
func (p Pipeline) asks() []string {
	var out []string
	for _, env := range p.Environments {
		switch ask := env.Deploy.Protect || env.Deploy.Approvals.When == "always" || env.Deploy.Approvals.When == "destructive"; {
		case ask && p.System == "github":
			out = append(out, "approve-"+env.Name)
		case ask:
			out = append(out, env.Name)
		}
	}
	return out
}

// approvers say how each system asks whether somebody may approve.
var approvers = map[string]string{
	"github": "make environments with required reviewers in the settings of the repository, or whoever may start the workflow may approve",
	"gitlab": "protect these environments in the settings of the project, or whoever may merge may approve",
	"gitea":  "whoever may start the workflow may approve what these wait for, Gitea has no reviewers of environments",
}

// Notes are what a person has to do or to know before the pipeline works.
func (p Pipeline) Notes() []string {
	var out, local []string
	for _, env := range p.Environments {
		if env.State == "" || strings.HasPrefix(env.State, "sqlite:") {
			local = append(local, env.File)
		}
	}
	if len(local) > 0 {
		out = append(out, "state: is missing in "+strings.Join(local, ", ")+": set it first (postgres://…, s3://…), or the state is in a file on the job's machine and gone with it")
	}
	for _, s := range p.Secrets() {
		out = append(out, fmt.Sprintf("keep a secret %s in the CI system: %s", s.Name, s.What))
	}
	switch {
	case p.System == "gitlab":
		out = append(out, "keep a project access token as the masked variable GITLAB_TOKEN (scope api): the token of a job may not write comments")
	case p.System == "github" && p.PerEnvironment:
		out = append(out, "make the environments "+strings.Join(p.Names(), ", ")+" in the settings of the repository, each for the branch "+p.Trunk+" alone")
	}
	if asks := p.asks(); len(asks) > 0 {
		out = append(out, approvers[p.System]+": "+strings.Join(asks, ", "))
	}
	if p.Version == "latest" {
		out = append(out, "the pipeline installs the latest trunkline: put a version there")
	}
	return out
}
