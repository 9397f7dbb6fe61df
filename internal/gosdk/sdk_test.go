package gosdk

import (
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// shop is a small SDK as Pulumi generates it.
func shop() fstest.MapFS {
	text := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	return fstest.MapFS{
		"pulumi-plugin.json": text(`{"resource": true, "name": "shop", "version": "v1.2.3"}`),
		"till/v2/init.go": text("package v2\n\nfunc (m *module) Construct(typ string) (r any) {\n\tswitch typ {\n" +
			"\tcase \"shop:till/v2:URLDrawer\":\n\t\tr = &URLDrawer{}\n\t}\n\treturn r\n}\n"),
		"till/v2/drawer.go": text(`package v2

import "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

type URLDrawer struct {
	pulumi.CustomResourceState

	Open pulumi.BoolOutput ` + "`pulumi:\"open\"`" + `
}

type urldrawerArgs struct {
	// Coins are in it.
	Coins []string ` + "`pulumi:\"coins\"`" + `
	NoTag string
}

type URLDrawerArgs struct {
	// Coins are in it.
	Coins CoinArrayInput
	NoTag pulumi.StringInput
}

type Coin string

type CoinArray []CoinInput
`),
		"till/v2/drawer_test.go": text("this is not read"),
	}
}

func TestResourceTypeIsReadFromSource(t *testing.T) {
	t.Parallel()
	sdk, err := Open(shop(), "example.com/shop")
	if err != nil {
		t.Fatal(err)
	}
	if sdk.Name != "shop" || sdk.Version != "1.2.3" {
		t.Errorf("name %q, version %q", sdk.Name, sdk.Version)
	}
	if d := cmp.Diff([]string{"shop:till/v2:URLDrawer"}, sdk.Tokens()); d != "" {
		t.Error(d)
	}
	got, err := sdk.Resource("shop:till/v2:URLDrawer")
	if err != nil {
		t.Fatal(err)
	}
	want := &Resource{Token: "shop:till/v2:URLDrawer", Dir: "till/v2", Type: "URLDrawer",
		Args:    []Field{{GoName: "Coins", Name: "coins", Type: "CoinArrayInput", Doc: "Coins are in it.\n"}},
		Outputs: []Field{{GoName: "Open", Name: "open", Type: "pulumi.BoolOutput"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	pkg, err := sdk.Package("till/v2")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"Coin": "string", "CoinArray": "[]CoinInput"}, pkg.Named); d != "" {
		t.Error(d)
	}
}

func TestUnknownTypeDoesNotExist(t *testing.T) {
	t.Parallel()
	sdk, err := Open(shop(), "example.com/shop")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.Resource("shop:till:Till"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestDirectoryWithoutManifestIsNoSDK(t *testing.T) {
	t.Parallel()
	files := shop()
	files["pulumi-plugin.json"].Data = []byte(`{"resource": false, "name": "shop"}`)
	if _, err := Open(files, "example.com/shop"); !errors.Is(err, ErrNoSDK) {
		t.Errorf("no resources: got %v", err)
	}
	delete(files, "pulumi-plugin.json")
	if _, err := Open(files, "example.com/shop"); !errors.Is(err, ErrNoSDK) {
		t.Errorf("no manifest: got %v", err)
	}
}

func TestTypeWrittenInOtherWordsIsFound(t *testing.T) {
	t.Parallel()
	tokens := []string{"aws:lb/listener:Listener", "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy", "aws:sqs/queue:Queue", "aws:vpc/listener:Listener"}
	for word, want := range map[string]string{
		"aws:sqs:Queue": "aws:sqs/queue:Queue", "aws_sqs_queue": "aws:sqs/queue:Queue", "sqs.Queue": "aws:sqs/queue:Queue",
		"AWS:SQS/Queue:queue": "aws:sqs/queue:Queue", "queue": "aws:sqs/queue:Queue", "aws_s3_bucket_policy": "aws:s3/bucketPolicy:BucketPolicy",
		"listener": "", "": "", ":::": "", "aws:sqs/queu:Queu": "",
	} {
		if got := Suggest(word, tokens); got != want {
			t.Errorf("%q: got %q, want %q", word, got, want)
		}
	}
}
