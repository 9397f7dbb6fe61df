package recorder

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/trunkline-dev/trunkline/internal/record"
	"github.com/trunkline-dev/trunkline/internal/sandbox/types"
)

// monitor answers the program of one stack. The program is not trusted: it may
// call from any number of goroutines, anything and at any time.
type monitor struct {
	pulumirpc.UnimplementedResourceMonitorServer
	req    Request
	limits Limits
	types  *types.Catalog
	files  *files

	mu        sync.Mutex
	rec       record.Recording
	resources map[string]*record.Resource // by URN
	providers map[string]string           // regions of explicit providers, by URN
	numbers   map[float64]string          // what a number that was made up stands for
	calls     int
	bytes     int
}

func newMonitor(req Request, limits Limits, known *types.Catalog) *monitor {
	return &monitor{
		req: req, limits: limits, types: known, files: openFiles(req.Root),
		rec:       record.Recording{Stack: req.Stack, Outputs: map[string]any{}},
		resources: map[string]*record.Resource{}, providers: map[string]string{},
		numbers: map[float64]string{},
	}
}

// recording returns what was written down, in an order that does not depend on
// the program's.
func (m *monitor) recording() record.Recording {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.files.close()
	out := m.rec
	out.Resources = make([]record.Resource, 0, len(m.resources))
	for _, r := range m.resources {
		out.Resources = append(out.Resources, *r)
	}
	slices.SortFunc(out.Resources, func(a, b record.Resource) int { return strings.Compare(a.URN, b.URN) })
	slices.Sort(out.Reads)
	out.Reads = slices.Compact(out.Reads)
	byCall := func(a, b record.Call) int { return strings.Compare(a.Function+a.Args, b.Function+b.Args) }
	slices.SortFunc(out.Assumed, byCall)
	out.Assumed = slices.Compact(out.Assumed)
	slices.SortStableFunc(out.Gaps, func(a, b record.Gap) int { return strings.Compare(a.String(), b.String()) })
	return out
}

// mostGaps is how many reasons are kept.
const mostGaps = 20

// gap writes down why the recording is not complete.
func (m *monitor) gap(what, where string) { m.miss(record.Gap{What: what, Where: where}) }

func (m *monitor) miss(g record.Gap) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.rec.Gaps) < mostGaps && !slices.Contains(m.rec.Gaps, g) {
		m.rec.Gaps = append(m.rec.Gaps, g)
	}
}

// failed writes down that the program failed, unless the reason is known.
func (m *monitor) failed(why string) {
	m.mu.Lock()
	known := len(m.rec.Gaps) > 0
	m.mu.Unlock()
	if !known {
		m.gap("the program failed: "+why, "")
	}
}

// refuse ends a call that is beyond the limits.
func (m *monitor) refuse(what string) error {
	m.gap(what, "")
	return status.Error(codes.ResourceExhausted, what)
}

// take counts a message.
func (m *monitor) take(msg proto.Message) error {
	m.mu.Lock()
	m.bytes += proto.Size(msg)
	over := m.bytes > m.limits.Bytes
	m.mu.Unlock()
	if over {
		return m.refuse(fmt.Sprintf("the program sends more than %d MiB", m.limits.Bytes>>20))
	}
	return nil
}

