package automation_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// policyPack is the name under which the test binary is a policy pack.
const policyPack = "rules"

// rules is a policy pack with one policy: a word that no value may be. The word
// is "forbidden", or the setting of the policy.
type rules struct {
	pulumirpc.UnimplementedAnalyzerServer
	word string
}

func policies() int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 1
	}
	s := grpc.NewServer()
	pulumirpc.RegisterAnalyzerServer(s, &rules{word: "forbidden"})
	fmt.Println(l.Addr().(*net.TCPAddr).Port) // how a plugin says where it is
	if s.Serve(l) != nil {
		return 1
	}
	return 0
}

func (*rules) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (*rules) Handshake(context.Context, *pulumirpc.AnalyzerHandshakeRequest) (*pulumirpc.AnalyzerHandshakeResponse, error) {
	return &pulumirpc.AnalyzerHandshakeResponse{}, nil
}

func (*rules) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	return &pulumirpc.AnalyzerInfo{
		Name: policyPack, Version: "1.0.0", SupportsConfig: true,
		Policies: []*pulumirpc.PolicyInfo{{
			Name: "no-bad-words", EnforcementLevel: pulumirpc.EnforcementLevel_MANDATORY,
			ConfigSchema: &pulumirpc.PolicyConfigSchema{Properties: properties(map[string]any{"word": map[string]any{"type": "string"}})},
		}},
	}, nil
}

func properties(m map[string]any) *structpb.Struct {
	s, err := structpb.NewStruct(m)
	if err != nil {
		panic(err)
	}
	return s
}

func (r *rules) Configure(_ context.Context, in *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	if w := in.GetPolicyConfig()["no-bad-words"].GetProperties().GetFields()["word"].GetStringValue(); w != "" {
		r.word = w
	}
	return &emptypb.Empty{}, nil
}

func (r *rules) Analyze(_ context.Context, in *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	if in.GetProperties().GetFields()["value"].GetStringValue() != r.word {
		return &pulumirpc.AnalyzeResponse{}, nil
	}
	return &pulumirpc.AnalyzeResponse{Diagnostics: []*pulumirpc.AnalyzeDiagnostic{{
		PolicyName: "no-bad-words", PolicyPackName: policyPack, PolicyPackVersion: "1.0.0", Urn: in.GetUrn(),
		Message: "the value is a bad word", EnforcementLevel: pulumirpc.EnforcementLevel_MANDATORY,
	}}}, nil
}

func (*rules) AnalyzeStack(context.Context, *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	return &pulumirpc.AnalyzeResponse{}, nil
}

func (*rules) Remediate(context.Context, *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	return &pulumirpc.RemediateResponse{}, nil
}

func (*rules) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func TestPolicyPacksDecideWhatMayHappen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	self, err := os.Executable()
	w.must(err)
	pack := filepath.Join(t.TempDir(), policyPack)
	w.must(os.Symlink(self, pack))
	s := w.stack("dev", things("forbidden", "one"), auto.EnvVars(map[string]string{"PATH": os.Getenv("PATH")}))
	pre, err := s.Preview(t.Context(), optpreview.PolicyPacks(pack))
	if err == nil || !strings.Contains(err.Error(), "code: 1") || !strings.Contains(err.Error(), "the value is a bad word") {
		t.Errorf("preview: %v\n%s", err, pre.StdOut)
	}
	w.wantKind("dev", gitops.Violated)
	if _, err := s.Up(t.Context(), optup.PolicyPacks(pack)); err == nil || len(w.cloud.Things()) != 0 {
		t.Errorf("up: %v, made %v", err, w.cloud.Things())
	}
	settings := filepath.Join(t.TempDir(), "rules.json")
	raw, err := json.Marshal(map[string]any{"no-bad-words": map[string]any{"enforcementLevel": "mandatory", "word": "other"}})
	w.must(err)
	w.must(os.WriteFile(settings, raw, 0o600))
	if _, err := s.Up(t.Context(), optup.PolicyPacks(pack), optup.PolicyPackConfigs(settings)); err != nil {
		t.Errorf("with another word: %v", err)
	}
	if _, err := s.Up(t.Context(), optup.PolicyPacks(filepath.Join(w.home, "none"))); err == nil || !strings.Contains(err.Error(), "none") {
		t.Errorf("a pack that is not there: %v", err)
	}
}
