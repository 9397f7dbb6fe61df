package pluginlock

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/semver"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

var digest = "sha256:" + strings.Repeat("0123456789abcdef", 4)

func plugin(name, version string, platforms ...string) Plugin {
	p := Plugin{Kind: Resource, Name: name, Version: version, Server: "github://api.github.com/pulumi/pulumi-" + name, Platforms: map[string]Artifact{}}
	for _, platform := range platforms {
		p.Platforms[platform] = Artifact{Archive: digest, Binary: digest}
	}
	return p
}

func TestTheFileReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	got, err := Format(Lock{}.With(plugin("aws", "6.83.2", "linux-amd64")).With(
		Plugin{Kind: Resource, Name: "acme", Version: "0.1.0", Platforms: map[string]Artifact{"darwin-arm64": {Binary: digest, URL: "https://example.com/acme?a=b&c"}}}))
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "schema": "trunkline.plugins/v1",
  "plugins": [
    {
      "kind": "resource",
      "name": "acme",
      "version": "0.1.0",
      "platforms": {
        "darwin-arm64": {
          "url": "https://example.com/acme?a=b&c",
          "binary": "` + digest + `"
        }
      }
    },
    {
      "kind": "resource",
      "name": "aws",
      "version": "6.83.2",
      "server": "github://api.github.com/pulumi/pulumi-aws",
      "platforms": {
        "linux-amd64": {
          "archive": "` + digest + `",
          "binary": "` + digest + `"
        }
      }
    }
  ]
}
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Error(diff)
	}
}

// versions are few, so that they meet.
var versions = rapid.SampledFrom([]string{"1.0.0", "1.2.0", "1.10.0", "2.0.0", "2.1.0-rc.1", "2.1.0", "0.3.1"})

func drawLock(t *rapid.T) Lock {
	l := Lock{Schema: Schema}
	for range rapid.IntRange(0, 5).Draw(t, "plugins") {
		name := rapid.SampledFrom([]string{"aws", "random", "acme-x"}).Draw(t, "name")
		l = l.With(plugin(name, versions.Draw(t, "version"), rapid.SampledFrom([]string{"linux-amd64", "darwin-arm64"}).Draw(t, "platform")))
	}
	return l
}

func TestWhatIsWrittenIsReadBackTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, err := Format(drawLock(t))
		if err != nil {
			t.Fatal(err)
		}
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		again, err := Format(got)
		if err != nil || !bytes.Equal(text, again) {
			t.Fatalf("%v: %s became %s", err, text, again)
		}
		if _, err := Parse(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))); err != nil {
			t.Fatalf("with the line ends of Windows: %v", err)
		}
	})
}

func TestThePluginIsTheVeryVersionOrACompatibleNewerOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l, wanted := drawLock(t), versions.Draw(t, "wanted")
		got, ok := l.Choose("aws", wanted)
		exact := false
		for _, v := range l.Versions("aws") {
			exact = exact || v == wanted
			if !ok && v == wanted {
				t.Fatalf("%s is there and not found", v)
			}
		}
		switch {
		case !ok:
		case exact && got.Version != wanted:
			t.Fatalf("%s is there, and %s was chosen", wanted, got.Version)
		case semver.Major("v"+got.Version) != semver.Major("v"+wanted) || semver.Compare("v"+got.Version, "v"+wanted) < 0:
			t.Fatalf("%s was chosen for %s", got.Version, wanted)
		}
	})
}

func TestOneVersionOfAMajorVersionIsLocked(t *testing.T) {
	t.Parallel()
	l := Lock{}.With(plugin("aws", "6.83.0", "linux-amd64", "darwin-arm64")).With(plugin("aws", "7.0.0", "linux-amd64")).With(plugin("aws", "6.83.2", "linux-amd64"))
	if diff := cmp.Diff([]string{"6.83.2", "7.0.0"}, l.Versions("aws")); diff != "" {
		t.Error(diff)
	}
	l = l.With(plugin("aws", "6.83.2", "darwin-arm64"))
	got, _ := l.Choose("aws", "6.83.2")
	if diff := cmp.Diff([]string{"darwin-arm64", "linux-amd64"}, got.PlatformNames()); diff != "" {
		t.Errorf("another platform of the same version: %s", diff)
	}
	elsewhere := plugin("aws", "6.83.2", "windows-amd64")
	elsewhere.Server = "https://plugins.example.com"
	got, _ = l.With(elsewhere).Choose("aws", "")
	if got.Version != "7.0.0" {
		t.Errorf("the newest of all is %s", got)
	}
	got, _ = l.With(elsewhere).Choose("aws", "6.83.2")
	if diff := cmp.Diff([]string{"windows-amd64"}, got.PlatformNames()); diff != "" {
		t.Errorf("from elsewhere: %s", diff)
	}
}

func TestAFileThatIsNotOursIsRefusedWithItsLine(t *testing.T) {
	t.Parallel()
	good, err := Format(Lock{}.With(plugin("aws", "6.83.2", "linux-amd64")))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ old, new, want string }{
		"nothing":               {string(good), "", "plugins.lock:1: it ends too early"},
		"a conflict":            {`      "version"`, "<<<<<<< HEAD\n      \"version\"", "plugins.lock:7: invalid character '<'"},
		"an unknown key":        {`"name":`, `"nmae":`, `unknown field "nmae"`},
		"a key twice":           {`"version": "6.83.2"`, `"version": "6.83.1", "version": "6.83.2"`, "plugins.lock:7: it is not as trunkline writes it"},
		"another schema":        {"plugins/v1", "plugins/v2", "this program knows trunkline.plugins/v1"},
		"more behind it":        {"  ]\n}\n", "  ]\n}\n{}\n", "it is not as trunkline writes it"},
		"a way out":             {`"name": "aws"`, `"name": "../aws"`, "is not the name of a plugin"},
		"no version":            {"6.83.2", "latest", "is not of the form 1.2.3"},
		"half a version":        {"6.83.2", "6.83", "is not of the form 1.2.3"},
		"another kind":          {`"kind": "resource"`, `"kind": "language"`, "kind \"language\" is not resource"},
		"a platform of nobody":  {"linux-amd64", "linux/amd64", "is not of the form linux-amd64"},
		"a digest cut short":    {`"binary": "sha256:01`, `"binary": "sha256:`, "no digest"},
		"a digest in capitals":  {`"binary": "sha256:0123456789abcdef`, `"binary": "sha256:0123456789ABCDEF`, "no digest"},
		"a text for a platform": {"\"linux-amd64\": {\n", "\"linux-amd64\": 7, \"x\": {\n", "cannot unmarshal number"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(string(good), c.old, c.new, 1)
			_, err := Parse([]byte(text))
			if gitops.KindOf(err) != gitops.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %q in it", err, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	good, err := Format(Lock{}.With(plugin("aws", "6.83.2", "linux-amd64", "windows-amd64")))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("{}"))
	f.Add([]byte(`{"schema":"trunkline.plugins/v1","plugins":[{}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := Parse(data)
		if err != nil {
			if gitops.KindOf(err) != gitops.Invalid {
				t.Fatalf("kind %d: %v", gitops.KindOf(err), err)
			}
			return
		}
		if text, err := Format(l); err != nil || !bytes.Equal(text, bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))) {
			t.Fatalf("accepted what it does not write: %s", data)
		}
	})
}
