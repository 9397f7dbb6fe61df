package provider

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/test/aws/mapping"
)

// assetServer lets programs give files and archives where the provider takes
// the path of a file. The bridge's side sees a path, the engine's side the asset.
//
// The files lie in the working directory of the provider's process, under the
// hash of their content: the path is the same in each run and on each machine,
// and is another one when the content is.
type assetServer struct {
	pulumirpc.ResourceProviderServer
	properties map[string][]resource.PropertyKey // by type
	dir        string
}

func assetProperties(m *mapping.Mapping) map[string][]resource.PropertyKey {
	out := map[string][]resource.PropertyKey{}
	for _, e := range m.Resources {
		for attribute, f := range e.Fields {
			if f.Asset != "" {
				out[e.Token] = append(out[e.Token], resource.PropertyKey(e.Property(attribute)))
			}
		}
	}
	return out
}

// wire keeps everything that the protocol can say.
var wire = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, KeepResources: true, KeepOutputValues: true}

// assets are the assets of one call, by property.
type assets map[resource.PropertyKey]resource.PropertyValue

// paths puts paths in the place of assets, in each of the structs, and returns
// the assets of the last one that has any.
func (s assetServer) paths(name string, structs ...**structpb.Struct) (assets, error) {
	keys := s.properties[string(urn.URN(name).Type())]
	var found assets
	if keys == nil {
		return nil, nil
	}
	for _, st := range structs {
		if *st == nil {
			continue
		}
		props, err := plugin.UnmarshalProperties(*st, wire)
		if err != nil {
			return nil, err
		}
		here := assets{}
		for _, key := range keys {
			path, err := s.path(props[key])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			if path != "" {
				here[key], props[key] = props[key], resource.NewStringProperty(path)
			}
		}
		if len(here) == 0 {
			continue
		}
		found = here
		if *st, err = plugin.MarshalProperties(props, wire); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// restore puts the assets in the place of their paths.
func (a assets) restore(structs ...**structpb.Struct) error {
	for _, st := range structs {
		if len(a) == 0 || *st == nil {
			continue
		}
		props, err := plugin.UnmarshalProperties(*st, wire)
		if err != nil {
			return err
		}
		for key, v := range a {
			props[key] = v
		}
		if *st, err = plugin.MarshalProperties(props, wire); err != nil {
			return err
		}
	}
	return nil
}

// path returns the path of an asset, with the file there, or "" for another
// value. An asset that comes from the state has no content, and needs none.
func (s assetServer) path(v resource.PropertyValue) (string, error) {
	switch {
	case v.IsSecret():
		return s.path(v.SecretValue().Element)
	case v.IsArchive():
		a := v.ArchiveValue()
		if err := a.EnsureHash(); err != nil {
			return "", err
		}
		return s.file(a.Hash+".zip", a.HasContents(), func() ([]byte, error) { return a.Bytes(resource.ZIPArchive) })
	case v.IsAsset():
		a := v.AssetValue()
		if err := a.EnsureHash(); err != nil {
			return "", err
		}
		return s.file(a.Hash, a.HasContents(), a.Bytes)
	}
	return "", nil
}

func (s assetServer) file(name string, hasContent bool, content func() ([]byte, error)) (string, error) {
	path := filepath.Join(s.dir, name)
	if _, err := os.Stat(path); err == nil || !hasContent {
		return name, nil
	}
	b, err := content()
	if err != nil {
		return "", err
	}
	temporary, err := os.CreateTemp(s.dir, "asset-*")
	if err != nil {
		return "", err
	}
	_, err = temporary.Write(b)
	if closed := temporary.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return "", err
	}
	return name, os.Rename(temporary.Name(), path)
}

// Check implements pulumirpc.ResourceProviderServer.
func (s assetServer) Check(ctx context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if _, err := s.paths(r.Urn, &r.Olds); err != nil {
		return nil, err
	}
	given, err := s.paths(r.Urn, &r.News)
	if err != nil {
		return nil, err
	}
	resp, err := s.ResourceProviderServer.Check(ctx, r)
	if err != nil {
		return nil, err
	}
	return resp, given.restore(&resp.Inputs)
}

// Diff implements pulumirpc.ResourceProviderServer.
func (s assetServer) Diff(ctx context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	if _, err := s.paths(r.Urn, &r.Olds, &r.OldInputs, &r.News); err != nil {
		return nil, err
	}
	return s.ResourceProviderServer.Diff(ctx, r)
}

// Create implements pulumirpc.ResourceProviderServer.
func (s assetServer) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	given, err := s.paths(r.Urn, &r.Properties)
	if err != nil {
		return nil, err
	}
	resp, err := s.ResourceProviderServer.Create(ctx, r)
	if err != nil {
		return resp, err
	}
	return resp, given.restore(&resp.Properties)
}

// Update implements pulumirpc.ResourceProviderServer.
func (s assetServer) Update(ctx context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	if _, err := s.paths(r.Urn, &r.Olds, &r.OldInputs); err != nil {
		return nil, err
	}
	given, err := s.paths(r.Urn, &r.News)
	if err != nil {
		return nil, err
	}
	resp, err := s.ResourceProviderServer.Update(ctx, r)
	if err != nil {
		return resp, err
	}
	return resp, given.restore(&resp.Properties)
}

// Delete implements pulumirpc.ResourceProviderServer.
func (s assetServer) Delete(ctx context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	if _, err := s.paths(r.Urn, &r.Properties, &r.OldInputs); err != nil {
		return nil, err
	}
	return s.ResourceProviderServer.Delete(ctx, r)
}

// Read implements pulumirpc.ResourceProviderServer.
func (s assetServer) Read(ctx context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	given, err := s.paths(r.Urn, &r.Properties, &r.Inputs)
	if err != nil {
		return nil, err
	}
	resp, err := s.ResourceProviderServer.Read(ctx, r)
	if err != nil {
		return resp, err
	}
	return resp, given.restore(&resp.Properties, &resp.Inputs)
}
