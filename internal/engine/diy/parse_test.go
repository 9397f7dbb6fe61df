package diy

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

func jsonNumber(n int) string { return strconv.Itoa(n) }

func TestURLsAreReadAsTheCLIReadsThem(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]place{
		"file:///srv/state":       {scheme: "file", url: "file:///srv/state", dir: "/srv/state", shown: "file:///srv/state"},
		"file://./state?a=b":      {scheme: "file", url: "file:///home/ana/shop/state?a=b", dir: "/home/ana/shop/state", shown: "file:///home/ana/shop/state"},
		"file://~":                {scheme: "file", url: "file:///home/ana", dir: "/home/ana", shown: "file:///home/ana"},
		"file://~/state/":         {scheme: "file", url: "file:///home/ana/state", dir: "/home/ana/state", shown: "file:///home/ana/state"},
		"s3://bucket/a/b?r=x":     {scheme: "s3", url: "s3://bucket/a/b?r=x", prefix: "a/b/", shown: "s3://bucket/a/b"},
		"gs://bucket":             {scheme: "gs", url: "gs://bucket", shown: "gs://bucket"},
		"azblob://c?sas=hunter2":  {scheme: "azblob", url: "azblob://c?sas=hunter2", shown: "azblob://c"},
		"s3://b?endpoint=min:900": {scheme: "s3", url: "s3://b?endpoint=https%3A%2F%2Fmin%3A900", shown: "s3://b"},
		"s3://b?disableSSL=true&endpoint=min:900": {
			scheme: "s3", url: "s3://b?disable_https=true&endpoint=http%3A%2F%2Fmin%3A900", shown: "s3://b",
		},
	} {
		got, err := parseURL(raw, "/home/ana/shop", "/home/ana")
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		want.dir, got.dir = filepath.FromSlash(want.dir), filepath.FromSlash(got.dir)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(place{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
	}
	for _, raw := range []string{"", "sqlite:///a", "s3://", "http://b", "s3://b?disableSSL=maybe", "s3://%zz"} {
		if _, err := parseURL(raw, "/home/ana/shop", "/home/ana"); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestErrorsKeepTheSecretsOfAURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"s3://bucket?bogus=hunter2", "azblob://c?bogus=hunter2", "azblob://u:hunter2@c?x=y", "gs://b/%zz?a=hunter2", "s3://b?disableSSL=hunter2",
		"file://" + filepath.ToSlash(t.TempDir()) + "/none?metadata=hunter2",
	} {
		_, err := Open(t.Context(), url)
		var e *gitops.Error
		if !errors.As(err, &e) || strings.Contains(err.Error()+e.Next, "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
	p := place{url: "azblob://c?sv=1&sig=hunter2", shown: "azblob://c"}
	for _, text := range []string{
		"open azblob://c?sv=1&sig=hunter2: no", `Get "https://a.blob/c?sv=1&sig=hunter2": no`, "X-Amz-Signature=hunter2&b", "SharedKey=hunter2",
	} {
		if got := p.hide(text); strings.Contains(got, "hunter2") {
			t.Errorf("%s became %s", text, got)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"file://~/a?b=c", "s3://b/p?endpoint=e&disableSSL=1", "azblob://u:p@c", "gs://", "file://"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := parseURL(raw, "/home/ana/shop", "/home/ana")
		if err == nil && p.scheme == "file" && !filepath.IsAbs(p.dir) {
			t.Errorf("%q is at %q", raw, p.dir)
		}
		p.hide(raw)
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add([]byte(`{"version":3,"checkpoint":{"stack":"s","latest":{"manifest":{"time":"2026-03-01T12:00:00Z"},"resources":[{}]}}}`))
	f.Add([]byte(`{"version":4,"features":["hooks"],"checkpoint":{"stack":"s"}}`))
	f.Add([]byte(`{"stack":"s","latest":{"resources":[]}}`))
	f.Add([]byte(`{"version":1,"checkpoint":{"stack":"s","latest":null}}`))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseCheckpoint(raw)
		if err != nil {
			return
		}
		again, u, err := parseDeployment(c.deployment)
		if err != nil || again.hash != c.hash || u.Version < 1 {
			t.Errorf("a checkpoint holds %s, which is read as %+v, %v", c.deployment, again, err)
		}
	})
}

func FuzzParseHistory(f *testing.F) {
	f.Add([]byte(`{"kind":"update","startTime":1,"config":{"a:b":"c"},"result":"succeeded","resourceChanges":{"create":1}}`))
	f.Add([]byte(`{"trunkline":{"operation":"up"}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := parseHistory(raw)
		if err != nil {
			return
		}
		out, err := json.Marshal(toPulumi(u))
		if err != nil {
			return // a time that JSON does not have
		}
		if again, err := parseHistory(out); err != nil || again.Message != u.Message || again.Result != u.Result {
			t.Errorf("%s came back as %+v, %v", raw, again, err)
		}
	})
}

func FuzzParseTags(f *testing.F) {
	f.Add([]byte(`{"version":1,"tags":{"a":"b"}}`))
	f.Add([]byte(`{"version":2}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if tags, err := parseTags(raw); err != nil && tags != nil {
			t.Errorf("%q is refused and read: %v", raw, tags)
		}
	})
}

func FuzzUnpack(f *testing.F) {
	packed, _, err := pack(journalRecord{Epoch: 1, Entries: [][]byte{{0xff}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add([]byte(`{"body":{},"sha256":""}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r journalRecord
		if hash, err := unpack(raw, &r); err == nil && len(hash) != 64 {
			t.Errorf("%q is taken for a record", raw)
		}
	})
}

func TestACheckpointAndAJournalAreJudged(t *testing.T) {
	t.Parallel()
	entry := func(seq int64, previous, hash string) link {
		return link{seq, hash, journalRecord{Previous: previous, Entries: [][]byte{[]byte("e")}}}
	}
	commit := link{2, "j2", journalRecord{Previous: "j1", Commit: "new"}}
	fence := link{3, "j3", journalRecord{Previous: "j2", Fence: true}}
	last := versionRecord{Hash: "old"}
	for name, c := range map[string]struct {
		known bool
		hash  string
		links []link
		want  verdict
		err   bool
	}{
		"nothing new":                          {true, "old", nil, current, false},
		"a journal":                            {true, "old", []link{entry(1, "old", "j1")}, current, false},
		"a commit that died before it wrote":   {true, "old", []link{entry(1, "old", "j1"), commit}, current, false},
		"a commit that died after it wrote":    {true, "new", []link{entry(1, "old", "j1"), commit}, committed, false},
		"and was fenced":                       {true, "new", []link{entry(1, "old", "j1"), commit, fence}, committed, false},
		"a commit over which others went on":   {true, "new", []link{entry(1, "old", "j1"), commit, entry(3, "j2", "j3")}, current, true},
		"a write of the CLI":                   {true, "cli", nil, changed, false},
		"a write of the CLI after a fence":     {true, "cli", []link{{1, "j1", journalRecord{Previous: "old", Fence: true}}}, changed, false},
		"a write of the CLI under a journal":   {true, "cli", []link{entry(1, "old", "j1")}, current, true},
		"a stack of the CLI":                   {false, "cli", nil, changed, false},
		"a stack of the CLI and a journal":     {false, "cli", []link{entry(1, "old", "j1")}, current, true},
		"a journal of another state":           {true, "old", []link{entry(1, "other", "j1")}, current, true},
		"a journal with a hole":                {true, "old", []link{entry(1, "old", "j1"), entry(3, "j1", "j3")}, current, true},
		"a journal in which one was exchanged": {true, "old", []link{entry(1, "old", "j1"), entry(2, "jx", "j2")}, current, true},
	} {
		got, err := judge(last, c.known, c.hash, c.links)
		if got != c.want || (err != nil) != c.err {
			t.Errorf("%s: got %d, %v, want %d, error %v", name, got, err, c.want, c.err)
		}
	}
}

func TestEachLimitIsASentence(t *testing.T) {
	t.Parallel()
	for _, s := range Schemes() {
		list := Limits(s + "x")
		if len(list) < 5 {
			t.Errorf("%s: %q", s, list)
		}
		for _, l := range list {
			if !strings.HasSuffix(l, ".") {
				t.Errorf("%s: %q", s, l)
			}
		}
	}
	if Limits("sqlite:///x") != nil {
		t.Error("another store has limits of ours")
	}
}
