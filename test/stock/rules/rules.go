// Package rules is a policy pack for tests: a program that the engine starts,
// and that speaks Pulumi's Analyzer protocol.
package rules

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// Serve serves the pack as a plugin until the process ends. It tells its port
// on w, as a plugin does on its stdout.
func Serve(w io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := grpc.NewServer()
	pulumirpc.RegisterAnalyzerServer(s, pack{})
	if _, err := fmt.Fprintln(w, l.Addr().(*net.TCPAddr).Port); err != nil {
		return err
	}
	return s.Serve(l)
}

// WordVar is a variable that the pack repeats in its findings: it shows which
// environment the pack was started with.
const WordVar = "STOCK_POLICY_WORD"

// pack refuses the value "forbidden", frowns on "frowned" and mends "mend".
type pack struct {
	pulumirpc.UnimplementedAnalyzerServer
}

var (
	mandatory = &pulumirpc.PolicyInfo{
		Name: "no-forbidden", Description: "forbidden values", Message: "do not",
		EnforcementLevel: pulumirpc.EnforcementLevel_MANDATORY,
	}
	advisory = &pulumirpc.PolicyInfo{
		Name: "no-frowned", Description: "frowned values", Message: "rather not",
		EnforcementLevel: pulumirpc.EnforcementLevel_ADVISORY,
	}
	remedy = &pulumirpc.PolicyInfo{
		Name: "mended", Description: "mended values", Message: "mended", EnforcementLevel: pulumirpc.EnforcementLevel_REMEDIATE,
	}
)

// GetAnalyzerInfo implements the protocol.
func (pack) GetAnalyzerInfo(context.Context, *emptypb.Empty) (*pulumirpc.AnalyzerInfo, error) {
	return &pulumirpc.AnalyzerInfo{
		Name: "rules", DisplayName: "Rules", Version: "1.2.3", SupportsConfig: true,
		Policies: []*pulumirpc.PolicyInfo{mandatory, advisory, remedy},
	}, nil
}

// GetPluginInfo implements the protocol.
func (pack) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.2.3"}, nil
}

// Configure implements the protocol. The engine tells which policies are off.
func (pack) Configure(context.Context, *pulumirpc.ConfigureAnalyzerRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Analyze implements the protocol.
func (pack) Analyze(_ context.Context, r *pulumirpc.AnalyzeRequest) (*pulumirpc.AnalyzeResponse, error) {
	out := &pulumirpc.AnalyzeResponse{}
	rule := map[string]*pulumirpc.PolicyInfo{"forbidden": mandatory, "frowned": advisory}[r.GetProperties().GetFields()["value"].GetStringValue()]
	if rule != nil {
		found := finding(rule, r.GetUrn())
		found.Message += ", " + os.Getenv(WordVar)
		out.Diagnostics = append(out.Diagnostics, found)
	}
	return out, nil
}

// AnalyzeStack implements the protocol. More than three things are too many.
func (pack) AnalyzeStack(_ context.Context, r *pulumirpc.AnalyzeStackRequest) (*pulumirpc.AnalyzeResponse, error) {
	out := &pulumirpc.AnalyzeResponse{}
	n := 0
	for _, res := range r.GetResources() {
		if res.GetType() == "test:index:Thing" {
			n++
		}
	}
	if n > 3 {
		out.Diagnostics = append(out.Diagnostics, finding(mandatory, ""))
	}
	return out, nil
}

func finding(rule *pulumirpc.PolicyInfo, urn string) *pulumirpc.AnalyzeDiagnostic {
	return &pulumirpc.AnalyzeDiagnostic{
		PolicyName: rule.GetName(), PolicyPackName: "rules", PolicyPackVersion: "1.2.3", Description: rule.GetDescription(),
		Message: rule.GetMessage(), EnforcementLevel: rule.GetEnforcementLevel(), Urn: urn,
	}
}

// Remediate implements the protocol.
func (pack) Remediate(_ context.Context, r *pulumirpc.AnalyzeRequest) (*pulumirpc.RemediateResponse, error) {
	if r.GetProperties().GetFields()["value"].GetStringValue() != "mend" {
		return &pulumirpc.RemediateResponse{}, nil
	}
	fields := r.GetProperties()
	fields.Fields["value"] = structpb.NewStringValue("mended")
	return &pulumirpc.RemediateResponse{Remediations: []*pulumirpc.Remediation{{
		PolicyName: remedy.GetName(), PolicyPackName: "rules", PolicyPackVersion: "1.2.3", Description: remedy.GetDescription(), Properties: fields,
	}}}, nil
}
