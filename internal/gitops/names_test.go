package gitops_test

import (
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func TestBranchNamesThatCouldBeSomethingElseAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "-x", "--upload-pack=touch /tmp/m", "a..b", "main..main", "@", "@{u}", "HEAD", "refs/heads/main",
		"a b", "a\nb", "a\r", "a\x00b", "a\tb", "a~1", "a^", "a:b", "a?b", "a*", "a[b", `a\b`, "/a", "a/", "a//b", ".a", "a/.b",
		"a.lock", "a.lock/b", "a.", "main\u202e", "ma\u200bin", "\ufeffmain", "a\u2028b", "\xff", strings.Repeat("a", 251),
	} {
		if err := gitops.CheckBranch(bad); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for _, good := range []string{"main", "feature/queue-2", "ana/fix_#12", "日本語", "dependabot/go_modules/x-1.2.3", "a@b", "v1.0"} {
		if err := gitops.CheckBranch(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestOnlyFullCommitNamesAreTaken(t *testing.T) {
	t.Parallel()
	full := strings.Repeat("0123456789", 4)
	for name, ok := range map[string]bool{
		full: true, strings.Repeat("a", 64): true,
		"": false, "main": false, full[:39]: false, full + "0": false, strings.ToUpper(strings.Repeat("a", 40)): false,
		"-" + full[1:]: false, full[:39] + "\n": false,
	} {
		if err := gitops.CheckCommit(name); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAddressesThatLeadElsewhereAreRefused(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{
		"", "github.com", "ext::sh -c touch% /tmp/m", "file:///etc", "git://github.com/a/b", "ssh://-oProxyCommand=x/a", "ftp://h/a",
		"https://user:secret@github.com/a", "https://secret@github.com", "https://h/a?token=secret", "https://h/a#x", "https://h/a#",
		"http://169.254.169.254/latest", "https://[fe80::1]/", "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/",
		"http://100.100.100.200/", "http://0.0.0.0/", "http://[::]/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
		"https://127.1/", "https:///a", "https://-oProxyCommand=x/", "https://h/../b", "https://h/a\nb", "https://h\\@evil/", "https://h/\u202e",
		"https://github.com:x/a", "https://ⓖithub.com/", "http://gitea.example/a/b", "http://10.0.0.5:3000", "http://localhost.example/",
	} {
		_, err := gitops.ParseForgeURL(bad)
		if gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") && !strings.Contains(bad, "?") {
			t.Errorf("the error shows the password: %v", err)
		}
	}
	for _, good := range []string{"https://github.com", "https://gitlab.example.com:8443/group/sub/name.git", "http://127.0.0.1:3000/a/b", "http://[::1]:3000", "https://10.0.0.5/git", "http://localhost:3000/"} {
		if _, err := gitops.ParseForgeURL(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

// Git has the last word on what a branch may be called.
func FuzzCheckBranchAcceptsNothingThatGitRefuses(f *testing.F) {
	for _, s := range []string{"main", "a/b", "-x", "a..b", "@{u}", "a.lock", "\x7f", "日本", "a@", "@/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if gitops.CheckBranch(name) != nil {
			return
		}
		if !utf8.ValidString(name) || name[0] == '-' {
			t.Errorf("%q was accepted", name)
		}
		if out, err := exec.Command("git", "check-ref-format", "refs/heads/"+name).CombinedOutput(); err != nil {
			t.Errorf("git refuses %q: %v %s", name, err, out)
		}
	})
}

func FuzzParseForgeURLKeepsNoSecret(f *testing.F) {
	for _, s := range []string{"https://h/p", "https://a:b@h", "http://[::1]:1/", "https://h?x", "//h", "https://u@h@i/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := gitops.ParseForgeURL(raw)
		if err != nil {
			return
		}
		if u.User != nil || u.RawQuery != "" || u.Hostname() == "" || strings.ContainsAny(u.String(), "\n\r @") && strings.Contains(u.Host, "@") {
			t.Errorf("%q became %q", raw, u)
		}
	})
}
