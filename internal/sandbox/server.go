package sandbox

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// pluginVersion is the pulumi-aws release that the sandbox stands in for.
const pluginVersion = types.Version

// The place of a server that is told neither region nor account.
const (
	DefaultRegion  = "eu-west-1"
	DefaultAccount = "123456789012"
)

// Server is a Pulumi provider for the package "aws" in front of a Cloud. Many
// operations may share it: each stack's configuration is kept apart. Two
// differently configured providers of one stack are told apart only when the
// engine takes an Instance for each.
type Server struct {
	pulumirpc.UnimplementedResourceProviderServer
	cloud *Cloud
	base  settings

	mu         sync.RWMutex
	configured map[string]settings // by stack; "" is the last one
}

// settings is the configuration of one provider.
type settings struct {
	region, account string
	defaultTags     map[string]any
}

var _ pulumirpc.ResourceProviderServer = (*Server)(nil)

// Server returns a provider whose resources are in the region and account, where
// the configuration names no other. Empty strings mean DefaultRegion and
// DefaultAccount.
func (c *Cloud) Server(region, account string) *Server {
	if region == "" {
		region = DefaultRegion
	}
	if account == "" {
		account = DefaultAccount
	}
	return &Server{cloud: c, base: settings{region: region, account: account}, configured: map[string]settings{}}
}

// Instance returns a provider of the same cloud with a configuration of its own.
func (s *Server) Instance() pulumirpc.ResourceProviderServer {
	return s.cloud.Server(s.base.region, s.base.account)
}

// settings returns the configuration for a resource; urn is "" for functions.
func (s *Server) settings(urn string) settings {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if c, ok := s.configured[stackOf(urn)]; ok {
		return c
	}
	if c, ok := s.configured[""]; ok {
		return c
	}
	return s.base
}

// scope returns where a call happens.
func (s *Server) scope(c settings) aws.Scope {
	return aws.Scope{Region: c.region, Account: c.account, Now: s.cloud.now().UTC()}
}

// stackOf returns "project/stack" of a URN.
func stackOf(urn string) string {
	u := resource.URN(urn)
	if !u.IsValid() {
		return ""
	}
	return string(u.Project()) + "/" + string(u.Stack())
}

// Handshake implements pulumirpc.ResourceProviderServer.
func (s *Server) Handshake(context.Context, *pulumirpc.ProviderHandshakeRequest) (*pulumirpc.ProviderHandshakeResponse, error) {
	return &pulumirpc.ProviderHandshakeResponse{AcceptSecrets: true, SupportsAutonamingConfiguration: true}, nil
}

// Attach implements pulumirpc.ResourceProviderServer.
func (s *Server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// GetPluginInfo implements pulumirpc.ResourceProviderServer.
func (s *Server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: pluginVersion}, nil
}

// GetSchema implements pulumirpc.ResourceProviderServer. It names the package
// only: the engine needs no more to preview and update.
func (s *Server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":"aws","version":%q}`, pluginVersion)}, nil
}

// CheckConfig implements pulumirpc.ResourceProviderServer.
func (s *Server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

// DiffConfig implements pulumirpc.ResourceProviderServer: no change of the
// configuration replaces the provider.
func (s *Server) DiffConfig(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return unchanged(req.GetOldInputs(), req.GetNews())
}

// Configure implements pulumirpc.ResourceProviderServer.
func (s *Server) Configure(_ context.Context, req *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	args, err := fromWire(req.GetArgs())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	config := plain(args)
	c := s.base
	if region := config.Text("region"); region != "" {
		c.region = region
	}
	if allowed := texts(nested(config["allowedAccountIds"])); len(allowed) > 0 && !slices.Contains(allowed, c.account) {
		return nil, status.Errorf(codes.FailedPrecondition, "AWS account ID not allowed: %s", c.account)
	}
	if tags, ok := nested(config["defaultTags"]).(map[string]any); ok {
		c.defaultTags, _ = nested(tags["tags"]).(map[string]any)
		c.defaultTags = maps.Clone(c.defaultTags)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.configured[stackOf(req.GetUrn())] = c
	s.configured[""] = c
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true, SupportsAutonamingConfiguration: true}, nil
}

// nested returns a configuration value that the engine may have packed into a
// JSON text.
func nested(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	var out any
	if err := json.Unmarshal([]byte(s), &out); err != nil {
		return v
	}
	return out
}

func texts(v any) []string {
	var out []string
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// Cancel implements pulumirpc.ResourceProviderServer. Calls in flight belong to
// operations that did not ask for it, and end by their contexts.
func (s *Server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}
