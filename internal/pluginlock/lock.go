// Package pluginlock knows the file plugins.lock: which provider plugins an
// estate runs, by version and content. It does no I/O.
//
// The file is JSON with one spelling: what Parse accepts is what Format writes,
// byte for byte, so nothing can hide in it and two people who lock the same
// write the same.
package pluginlock

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/semver"
)

// File is the name of the lock file, at the root of the estate.
const File = "plugins.lock"

// Schema is the version of the file's form that this package knows.
const Schema = "trunkline.plugins/v1"

// Resource is the kind of plugins that are providers. No other kind is locked.
const Resource = "resource"

// Lock is the content of the file. The zero value locks nothing.
type Lock struct {
	Schema string `json:"schema"`
	// Plugins are ordered by kind, name and version.
	Plugins []Plugin `json:"plugins"`
}

// Plugin is one version of one provider.
type Plugin struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	// Version is a semantic version without v: "6.83.2".
	Version string `json:"version"`
	// Server is where Pulumi's own code downloads archives from, in its form:
	// "github://api.github.com/pulumi/pulumi-aws". "" when each platform says.
	Server string `json:"server,omitempty"`
	// Platforms are what was locked, by operating system and processor as Go calls
	// them: "linux-amd64".
	Platforms map[string]Artifact `json:"platforms"`
}

// Artifact is the content of a plugin for one platform. Digests are "sha256:"
// and 64 hexadecimal digits.
type Artifact struct {
	// URL is the file itself, when it does not come from the plugin's server. Where
	// both are "", somebody had the file, and whoever installs it must have it.
	URL string `json:"url,omitempty"`
	// Archive is the digest of the .tar.gz; "" for a program without one.
	Archive string `json:"archive,omitempty"`
	// Binary is the digest of the program.
	Binary string `json:"binary"`
}

var (
	namePattern     = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,99}$`)
	platformPattern = regexp.MustCompile(`^[a-z0-9]+-[a-z0-9]+$`)
)

// String returns "aws 6.83.2".
func (p Plugin) String() string { return p.Name + " " + p.Version }

// Program is the name of the plugin's executable on a platform.
func (p Plugin) Program(platform string) string {
	name := "pulumi-" + p.Kind + "-" + p.Name
	if strings.HasPrefix(platform, "windows-") {
		name += ".exe"
	}
	return name
}

// PlatformNames returns the locked platforms in order.
func (p Plugin) PlatformNames() []string { return slices.Sorted(maps.Keys(p.Platforms)) }

// Choose returns the plugin that serves a provider of that name in that version:
// this very version, or else the newest of the same major version that is not
// older, as Pulumi would choose. wanted may be "": then it is the newest of all.
func (l Lock) Choose(name, wanted string) (Plugin, bool) {
	var best Plugin
	found := false
	for _, p := range l.Plugins {
		if p.Name != name || !serves(p.Version, wanted) {
			continue
		}
		if p.Version == wanted {
			return p, true
		}
		if !found || semver.Compare("v"+p.Version, "v"+best.Version) > 0 {
			best, found = p, true
		}
	}
	return best, found
}

// serves tells whether a version is good enough for who wants another one. Only
// the very same prerelease is.
func serves(version, wanted string) bool {
	have, want := "v"+version, "v"+wanted
	switch {
	case wanted == "" || have == want:
		return true
	case semver.Prerelease(have) != "" || semver.Prerelease(want) != "":
		return false
	}
	return semver.Major(have) == semver.Major(want) && semver.Compare(have, want) >= 0
}

// Versions returns the locked versions of a plugin, oldest first.
func (l Lock) Versions(name string) []string {
	var out []string
	for _, p := range l.Plugins {
		if p.Name == name {
			out = append(out, p.Version)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return semver.Compare("v"+a, "v"+b) })
	return out
}

// With returns the lock with a plugin in it. Other platforms of the same version
// stay, unless it comes from elsewhere now; other versions of the same major
// version go.
func (l Lock) With(p Plugin) Lock {
	out := Lock{Schema: Schema}
	p.Platforms = maps.Clone(p.Platforms)
	for _, old := range l.Plugins {
		same := old.Kind == p.Kind && old.Name == p.Name
		switch {
		case same && old.Version == p.Version:
			for platform, a := range old.Platforms {
				if _, again := p.Platforms[platform]; !again && old.Server == p.Server {
					p.Platforms[platform] = a
				}
			}
		case same && semver.Major("v"+old.Version) == semver.Major("v"+p.Version):
		default:
			out.Plugins = append(out.Plugins, old)
		}
	}
	out.Plugins = append(out.Plugins, p)
	slices.SortFunc(out.Plugins, compare)
	return out
}

func compare(a, b Plugin) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), semver.Compare("v"+a.Version, "v"+b.Version))
}

// Check tells what is wrong with a plugin.
func (p Plugin) Check() error {
	switch {
	case p.Kind != Resource:
		return fmt.Errorf("kind %q is not %s", p.Kind, Resource)
	case !namePattern.MatchString(p.Name):
		return fmt.Errorf("%q is not the name of a plugin", p.Name)
	case !semver.IsValid("v"+p.Version) || semver.Canonical("v"+p.Version) != "v"+strings.SplitN(p.Version, "+", 2)[0]:
		return fmt.Errorf("version %q of %s is not of the form 1.2.3", p.Version, p.Name)
	case len(p.Platforms) == 0:
		return fmt.Errorf("%s has no platform", p)
	}
	for _, platform := range p.PlatformNames() {
		a := p.Platforms[platform]
		switch {
		case !platformPattern.MatchString(platform):
			return fmt.Errorf("platform %q of %s is not of the form linux-amd64", platform, p)
		case !isDigest(a.Binary) || a.Archive != "" && !isDigest(a.Archive):
			return fmt.Errorf("%s for %s has no digest of the form sha256:…", p, platform)
		}
	}
	return nil
}

func isDigest(s string) bool {
	hexed, ok := strings.CutPrefix(s, "sha256:")
	raw, err := hex.DecodeString(hexed)
	return ok && err == nil && len(raw) == 32 && strings.ToLower(hexed) == hexed
}
