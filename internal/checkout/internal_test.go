package checkout

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestGitThatAnswersWithoutEndIsStopped(t *testing.T) {
	t.Parallel()
	fake := filepath.Join(t.TempDir(), "git")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\nwhile :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	out := &bounded{max: 1000}
	cmd := exec.Command(fake)
	cmd.Stdout = out
	if err := cmd.Run(); err == nil || !strings.Contains(err.Error(), "more than can be right") && !strings.Contains(err.Error(), "signal") {
		t.Errorf("error is %v", err)
	}
	if out.buf.Len() > 1000 {
		t.Errorf("kept %d bytes", out.buf.Len())
	}
}

func FuzzCheckRevision(f *testing.F) {
	for _, s := range []string{"main", "-x", "a..b", "HEAD~1", "\x00", "\xff", "@{u}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rev string) {
		if checkRevision(rev) != nil {
			return
		}
		if strings.HasPrefix(rev, "-") || strings.ContainsAny(rev, "\n\r\x00") || strings.Contains(rev, "..") {
			t.Errorf("%q was accepted", rev)
		}
	})
}

func FuzzParseTree(f *testing.F) {
	f.Add("100644 blob aaaa\ta/b\x00160000 commit bbbb\tm\x00")
	f.Add("100644 blob aaaa\t../b\x00")
	f.Add("100644 blob aaaa\t.GIT/b\x00")
	f.Fuzz(func(t *testing.T, out string) {
		entries, err := parseTree(out)
		if err != nil {
			return
		}
		for _, e := range entries {
			if !filepath.IsLocal(e.path) || strings.HasPrefix(strings.ToLower(e.path), ".git/") {
				t.Errorf("%q was accepted", e.path)
			}
		}
	})
}

func FuzzParseCommit(f *testing.F) {
	f.Add("tree x\nauthor Ana <a@b> 1700000000 +0100\ncommitter Bob <b@c> 1700000000 -0730\n\nSubject\n\nBody")
	f.Add("committer 99999999999999999999 +1")
	f.Fuzz(func(t *testing.T, raw string) {
		r := parseCommit(raw)
		if strings.Contains(r.Subject, "\n") || !utf8.ValidString(r.Subject) || !utf8.ValidString(r.Author) {
			t.Errorf("%+v", r)
		}
		if _, err := r.Time.MarshalJSON(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzFollowEndsInsideOrSaysWhy(f *testing.F) {
	f.Add("a", "b/../..", "b", "a")
	f.Add("x/y", "../z", "z", ".")
	f.Fuzz(func(t *testing.T, at1, to1, at2, to2 string) {
		if !filepath.IsLocal(at1) || !filepath.IsLocal(at2) {
			return
		}
		follow(map[string]string{at1: to1, at2: to2}, at1)
	})
}
