package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// Create implements pulumirpc.ResourceProviderServer. A creation that is
// repeated makes a second resource, as in AWS, unless the name is taken or the
// call is one that AWS itself treats as "set".
func (s *Server) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	t, err := s.typeOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := fromWire(req.GetProperties())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if req.GetPreview() {
		out, err := toWire(conceal(properties(planned(t, plain(inputs)), inputs), inputs, secretsOf(t)))
		return &pulumirpc.CreateResponse{Properties: out}, err
	}
	r := row{Resource: aws.Resource{Type: t.Token}, urn: req.GetUrn(), name: resource.URN(req.GetUrn()).Name()}
	err = s.cloud.disturbed(ctx, "create", r, func() error {
		return s.cloud.write(ctx, func(tx *sql.Tx) error { return s.create(ctx, tx, t, &r, plain(inputs)) })
	})
	if err != nil {
		return nil, failed("creating", t, r.name, err)
	}
	out, err := toWire(conceal(properties(r.State, inputs), inputs, secretsOf(t)))
	return &pulumirpc.CreateResponse{Id: r.ID, Properties: out}, err
}

// create makes the resource r from its inputs.
func (s *Server) create(ctx context.Context, tx *sql.Tx, t *types.Type, r *row, in aws.Object) error {
	scope := s.scope(s.settings(r.urn))
	key, err := s.cloud.newKey(ctx, tx, t.Token, r.urn)
	if err != nil {
		return err
	}
	b := aws.For(t.Token)
	call := &aws.Call{Scope: scope, Token: t.Token, Key: key, In: in, Cloud: view{ctx, tx, scope}}
	if err := aws.Admit(call); err != nil {
		return err
	}
	if b.ID != nil {
		call.ID = b.ID(call)
	}
	if call.ID == "" {
		call.ID = strings.ToLower(t.Terraform) + "-" + key[:17]
	}
	r.ID, r.Account, r.Region, r.key, r.created = call.ID, scope.Account, scope.Region, key, scope.Now
	if b.Global {
		r.Region = global
	}
	before, err := get(ctx, tx, scope, t.Token, r.ID)
	if err != nil {
		return err
	}
	detail := ""
	if before != nil {
		detail = "set what " + before.urn + " had created"
	}
	r.State = built(t, call, nil)
	if err := put(ctx, tx, *r); err != nil {
		return err
	}
	return s.cloud.note(ctx, tx, "create", detail, *r)
}

// Read implements pulumirpc.ResourceProviderServer. What does not exist has no
// ID.
func (s *Server) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	t, err := s.typeOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	olds, err := fromWire(req.GetInputs())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	var r *row
	about := row{Resource: aws.Resource{Type: t.Token, ID: req.GetId()}, urn: req.GetUrn(), name: resource.URN(req.GetUrn()).Name()}
	err = s.cloud.disturbed(ctx, "read", about, func() (err error) {
		r, err = get(ctx, s.cloud.db, s.scope(s.settings(req.GetUrn())), t.Token, req.GetId())
		return s.cloud.broken(err)
	})
	if err != nil {
		return nil, failed("reading", t, about.name, err)
	}
	if r == nil {
		return &pulumirpc.ReadResponse{}, nil
	}
	var known aws.Object
	if len(olds) > 0 {
		known = plain(olds)
	}
	inputs := properties(inputsOf(t, r.State, known), olds)
	if d, ok := olds[defaultsKey]; ok {
		inputs[defaultsKey] = d
	}
	in, err := toWire(conceal(inputs, olds, nil))
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	out, err := toWire(conceal(properties(r.State, olds), olds, secretsOf(t)))
	return &pulumirpc.ReadResponse{Id: r.ID, Inputs: in, Properties: out}, err
}

// Update implements pulumirpc.ResourceProviderServer.
func (s *Server) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	t, err := s.typeOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	inputs, err := fromWire(req.GetNews())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	olds, err := fromWire(req.GetOlds())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	if req.GetPreview() {
		state := plannedUpdate(t, plain(inputs), plain(olds))
		out, err := toWire(conceal(properties(state, inputs), inputs, secretsOf(t)))
		return &pulumirpc.UpdateResponse{Properties: out}, err
	}
	r := row{Resource: aws.Resource{Type: t.Token, ID: req.GetId()}, urn: req.GetUrn(), name: resource.URN(req.GetUrn()).Name()}
	err = s.cloud.disturbed(ctx, "update", r, func() error {
		return s.cloud.write(ctx, func(tx *sql.Tx) error { return s.update(ctx, tx, t, &r, plain(inputs)) })
	})
	if err != nil {
		return nil, failed("updating", t, r.name, err)
	}
	out, err := toWire(conceal(properties(r.State, inputs), inputs, secretsOf(t)))
	return &pulumirpc.UpdateResponse{Properties: out}, err
}

