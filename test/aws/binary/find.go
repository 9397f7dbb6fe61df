// Package binary finds the unmodified terraform-provider-aws in the one version that
// is served here.
package binary

import (
	"cmp"
	"debug/buildinfo"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
)

// Version is the only version of terraform-provider-aws that is accepted: the
// one that pulumi-aws 6.83 is made from.
const Version = "5.100.0"

// Variable names the environment variable that holds the path of the binary.
const Variable = "TRUNKLINE_TF_AWS"

const (
	name    = "terraform-provider-aws_v" + Version + "_x5"
	program = "github.com/hashicorp/terraform-provider-aws"
	// commit is the one with the tag v5.100.0. Every official build says it, on
	// each platform; the version itself is not in the binary in a way that could
	// be read without running it.
	commit = "f7a3b98da589ab1d52756b0dcee0dbf2de83d635"
)

// Find returns the path of the provider binary, after it has looked that it is
// the right version. It looks at the environment variable first, then on PATH,
// then where Terraform has its mirrors and its plugin cache, and in mirrors below
// /opt, where images of machines often have them.
func Find() (string, error) {
	if path := os.Getenv(Variable); path != "" {
		return path, verify(path)
	}
	platform := runtime.GOOS + "_" + runtime.GOARCH
	inImage, err := filepath.Glob(filepath.Join("/opt", "*", below(platform)))
	if err != nil {
		return "", err
	}
	for _, path := range append(places(os.Getenv, platform), inImage...) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, verify(path)
		}
	}
	return "", fmt.Errorf("there is no %s on PATH or in a filesystem mirror of Terraform; "+
		"get it with \"terraform providers mirror\", or set %s to its path", name, Variable)
}

// places lists the paths at which the binary may be, in order.
func places(getenv func(string) string, platform string) (out []string) {
	for _, dir := range filepath.SplitList(getenv("PATH")) {
		out = append(out, filepath.Join(dir, name))
	}
	home, data := getenv("HOME"), getenv("XDG_DATA_HOME")
	if data == "" && home != "" {
		data = filepath.Join(home, ".local", "share")
	}
	// https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories
	for _, dir := range append(mirrors(getenv), []string{
		getenv("TF_PLUGIN_CACHE_DIR"), under(home, ".terraform.d", "plugins"), under(data, "terraform", "plugins"),
		"/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins",
	}...) {
		if dir != "" {
			out = append(out, filepath.Join(dir, below(platform)))
		}
	}
	return out
}

// below is the path of the binary in a mirror.
func below(platform string) string {
	return filepath.Join("registry.terraform.io", "hashicorp", "aws", Version, platform, name)
}

// mirror finds the directories of filesystem mirrors in Terraform's own
// configuration, with no need to understand the rest of it.
var mirror = regexp.MustCompile(`(?s)filesystem_mirror\s*{[^}]*?path\s*=\s*"([^"]+)"`)

func mirrors(getenv func(string) string) (out []string) {
	path := cmp.Or(getenv("TF_CLI_CONFIG_FILE"), under(getenv("HOME"), ".terraformrc"))
	text, err := os.ReadFile(path)
	if err != nil {
		return nil // most have none
	}
	for _, found := range mirror.FindAllSubmatch(text, -1) {
		out = append(out, string(found[1]))
	}
	return out
}

func under(dir string, below ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, below...)...)
}

// verify refuses what is not the provider in the right version.
func verify(path string) error {
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s is not %s: %w", path, name, err)
	}
	if info.Path != program {
		return fmt.Errorf("%s is %s, not %s", path, info.Path, program)
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && s.Value == commit {
			return nil
		}
	}
	return fmt.Errorf("%s is another version of %s than %s, which is commit %s", path, program, Version, commit[:12])
}
