package provider

import (
	"archive/zip"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/asset"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// echo answers a creation with its inputs.
type echo struct {
	pulumirpc.UnimplementedResourceProviderServer
	seen *structpb.Struct
}

func (e *echo) Create(_ context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	e.seen = r.Properties
	return &pulumirpc.CreateResponse{Id: "x", Properties: r.Properties}, nil
}

const functionURN = "urn:pulumi:dev::shop::trunkline:function:Function$aws:lambda/function:Function::main"

func TestTheProviderSeesAPathAndTheEngineTheArchive(t *testing.T) {
	t.Parallel()
	index, err := asset.FromText("print('hello')")
	if err != nil {
		t.Fatal(err)
	}
	code, err := archive.FromAssets(map[string]any{"index.py": index})
	if err != nil {
		t.Fatal(err)
	}
	inputs := resource.PropertyMap{"code": resource.NewArchiveProperty(code), "handler": resource.NewStringProperty("index.handler")}
	props, err := plugin.MarshalProperties(inputs, wire)
	if err != nil {
		t.Fatal(err)
	}
	inner := &echo{}
	dir := t.TempDir()
	s := assetServer{inner, map[string][]resource.PropertyKey{"aws:lambda/function:Function": {"code"}}, dir}
	resp, err := s.Create(t.Context(), &pulumirpc.CreateRequest{Urn: functionURN, Properties: props})
	if err != nil {
		t.Fatal(err)
	}
	path := inner.seen.Fields["code"].GetStringValue()
	if path != code.Hash+".zip" {
		t.Errorf("the provider sees %q", path)
	}
	if got := content(t, filepath.Join(dir, path), "index.py"); got != "print('hello')" {
		t.Errorf("the archive holds %q", got)
	}
	out, err := plugin.UnmarshalProperties(resp.Properties, wire)
	if err != nil {
		t.Fatal(err)
	}
	if !out["code"].IsArchive() || out["code"].ArchiveValue().Hash != code.Hash {
		t.Errorf("the engine sees %v", out["code"])
	}
}

func content(t *testing.T, archive, name string) string {
	t.Helper()
	z, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
