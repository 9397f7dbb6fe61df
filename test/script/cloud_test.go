package script

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/trunkline-dev/trunkline/internal/awsauth/awsauthtest"
)

// thing makes an estate with one environment, dev, on AWS, and one stack, whose
// resource is of a provider that is a real process: the program of
// internal/engine/enginetest/plugin. Its calls are logged in $WORK/calls. The
// rest of the environment's cloud: is the argument.
func thing(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "thing [CLOUD]", 0)
	estate(ts, false, []string{"shop"})
	for _, gone := range []string{"stacks", "environments/staging.yaml", "environments/production.yaml"} {
		ts.Check(os.RemoveAll(ts.MkAbs(gone)))
	}
	program, err := os.ReadFile(filepath.Join(ts.Getenv("TESTDATA"), "thing.go.txt"))
	ts.Check(err)
	cloud := ""
	for _, a := range args {
		cloud += "\n  " + a
	}
	for name, text := range map[string]string{
		"stacks/thing/thing.go": string(program),
		"stacks/main.go":        "package main\n\nimport (\n\t\"example.com/estate/estate\"\n\t\"example.com/estate/stacks/thing\"\n)\n\nfunc main() { estate.Main(thing.Stack) }\n",
		"environments/dev.yaml": "version: 1\nname: dev\ncloud:\n  provider: aws\n  region: eu-west-1\n  account: \"123456789012\"\n" +
			"  variables: [TEST_PLUGIN_LOG]" + cloud + "\nstacks:\n  thing: {value: a}\n",
	} {
		path := ts.MkAbs(name)
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, []byte(text), 0o644))
	}
	ts.Setenv("TEST_PLUGIN_LOG", filepath.Join(ts.Getenv("WORK"), "calls"))
	commit(ts, false, []string{"A thing on AWS"})
}

// builtPlugin is the provider's program, built once for all stories.
var builtPlugin struct {
	sync.Once
	content []byte
	err     error
}

func pluginContent() ([]byte, error) {
	b := &builtPlugin
	b.Do(func() {
		dir, err := os.MkdirTemp("", "trunkline-script-plugin-")
		if b.err = err; err != nil {
			return
		}
		defer os.RemoveAll(dir) // it lies in the directory for such things
		path := filepath.Join(dir, "plugin")
		cmd := exec.Command("go", "build", "-o", path, "github.com/trunkline-dev/trunkline/internal/engine/enginetest/plugin")
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build the plugin: %w\n%s", err, out)
			return
		}
		b.content, b.err = os.ReadFile(path)
	})
	return b.content, b.err
}

// plugin writes the provider's program to a file. One with a name that ends in
// .tar.gz is an archive, as providers are released. Words after the name make
// another program of it.
func plugin(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "plugin FILE [WORDS]", 1)
	content, err := pluginContent()
	ts.Check(err)
	for _, word := range args[1:] {
		content = append(bytes.Clone(content), word...)
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	if filepath.Ext(path) != ".gz" {
		ts.Check(os.WriteFile(path, content, 0o755))
		return
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	ts.Check(w.WriteHeader(&tar.Header{Name: "pulumi-resource-aws", Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))}))
	_, err = w.Write(content)
	ts.Check(err)
	ts.Check(w.Close())
	ts.Check(z.Close())
	ts.Check(os.WriteFile(path, b.Bytes(), 0o644))
}

// serve serves the files of a directory; a variable gets the URL.
func serve(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "serve DIR VARIABLE", 2)
	server := httptest.NewServer(http.FileServerFS(os.DirFS(ts.MkAbs(args[0]))))
	ts.Defer(server.Close)
	ts.Setenv(args[1], server.URL)
}

// sts starts a stand-in for AWS's Security Token Service; STS gets its URL. Its
// access keys say what they are good for.
func sts(ts *testscript.TestScript, neg bool, args []string) {
	arguments(ts, neg, args, "sts", 0)
	s := awsauthtest.New()
	ts.Defer(s.Close)
	const ann = "arn:aws:iam::123456789012:user/ann"
	s.User("AKIAANN", ann)
	s.User("AKIABOB", "arn:aws:iam::123456789012:user/bob")
	s.User("AKIAOTHER", "arn:aws:iam::210987654321:user/ann")
	s.Broken("AKIAEXPIRED", http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	s.Broken("AKIABUSY", http.StatusBadRequest, "Throttling", "Rate exceeded")
	s.Role("arn:aws:iam::123456789012:role/look", ann, "arn:aws:iam::123456789012:user/bob")
	s.Role("arn:aws:iam::123456789012:role/change", ann)
	ts.Setenv("STS", s.URL())
}

// platform is this machine's, as plugins call it.
func platform() string { return runtime.GOOS + "-" + runtime.GOARCH }
