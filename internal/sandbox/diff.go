package sandbox

import (
	"context"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/sandbox/aws"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// Diff implements pulumirpc.ResourceProviderServer: which inputs differ from what
// the cloud was last asked for, and which of them need a new resource.
func (s *Server) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	t, err := s.typeOf(req.GetUrn())
	if err != nil {
		return nil, err
	}
	sides := make([]resource.PropertyMap, 3)
	for i, wire := range []*structpb.Struct{req.GetOlds(), req.GetOldInputs(), req.GetNews()} {
		if sides[i], err = fromWire(wire); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
	}
	state, olds, news := sides[0], sides[1], sides[2]
	for _, path := range req.GetIgnoreChanges() {
		if p, err := resource.ParsePropertyPath(path); err == nil {
			p.Reset(olds, news)
		}
	}
	d := compare(t, plain(state), plain(olds), plain(news))
	if t.Name != nil && wasFilled(news, t.Name.Property) && d.changed[t.Name.Property+"Prefix"] {
		d.forget(t.Name.Property) // the name changes because its prefix does
	}
	out := d.response()
	if t.Name != nil && len(out.Replaces) > 0 && !slices.Contains(out.Replaces, t.Name.Property) && !wasFilled(news, t.Name.Property) {
		out.DeleteBeforeReplace = true // two resources cannot have the name that the program chose
	}
	return out, nil
}

// difference collects what differs, by property path.
type difference struct {
	news    aws.Object
	changes map[string]*pulumirpc.PropertyDiff
	// replaces holds the top-level properties that need a new resource.
	changed, replaces map[string]bool
}

// compare finds the difference between the old and the new inputs. state is what
// the resource became: an input that is new but says what already is does not
// differ.
func compare(t *types.Type, state, olds, news aws.Object) *difference {
	d := &difference{news: news, changes: map[string]*pulumirpc.PropertyDiff{}, changed: map[string]bool{}, replaces: map[string]bool{}}
	before := maps.Clone(olds)
	for k := range news {
		if _, ok := before[k]; !ok && state[k] != nil {
			before[k] = state[k]
		}
	}
	fields := t.Properties
	if p := fields["tagsAll"]; p != nil && p.In == "" { // no input of the program, but of the provider
		fields = maps.Clone(fields)
		fields["tagsAll"] = &types.Property{Kind: types.Map, Of: p.Of, In: "optional"}
	}
	d.fields(fields, before, news, nil, false)
	return d
}

func (d *difference) fields(fields map[string]*types.Property, olds, news map[string]any, path resource.PropertyPath, replace bool) {
	for name, p := range fields {
		if !p.Input() {
			continue
		}
		old, had := olds[name]
		now, has := news[name]
		if now == "" && p.Computed {
			has = false // an empty text leaves the choice to AWS
		}
		if !has && (p.Computed || (p.Default != nil && equal(p, old, p.Default)) || isZero(old) && p.Default == nil) {
			continue // left to AWS, or back to what it is anyway
		}
		if !had && isZero(now) && p.Default == nil {
			continue // nothing, said aloud
		}
		if had || has {
			d.value(p, old, now, append(slices.Clip(path), name), replace || p.Replace || (p.ReplaceIf != "" && d.news.Flag(p.ReplaceIf)))
		}
	}
}

func (d *difference) value(p *types.Property, old, now any, path resource.PropertyPath, replace bool) {
	if equal(p, old, now) {
		return
	}
	if old != nil && now != nil && p != nil {
		switch p.Kind {
		case types.Object:
			o, ok1 := old.(map[string]any)
			n, ok2 := now.(map[string]any)
			if ok1 && ok2 {
				d.fields(p.Fields, o, n, path, replace)
				return
			}
		case types.Map:
			o, ok1 := old.(map[string]any)
			n, ok2 := now.(map[string]any)
			if ok1 && ok2 {
				d.entries(p.Of, o, n, path, replace)
				return
			}
		case types.List, types.Set:
			o, ok1 := old.([]any)
			n, ok2 := now.([]any)
			if ok1 && ok2 {
				d.elements(p, o, n, path, replace)
				return
			}
		}
	}
	d.add(path, old, now, replace || forces(p, old) || forces(p, now))
}

func (d *difference) entries(of *types.Property, olds, news map[string]any, path resource.PropertyPath, replace bool) {
	keys := maps.Clone(olds)
	maps.Copy(keys, news)
	for k := range keys {
		d.value(of, olds[k], news[k], append(slices.Clip(path), k), replace)
	}
}

// elements compares two lists by position. In sets, equal elements pair up
// wherever they are.
func (d *difference) elements(p *types.Property, olds, news []any, path resource.PropertyPath, replace bool) {
	var unmatched []int // of news
	left := make([]int, 0, len(olds))
	for i := range olds {
		left = append(left, i)
	}
	for i, n := range news {
		j := slices.IndexFunc(left, func(j int) bool { return p.Kind == types.Set && equal(p.Of, olds[j], n) })
		if j >= 0 {
			left = slices.Delete(left, j, j+1)
			continue
		}
		unmatched = append(unmatched, i)
	}
	for k := range max(len(left), len(unmatched)) {
		switch {
		case k >= len(left):
			d.add(append(slices.Clip(path), unmatched[k]), nil, news[unmatched[k]], replace || forces(p.Of, news[unmatched[k]]))
		case k >= len(unmatched):
			d.add(append(slices.Clip(path), left[k]), olds[left[k]], nil, replace || forces(p.Of, olds[left[k]]))
		default:
			// another element of a set is one less and one more
			other := p.Kind == types.Set && (forces(p.Of, olds[left[k]]) || forces(p.Of, news[unmatched[k]]))
			d.value(p.Of, olds[left[k]], news[unmatched[k]], append(slices.Clip(path), unmatched[k]), replace || other)
		}
	}
}

// forces tells whether adding or removing an object, or a list of objects, needs
// a new resource: a property that does is in it.
func forces(p *types.Property, v any) bool {
	if p == nil {
		return false
	}
	switch v := v.(type) {
	case map[string]any:
		for name, f := range p.Fields {
			if in, given := v[name]; given && f.Input() && (f.Replace || forces(f, in)) || !given && f.Replace && f.Default != nil {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return forces(p.Of, e) })
	}
	return false
}

func (d *difference) add(path resource.PropertyPath, old, now any, replace bool) {
	kind := pulumirpc.PropertyDiff_UPDATE
	switch {
	case old == nil:
		kind = pulumirpc.PropertyDiff_ADD
	case now == nil:
		kind = pulumirpc.PropertyDiff_DELETE
	}
	top, _ := path[0].(string)
	d.changed[top] = true
	if replace {
		kind++ // each kind is followed by its replacing form
		d.replaces[top] = true
	}
	d.changes[path.String()] = &pulumirpc.PropertyDiff{Kind: kind, InputDiff: true}
}

// forget takes a top-level property out of the difference.
func (d *difference) forget(name string) {
	delete(d.changed, name)
	delete(d.replaces, name)
	delete(d.changes, name)
}

func (d *difference) response() *pulumirpc.DiffResponse {
	out := &pulumirpc.DiffResponse{
		Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: d.changes,
		Diffs: slices.Sorted(maps.Keys(d.changed)), Replaces: slices.Sorted(maps.Keys(d.replaces)),
	}
	if len(d.changes) > 0 {
		out.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	return out
}

// unchanged compares configurations as a whole.
func unchanged(old, now *structpb.Struct) (*pulumirpc.DiffResponse, error) {
	if proto.Equal(old, now) {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}, nil
}
