package automation

import (
	"maps"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/agentdetect"
	declared "github.com/pulumi/pulumi/sdk/v3/go/common/util/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/gitutil"
	"github.com/spf13/pflag"
)

// metadata is what the history says about an operation: its message, and where
// it came from, under the names of the CLI. A dry run has no history.
func (s *session) metadata(o *operation) (message string, m map[string]string) {
	message = plainMessage(o.message)
	if o.dryRun() {
		return message, nil
	}
	m = map[string]string{}
	addVariables(m, s.env)
	addFlags(m, s.flagSet)
	m["pulumi.version"], m["pulumi.os"], m["pulumi.arch"] = sdk.Version.String(), runtime.GOOS, runtime.GOARCH
	m["exec.kind"] = execKind(o.execKind)
	set(m, "exec.agent", o.execAgent)
	if o.execAgent == "" {
		set(m, "exec.agent", agentdetect.Detect(func(k string) string { return s.env[k] }))
	}
	m["updatePlan"] = strconv.FormatBool(o.plan != "")
	m["stack.environments"] = "[]" // Pulumi ESC, which is not served
	ci := detectCI(s.env)
	ci.describe(m)
	if title := s.describeSource(m, ci); message == "" {
		message = title
	}
	maps.Copy(m, s.extra)
	return message, m
}

// set leaves out what is empty.
func set(m map[string]string, key, value string) {
	if value != "" {
		m[key] = value
	}
}

// execKind is who runs the operation; only the known ones are recorded.
func execKind(kind string) string {
	switch kind {
	case constant.ExecKindAutoInline, constant.ExecKindAutoLocal:
		return kind
	}
	return constant.ExecKindCLI
}

// switchVariables are the names of Pulumi's variables that are on or off. They
// are asked for once: declared.Variables sorts the one list of the process.
var switchVariables = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, v := range declared.Variables() {
		if _, ok := v.Value.(declared.BoolValue); ok {
			names[v.Name()] = true
		}
	}
	return names
})

// addVariables notes which of Pulumi's variables are set, not to what.
func addVariables(m, env map[string]string) {
	m["pulumi.env.PULUMI_AUTOMATION_API"] = "set" // auto's command line sets it for the CLI
	for k, v := range env {
		switch {
		case !strings.HasPrefix(k, "PULUMI_"):
		case switchVariables()[k]:
			m["pulumi.env."+k] = strconv.FormatBool(truthy(v))
		default:
			m["pulumi.env."+k] = "set"
		}
	}
}

// addFlags notes which flags were given, not with what.
func addFlags(m map[string]string, fs *pflag.FlagSet) {
	m["pulumi.flag.non-interactive"] = "true" // auto's command line passes it to the CLI
	if fs == nil {
		return
	}
	fs.Visit(func(f *pflag.Flag) {
		m["pulumi.flag."+f.Name] = "set"
		if f.Value.Type() == "bool" {
			m["pulumi.flag."+f.Name] = f.Value.String()
		}
	})
}

// describeSource notes the commit of the project's work tree, or what the
// environment says where there is none, and returns the commit's title.
func (s *session) describeSource(m map[string]string, ci ciVars) (title string) {
	git := gitDir(s.proj.root)
	if git == "" {
		return describeWithout(m, s.env, ci)
	}
	if root, err := filepath.Rel(resolved(filepath.Dir(gitLink(s.proj.root))), resolved(s.proj.root)); err == nil && !strings.HasPrefix(root, "..") {
		m["vcs.root"] = filepath.ToSlash(root)
	}
	if url := remoteURL(git); url == "" {
		delete(m, "vcs.root")
	} else if info, err := gitutil.TryGetVCSInfo(url); err == nil {
		m["vcs.owner"], m["vcs.repo"], m["vcs.kind"] = info.Owner, info.Repo, info.Kind
	}
	sha, ref := gitHead(s.proj.root)
	if sha == "" {
		return ""
	}
	m["git.head"] = sha
	if ref == "" { // detached
		ref = ci.branch
	}
	set(m, "git.headName", ref)
	c, ok := s.core.commit(s.proj.root, sha)
	if !ok {
		return ""
	}
	m["git.committer"], m["git.committer.email"] = c.committer, c.committerEmail
	m["git.author"], m["git.author.email"] = c.author, c.authorEmail
	if _, told := s.extra["git.dirty"]; !told {
		if dirty, err := isDirty(s.ctx, s.proj.root, s.env); err == nil {
			m["git.dirty"] = strconv.FormatBool(dirty)
		}
	}
	if c.message == "" {
		return firstLine(ci.message)
	}
	return firstLine(c.message)
}

// describeWithout notes what the environment says about a source that is in no
// work tree.
func describeWithout(m, env map[string]string, ci ciVars) (title string) {
	for key, name := range map[string]string{
		"vcs.owner": "PULUMI_VCS_REPO_OWNER", "vcs.repo": "PULUMI_VCS_REPO_NAME",
		"vcs.kind": "PULUMI_VCS_REPO_KIND", "vcs.root": "PULUMI_VCS_REPO_ROOT",
		"git.head": "PULUMI_GIT_HEAD", "git.committer": "PULUMI_GIT_COMMITTER",
		"git.committer.email": "PULUMI_GIT_COMMITTER_EMAIL", "git.author": "PULUMI_GIT_AUTHOR",
		"git.author.email": "PULUMI_GIT_AUTHOR_EMAIL",
	} {
		set(m, key, env[name])
	}
	set(m, "git.headName", ci.branch)
	set(m, "git.headName", env["PULUMI_GIT_HEAD_NAME"])
	if env["PULUMI_GIT_COMMIT_MESSAGE"] != "" {
		return firstLine(env["PULUMI_GIT_COMMIT_MESSAGE"])
	}
	return firstLine(ci.message)
}

func firstLine(s string) string {
	if i := strings.IndexAny(s, "\r\n"); i >= 0 {
		return s[:i]
	}
	return s
}

func resolved(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}
