// Package affected decides which stacks a revision touches, and says why.
//
// It compares facts about two revisions and does no I/O. Two revisions with
// equal facts about a stack do the same to it.
package affected

import (
	"maps"
	"slices"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// The kinds of reason, in the order in which they are given.
const (
	Added     = "added"
	Removed   = "removed"
	Config    = "config"
	Package   = "package"
	Module    = "module"
	Toolchain = "toolchain"
	Upstream  = "upstream"
	Unknown   = "unknown"
)

// Facts is all that decides what the stacks of one revision do.
type Facts struct {
	// Project is the name under which everything is deployed.
	Project string
	// Toolchain compiles the program, such as "go1.26.8 linux/amd64"; Language is
	// how go.mod wants the language to be read.
	Toolchain, Language string
	// Plugins are the versions of the provider plugins that run, by name: "6.83.2",
	// or "6.83.2 and 7.0.0".
	Plugins map[string]string
	// PluginContent maps plugins on platforms ("aws 6.83.2 on linux-amd64") to
	// digests. Another platform alone is no other plugin.
	PluginContent map[string]string
	// Stacks holds every stack of every environment.
	Stacks map[gitops.StackID]Stack
}

// Stack is what decides what one stack does.
type Stack struct {
	Definition
	// Settings are the values of the environment that reach the stack, by the
	// path under which a person finds them: "data.backupDays", "cloud.region".
	Settings map[string]Setting
}

// Definition is the part of a stack that all environments share: its code.
type Definition struct {
	// Packages maps each package of the repository that the stack is compiled
	// from, by its path in the repository, to a digest of its files.
	Packages map[string]string
	// Modules maps each other module that the stack is compiled from to its
	// version.
	Modules map[string]string
	// Needs names the stacks of the same environment whose outputs it reads.
	Needs []string
}

// Setting is one value of an environment file.
type Setting struct {
	// Text is how the value reads. That of a secret is never shown.
	Text   string `json:"text"`
	Secret bool   `json:"secret,omitempty"`
	// Exact tells values apart that read alike because they hold secrets.
	Exact string `json:"exact,omitempty"`
	// At is the "file:line:col" of the value. It does not count.
	At string `json:"at,omitempty"`
}

func (s Setting) equal(other Setting) bool {
	return s.Text == other.Text && s.Secret == other.Secret && s.Exact == other.Exact
}

// Stacks returns the stacks that differ between both revisions, or that need
// one that differs, ordered by environment and name. Those that head does not
// have come with the reason Removed.
func Stacks(base, head Facts) []gitops.Affected {
	reasons := map[gitops.StackID][]gitops.Reason{}
	for id := range union(base.Stacks, head.Stacks) {
		if rs := own(id, base, head); len(rs) > 0 {
			reasons[id] = rs
		}
	}
	for _, id := range spread(head.Stacks, reasons) {
		for _, need := range slices.Compact(slices.Sorted(slices.Values(head.Stacks[id].Needs))) {
			up := gitops.StackID{Name: need, Environment: id.Environment}
			if _, hit := reasons[up]; hit && up != id {
				reasons[id] = append(reasons[id], gitops.Reason{Kind: Upstream, Subject: need, Detail: need})
			}
		}
	}
	out := make([]gitops.Affected, 0, len(reasons))
	for _, id := range slices.SortedFunc(maps.Keys(reasons), gitops.StackID.Compare) {
		out = append(out, gitops.Affected{StackID: id, Reasons: reasons[id]})
	}
	return out
}

// Everything returns all stacks of the revision, for the reason that what they
// were before cannot be told.
func Everything(head Facts, why string) []gitops.Affected {
	out := make([]gitops.Affected, 0, len(head.Stacks))
	for _, id := range slices.SortedFunc(maps.Keys(head.Stacks), gitops.StackID.Compare) {
		out = append(out, gitops.Affected{StackID: id, Reasons: []gitops.Reason{{Kind: Unknown, Detail: why}}})
	}
	return out
}

// own returns why the stack itself differs, whatever its upstreams do.
func own(id gitops.StackID, base, head Facts) []gitops.Reason {
	before, was := base.Stacks[id]
	after, is := head.Stacks[id]
	switch {
	case !was:
		return []gitops.Reason{{Kind: Added, Detail: "new in this revision"}}
	case !is:
		return []gitops.Reason{{Kind: Removed, Detail: "no longer in this revision"}}
	}
	var out []gitops.Reason
	out = append(out, settings(before.Settings, after.Settings)...)
	out = append(out, packages(before.Definition, after.Definition)...)
	out = append(out, modules(before.Modules, after.Modules)...)
	out = append(out, needs(id, before.Needs, after.Needs)...)
	out = append(out, changed(Config, "the project is ", base.Project, head.Project)...)
	out = append(out, changed(Toolchain, "", base.Toolchain, head.Toolchain)...)
	out = append(out, changed(Toolchain, "language ", base.Language, head.Language)...)
	out = append(out, plugins(base.Plugins, head.Plugins)...)
	out = append(out, contents(base.PluginContent, head.PluginContent)...)
	return out
}

// spread adds to hit every stack that needs one of them, directly or not, and
// returns all stacks that have an affected need, in order.
func spread(stacks map[gitops.StackID]Stack, hit map[gitops.StackID][]gitops.Reason) []gitops.StackID {
	found := map[gitops.StackID]bool{}
	for grew := true; grew; {
		grew = false
		for id, s := range stacks {
			if found[id] || !needsAny(id, s, hit) {
				continue
			}
			if _, known := hit[id]; !known {
				hit[id] = nil
			}
			found[id], grew = true, true
		}
	}
	return slices.SortedFunc(maps.Keys(found), gitops.StackID.Compare)
}

func needsAny(id gitops.StackID, s Stack, hit map[gitops.StackID][]gitops.Reason) bool {
	return slices.ContainsFunc(s.Needs, func(need string) bool {
		up := gitops.StackID{Name: need, Environment: id.Environment}
		_, ok := hit[up]
		return ok && up != id
	})
}

// union returns the keys of both maps.
func union[K comparable, V any](a, b map[K]V) map[K]struct{} {
	out := make(map[K]struct{}, len(a)+len(b))
	for k := range a {
		out[k] = struct{}{}
	}
	for k := range b {
		out[k] = struct{}{}
	}
	return out
}
