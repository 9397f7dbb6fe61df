package sandbox

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

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
	d.add(path, old, now, replace)
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
			d.add(append(slices.Clip(path), unmatched[k]), nil, news[unmatched[k]], replace || forces(p.Of))
		case k >= len(unmatched):
			d.add(append(slices.Clip(path), left[k]), olds[left[k]], nil, replace || forces(p.Of))
		default:
			d.value(p.Of, olds[left[k]], news[unmatched[k]], append(slices.Clip(path), unmatched[k]), replace)
		}
	}
}

// forces tells whether adding or removing an object needs a new resource: some
// of its properties do.
func forces(p *types.Property) bool {
	if p == nil || p.Kind != types.Object {
		return false
	}
	for _, f := range p.Fields {
		if f.Replace && f.Input() {
			return true
		}
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

// equal compares values as AWS does: the order of a set, the layout of a JSON
// document, and fields of objects that AWS fills in do not matter. An unknown
// value equals nothing.
func equal(p *types.Property, a, b any) bool {
	if p == nil {
		return reflect.DeepEqual(a, b)
	}
	switch p.Kind {
	case types.String, types.JSON:
		return a == b || sameDocument(a, b)
	case types.List, types.Set, types.Map:
		if isZero(a) && isZero(b) {
			return true
		}
	}
	if _, unknown := b.(aws.Unknown); unknown {
		return false
	}
	switch p.Kind {
	case types.Set:
		x, ok1 := a.([]any)
		y, ok2 := b.([]any)
		return ok1 && ok2 && sameSet(p.Of, x, y)
	case types.List:
		x, ok1 := a.([]any)
		y, ok2 := b.([]any)
		return ok1 && ok2 && slices.EqualFunc(x, y, func(v, w any) bool { return equal(p.Of, v, w) })
	case types.Object:
		x, ok1 := a.(map[string]any)
		y, ok2 := b.(map[string]any)
		if !ok1 || !ok2 {
			return a == nil && b == nil
		}
		d := &difference{changes: map[string]*pulumirpc.PropertyDiff{}, changed: map[string]bool{}, replaces: map[string]bool{}}
		d.fields(p.Fields, x, y, resource.PropertyPath{""}, false)
		return len(d.changes) == 0
	}
	return reflect.DeepEqual(a, b)
}

func sameSet(of *types.Property, a, b []any) bool {
	if len(a) != len(b) {
		return false
	}
	left := slices.Clone(a)
	for _, w := range b {
		i := slices.IndexFunc(left, func(v any) bool { return equal(of, v, w) })
		if i < 0 {
			return false
		}
		left = slices.Delete(left, i, i+1)
	}
	return true
}

// sameDocument tells whether both are JSON objects or lists that say the same.
func sameDocument(a, b any) bool {
	x, ok1 := parsed(a)
	y, ok2 := parsed(b)
	return ok1 && ok2 && reflect.DeepEqual(x, y)
}

func parsed(v any) (any, bool) {
	s, ok := v.(string)
	if !ok {
		_, object := v.(map[string]any)
		return v, object
	}
	if trimmed := strings.TrimSpace(s); !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		return nil, false
	}
	var out any
	err := json.Unmarshal([]byte(s), &out)
	return out, err == nil
}

func isZero(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case bool:
		return !v
	case float64:
		return v == 0
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// jsonText returns the canonical text of a plain value.
func jsonText(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // plain JSON values only, by construction
		return err.Error()
	}
	return string(b)
}

// unchanged compares configurations as a whole.
func unchanged(old, now *structpb.Struct) (*pulumirpc.DiffResponse, error) {
	if proto.Equal(old, now) {
		return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
	}
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_SOME}, nil
}
