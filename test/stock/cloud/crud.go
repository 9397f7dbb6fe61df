package cloud

import (
	"context"
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/engine/enginetest"
)

// Marks of Pulumi's protocol.
const (
	unknown   = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
	sigKey    = "4dabf18193072939515e22adb298388d"
	sigSecret = "1b47061264138c4ac30d75fd1eb44270"
)

// computed are the outputs that are no inputs.
var computed = []string{"serial", "arn", "token"}

func name(urn string) string { return urn[strings.LastIndex(urn, "::")+2:] }
func kind(urn string) string { return strings.Split(urn, "::")[2] }

func field(s *structpb.Struct, key string) string { return s.GetFields()[key].GetStringValue() }

func copied(s *structpb.Struct) *structpb.Struct {
	c := &structpb.Struct{Fields: map[string]*structpb.Value{}}
	proto.Merge(c, s)
	return c
}

// Check implements the provider protocol.
func (c *Cloud) Check(_ context.Context, r *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	c.note("Check", name(r.GetUrn()), r.GetOlds(), r.GetNews())
	if field(r.GetNews(), "value") == "bad" {
		return &pulumirpc.CheckResponse{Failures: []*pulumirpc.CheckFailure{{Property: "value", Reason: "is bad"}}}, nil
	}
	news := r.GetNews()
	if strings.HasSuffix(kind(r.GetUrn()), Named) && field(news, "name") == "" {
		news = copied(news)
		auto := r.GetAutonaming()
		switch {
		case field(r.GetOlds(), "name") != "":
			news.Fields["name"] = r.GetOlds().GetFields()["name"]
		case auto == nil:
			news.Fields["name"] = structpb.NewStringValue(name(r.GetUrn()) + "-own")
		case auto.GetMode() == pulumirpc.CheckRequest_AutonamingOptions_DISABLE:
			return &pulumirpc.CheckResponse{Failures: []*pulumirpc.CheckFailure{{Property: "name", Reason: "is needed"}}}, nil
		default:
			news.Fields["name"] = structpb.NewStringValue(auto.GetProposedName())
		}
	}
	return &pulumirpc.CheckResponse{Inputs: news}, nil
}

// Diff implements the provider protocol.
func (c *Cloud) Diff(_ context.Context, r *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	c.note("Diff", name(r.GetUrn())+" "+fmt.Sprint(r.GetIgnoreChanges()), r.GetOldInputs(), r.GetOlds(), r.GetNews())
	if field(r.GetNews(), "fail") == "diff" {
		return nil, status.Error(codes.Unknown, "the cloud cannot compare")
	}
	out := enginetest.Compare(r.GetOldInputs(), r.GetNews())
	out.DeleteBeforeReplace = r.GetNews().GetFields()["dbr"].GetBoolValue()
	return out, nil
}

// Create implements the provider protocol.
func (c *Cloud) Create(ctx context.Context, r *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	n, in := name(r.GetUrn()), r.GetProperties()
	c.note("Create", fmt.Sprintf("%s preview=%t timeout=%g", n, r.GetPreview(), r.GetTimeout()), in)
	out := copied(in)
	if r.GetPreview() {
		out.Fields["serial"], out.Fields["arn"] = structpb.NewStringValue(unknown), structpb.NewStringValue(unknown)
		return &pulumirpc.CreateResponse{Properties: out}, nil
	}
	if err := c.wait(ctx, in); err != nil {
		return nil, err
	}
	if field(in, "fail") == "create" {
		return nil, status.Error(codes.Unknown, "the cloud said no")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.serials[n]++
	id := fmt.Sprintf("%s-%d", n, c.serials[n])
	out.Fields["serial"] = structpb.NewNumberValue(float64(c.serials[n]))
	out.Fields["arn"] = structpb.NewStringValue("arn:test:" + id)
	if strings.HasSuffix(kind(r.GetUrn()), Vault) {
		out.Fields["token"] = secret("token of " + id)
	}
	c.things[id] = copied(out)
	if field(in, "fail") == "partial" {
		return nil, halfMade(id, out, in)
	}
	return &pulumirpc.CreateResponse{Id: id, Properties: out}, nil
}

// secret marks a text as secret.
func secret(s string) *structpb.Value {
	return structpb.NewStructValue(&structpb.Struct{Fields: map[string]*structpb.Value{
		sigKey: structpb.NewStringValue(sigSecret), "value": structpb.NewStringValue(s),
	}})
}

// halfMade tells that a resource exists and is not ready.
func halfMade(id string, out, in *structpb.Struct) error {
	st, err := status.New(codes.Unknown, "the thing is not ready").WithDetails(&pulumirpc.ErrorResourceInitFailed{
		Id: id, Properties: out, Inputs: in, Reasons: []string{"it did not come up", "its health is unknown"},
	})
	if err != nil {
		return err
	}
	return st.Err()
}

func (c *Cloud) wait(ctx context.Context, in *structpb.Struct) error {
	at := field(in, "wait")
	if at == "" {
		return nil
	}
	g := c.gate(at)
	g.reachOnce.Do(func() { close(g.reached) })
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}

// Read implements the provider protocol.
func (c *Cloud) Read(_ context.Context, r *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	c.note("Read", name(r.GetUrn())+" "+r.GetId(), r.GetInputs(), r.GetProperties())
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.things[r.GetId()]
	if t == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	if field(t, "fail") == "read" {
		return nil, status.Error(codes.Unknown, "the cloud cannot be read")
	}
	inputs := copied(t)
	for _, key := range computed {
		delete(inputs.Fields, key)
	}
	return &pulumirpc.ReadResponse{Id: r.GetId(), Properties: copied(t), Inputs: inputs}, nil
}

// Update implements the provider protocol.
func (c *Cloud) Update(_ context.Context, r *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	c.note("Update", fmt.Sprintf("%s %s preview=%t timeout=%g %v", name(r.GetUrn()), r.GetId(), r.GetPreview(), r.GetTimeout(), r.GetIgnoreChanges()),
		r.GetOldInputs(), r.GetOlds(), r.GetNews())
	out := copied(r.GetNews())
	for _, key := range computed {
		if v := r.GetOlds().GetFields()[key]; v != nil {
			out.Fields[key] = v
		}
	}
	if r.GetPreview() {
		return &pulumirpc.UpdateResponse{Properties: out}, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.things[r.GetId()] == nil {
		return nil, status.Errorf(codes.NotFound, "no thing %s", r.GetId())
	}
	switch field(r.GetNews(), "fail") {
	case "update":
		return nil, status.Error(codes.Unknown, "the cloud said no")
	case "partialUpdate":
		c.things[r.GetId()] = copied(out)
		return nil, halfMade(r.GetId(), out, r.GetNews())
	}
	c.things[r.GetId()] = copied(out)
	return &pulumirpc.UpdateResponse{Properties: out}, nil
}

// Delete implements the provider protocol.
func (c *Cloud) Delete(_ context.Context, r *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	c.note("Delete", fmt.Sprintf("%s %s timeout=%g", name(r.GetUrn()), r.GetId(), r.GetTimeout()), r.GetOldInputs(), r.GetProperties())
	c.mu.Lock()
	defer c.mu.Unlock()
	if field(r.GetProperties(), "fail") == "delete" {
		return nil, status.Error(codes.Unknown, "the cloud keeps it")
	}
	delete(c.things, r.GetId())
	return &emptypb.Empty{}, nil
}
