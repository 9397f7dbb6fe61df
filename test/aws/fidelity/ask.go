package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

// patience bounds the questions about one case.
const patience = 10 * time.Second

// ask asks every case of a type.
func (p *realProvider) ask(ctx context.Context, token string, cases *TypeCases) *Facts {
	f := &Facts{}
	urn := "urn:pulumi:dev::shop::" + token + "::x"
	for _, c := range cases.Changes {
		if err := p.change(ctx, urn, cases.Properties, &c); err != nil {
			c.Does, c.Error = "", short(err.Error())
		}
		f.Changes = append(f.Changes, c)
	}
	for _, o := range cases.Odd {
		asking, cancel := context.WithTimeout(ctx, patience)
		_, failures, err := p.check(asking, urn, nil, o.In)
		cancel()
		if err != nil {
			o.Error = short(err.Error())
		}
		o.Refused = failures
		f.Odd = append(f.Odd, o)
	}
	return f
}

func (p *realProvider) change(ctx context.Context, urn string, properties map[string]*Property, c *Change) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before, failures, err := p.check(ctx, urn, nil, c.Before)
	if err != nil || len(failures) > 0 {
		return refused("before", failures, err)
	}
	created, err := p.client.Create(ctx, &pulumirpc.CreateRequest{Urn: urn, Properties: before, Preview: true})
	if err != nil {
		return err
	}
	planned, err := plugin.UnmarshalProperties(created.GetProperties(), unmarshal)
	if err != nil {
		return err
	}
	state := known(planned, properties)
	state["id"] = resource.NewProperty("x-1")
	olds, err := plugin.MarshalProperties(state, marshal)
	if err != nil {
		return err
	}
	same, err := p.client.Diff(ctx, &pulumirpc.DiffRequest{Id: "x-1", Urn: urn, Olds: olds, OldInputs: before, News: before})
	if err != nil {
		return err
	}
	if wants := tops(same.GetDiffs()); len(wants) > 0 {
		return fmt.Errorf("what AWS would choose is a stand-in, and the provider wants another value of %s", strings.Join(wants, ", "))
	}
	after, failures, err := p.check(ctx, urn, before, c.After)
	if err != nil || len(failures) > 0 {
		return refused("after", failures, err)
	}
	d, err := p.client.Diff(ctx, &pulumirpc.DiffRequest{Id: "x-1", Urn: urn, Olds: olds, OldInputs: before, News: after})
	if err != nil {
		return err
	}
	for k := range state {
		if strings.HasPrefix(string(k), "__") {
			delete(state, k)
		}
	}
	c.State = state.Mappable()
	c.Diffs, c.Replaces = tops(d.GetDiffs()), tops(d.GetReplaces())
	switch {
	case len(c.Replaces) > 0:
		c.Does = "replace"
	case d.GetChanges() == pulumirpc.DiffResponse_DIFF_SOME:
		c.Does = "update"
	default:
		c.Does = "nothing"
	}
	return nil
}

// tops returns the properties of paths, each once, without those that the bridge
// keeps for itself.
func tops(paths []string) []string {
	var out []string
	for _, path := range paths {
		top := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })
		if len(top) > 0 && !strings.HasPrefix(top[0], "__") && top[0] != "tagsAll" {
			out = append(out, top[0])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (p *realProvider) check(ctx context.Context, urn string, olds *structpb.Struct, in map[string]any) (*structpb.Struct, []Failure, error) {
	news, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(in), marshal)
	if err != nil {
		return nil, nil, err
	}
	r, err := p.client.Check(ctx, &pulumirpc.CheckRequest{Urn: urn, Olds: olds, News: news, RandomSeed: []byte("seed")})
	if err != nil {
		return nil, nil, err
	}
	var failures []Failure
	for _, f := range r.GetFailures() {
		failures = append(failures, Failure{f.GetProperty(), short(f.GetReason())})
	}
	return r.GetInputs(), failures, nil
}

// short keeps the first words of a long complaint.
func short(s string) string {
	if r := []rune(s); len(r) > 300 {
		return string(r[:300]) + "…"
	}
	return s
}