// urn names a registration as the engine does.
func (m *monitor) urn(parent, typ, name string) (string, error) {
	if name == "" || typ == "" {
		return "", status.Error(codes.InvalidArgument, "a resource needs a type and a name")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	above := tokens.Type("")
	if parent != "" {
		if _, ok := m.resources[parent]; !ok && !m.isStack(parent) {
			return "", status.Errorf(codes.InvalidArgument, "the parent %s is not registered", parent)
		}
		if !m.isStack(parent) {
			above = urn.URN(parent).QualifiedType()
		}
	}
	return string(urn.New(tokens.QName(m.req.Stack.PulumiName()), tokens.PackageName(m.req.Project), above, tokens.Type(typ), name)), nil
}

func (m *monitor) isStack(u string) bool { return u == m.stackURN() }

func (m *monitor) stackURN() string {
	stack := m.req.Stack.PulumiName()
	return string(urn.New(tokens.QName(stack), tokens.PackageName(m.req.Project), "", resource.RootStackType, m.req.Project+"-"+stack))
}

// keep writes a registration down.
func (m *monitor) keep(r *record.Resource) error {
	m.mu.Lock()
	over, twice := len(m.resources) >= m.limits.Resources, m.resources[r.URN] != nil
	if !over && !twice {
		m.resources[r.URN] = r
	}
	m.mu.Unlock()
	switch {
	case twice:
		m.gap(fmt.Sprintf("two resources of the type %s are called %s", r.Type, r.Name), r.Source)
		return status.Errorf(codes.AlreadyExists, "duplicate resource URN '%s'; try giving it a unique name", r.URN)
	case over:
		return m.refuse(fmt.Sprintf("the program registers more than %d resources", m.limits.Resources))
	}
	return nil
}

// SupportsFeature implements pulumirpc.ResourceMonitorServer for old programs.
func (m *monitor) SupportsFeature(context.Context, *pulumirpc.SupportsFeatureRequest) (*pulumirpc.SupportsFeatureResponse, error) {
	return &pulumirpc.SupportsFeatureResponse{HasSupport: true}, nil
}

// GetDeploymentInfo implements pulumirpc.ResourceMonitorServer.
func (m *monitor) GetDeploymentInfo(context.Context, *emptypb.Empty) (*pulumirpc.DeploymentInfo, error) {
	info := &pulumirpc.DeploymentInfo{
		Project: m.req.Project, Stack: m.req.Stack.PulumiName(), Organization: organization,
		Config: m.req.Config, ConfigSecretKeys: m.req.Secret, DryRun: true, Parallel: 16,
	}
	for _, f := range []pulumirpc.ResourceMonitorFeature{
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_SECRETS,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_DELETED_WITH,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_TRANSFORMS,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
		pulumirpc.ResourceMonitorFeature_RESOURCE_MONITOR_FEATURE_BYTE_STRING,
	} {
		info.SupportedFeatures = append(info.SupportedFeatures, f)
	}
	return info, nil
}

// RegisterStackTransform implements pulumirpc.ResourceMonitorServer. Transforms
// run in the program on behalf of an engine; a recording goes without.
func (m *monitor) RegisterStackTransform(context.Context, *pulumirpc.Callback) (*emptypb.Empty, error) {
	m.gap("the program changes its resources in a transform, which is not run", "")
	return &emptypb.Empty{}, nil
}

// RegisterStackInvokeTransform implements pulumirpc.ResourceMonitorServer.
func (m *monitor) RegisterStackInvokeTransform(ctx context.Context, cb *pulumirpc.Callback) (*emptypb.Empty, error) {
	return m.RegisterStackTransform(ctx, cb)
}

// RegisterResourceHook implements pulumirpc.ResourceMonitorServer. What a hook
// does is no registration, so it is not seen.
func (m *monitor) RegisterResourceHook(_ context.Context, req *pulumirpc.RegisterResourceHookRequest) (*emptypb.Empty, error) {
	m.gap(fmt.Sprintf("the program runs code beside its resources, in the hook %q", req.GetName()), "")
	return &emptypb.Empty{}, nil
}

// RegisterErrorHook implements pulumirpc.ResourceMonitorServer.
func (m *monitor) RegisterErrorHook(_ context.Context, req *pulumirpc.RegisterErrorHookRequest) (*emptypb.Empty, error) {
	m.gap(fmt.Sprintf("the program runs code beside its resources, in the hook %q", req.GetName()), "")
	return &emptypb.Empty{}, nil
}

// RegisterPackage implements pulumirpc.ResourceMonitorServer.
func (m *monitor) RegisterPackage(_ context.Context, req *pulumirpc.RegisterPackageRequest) (*pulumirpc.RegisterPackageResponse, error) {
	if err := m.take(req); err != nil {
		return nil, err
	}
	about, err := json.Marshal([]any{req.GetName(), req.GetVersion(), req.GetDownloadUrl(), req.GetParameterization(), req.GetExtension()})
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &pulumirpc.RegisterPackageResponse{Ref: record.Token("package", req.GetName(), string(about), "")}, nil
}

// SignalAndWaitForShutdown implements pulumirpc.ResourceMonitorServer.
func (m *monitor) SignalAndWaitForShutdown(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// quietEngine takes a program's log and does nothing with it.
type quietEngine struct {
	pulumirpc.UnimplementedEngineServer
}

// Log implements pulumirpc.EngineServer.
func (quietEngine) Log(context.Context, *pulumirpc.LogRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// RequirePulumiVersion implements pulumirpc.EngineServer.
func (quietEngine) RequirePulumiVersion(context.Context, *pulumirpc.RequirePulumiVersionRequest) (*pulumirpc.RequirePulumiVersionResponse, error) {
	return &pulumirpc.RequirePulumiVersionResponse{}, nil
}