// plannedUpdate returns what a preview knows of a resource that will be updated:
// what AWS chose stays.
func plannedUpdate(t *types.Type, in, olds aws.Object) aws.Object {
	state := planned(t, in)
	for k, v := range state {
		if _, unknown := v.(aws.Unknown); !unknown {
			continue
		}
		if _, given := in[k]; !given && olds[k] != nil {
			state[k] = olds[k]
		}
	}
	return state
}

func (s *Server) update(ctx context.Context, tx *sql.Tx, t *types.Type, r *row, in aws.Object) error {
	scope := s.scope(s.settings(r.urn))
	old, err := get(ctx, tx, scope, t.Token, r.ID)
	if err != nil {
		return err
	}
	if old == nil {
		return &aws.Error{Code: "NotFound", Message: "it does not exist any more; refresh the stack"}
	}
	call := &aws.Call{Scope: scope, Token: t.Token, ID: r.ID, Key: old.key, In: in, Cloud: view{ctx, tx, scope}, Update: true}
	if err := aws.Admit(call); err != nil {
		return err
	}
	old.State, old.urn, old.name = built(t, call, old.State), r.urn, r.name
	*r = *old
	if err := put(ctx, tx, *r); err != nil {
		return err
	}
	return s.cloud.note(ctx, tx, "update", "", *r)
}

// Delete implements pulumirpc.ResourceProviderServer. What is gone already is
// deleted.
func (s *Server) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	t, err := s.typeOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	r := row{Resource: aws.Resource{Type: t.Token, ID: req.GetId()}, urn: req.GetUrn(), name: resource.URN(req.GetUrn()).Name()}
	err = s.cloud.disturbed(ctx, "delete", r, func() error {
		return s.cloud.write(ctx, func(tx *sql.Tx) error { return s.delete(ctx, tx, r) })
	})
	if err != nil {
		return nil, failed("deleting", t, r.name, err)
	}
	return &emptypb.Empty{}, nil
}

func (s *Server) delete(ctx context.Context, tx *sql.Tx, r row) error {
	scope := s.scope(s.settings(r.urn))
	found, err := get(ctx, tx, scope, r.Type, r.ID)
	if err != nil || found == nil {
		return err
	}
	if err := aws.Release(view{ctx, tx, scope}, found.Resource); err != nil {
		return err
	}
	if err := drop(ctx, tx, *found); err != nil {
		return err
	}
	return s.cloud.note(ctx, tx, "delete", "", *found)
}

// Invoke implements pulumirpc.ResourceProviderServer.
func (s *Server) Invoke(ctx context.Context, req *pulumirpc.InvokeRequest) (*pulumirpc.InvokeResponse, error) {
	args, err := fromWire(req.GetArgs())
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	scope := s.scope(s.settings(""))
	result, err := aws.Invoke(scope, view{ctx, s.cloud.db, scope}, req.GetTok(), plain(args))
	var unknown *aws.UnknownFunctionError
	switch {
	case errors.As(err, &unknown):
		return nil, status.Error(codes.Unimplemented, err.Error())
	case err != nil:
		return nil, status.Error(codes.Unknown, fmt.Sprintf("invoking %s: %s", req.GetTok(), err))
	}
	out := properties(result, args)
	for k, v := range out {
		if v.IsNull() {
			delete(out, k)
		}
	}
	wire, err := toWire(conceal(out, args, nil))
	return &pulumirpc.InvokeResponse{Return: wire}, err
}

// failed returns an error of the provider in the words of the real one.
func failed(doing string, t *types.Type, name string, err error) error {
	code := codes.Unknown
	switch {
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		code = codes.DeadlineExceeded
	}
	return status.Error(code, fmt.Sprintf("%s %s (%s): %s", doing, t.Terraform, name, err))
}

// secretsOf lists the outputs that are secret whatever went into them.
func secretsOf(t *types.Type) []string {
	var out []string
	for name, p := range t.Properties {
		if p.Secret {
			out = append(out, name)
		}
	}
	return out
}

// packageOf returns "ec2" of "aws:ec2/vpc:Vpc".
func packageOf(token string) string {
	pkg, _, _ := strings.Cut(strings.TrimPrefix(token, "aws:"), "/")
	return pkg
}
