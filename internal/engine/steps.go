package engine

import (
	"net/url"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// converter turns the engine's events into ours.
type converter struct {
	plain plainer
}

// converter returns one that also hides the stack's secret configuration where
// the program copied it into something that is not marked secret.
func (op *operation) converter() converter {
	var secrets []string
	for _, v := range op.req.Config {
		if !v.Secure() {
			continue
		}
		if texts, err := v.SecureValues(op.secrets.Decrypter()); err == nil {
			secrets = append(secrets, texts...)
		}
	}
	return converter{newPlainer(secrets)}
}

// observe reports e when it is one of the events that we have a form for.
func (c converter) observe(e stamped, report func(Event)) {
	out := Event{Time: e.at}
	switch p := e.Payload().(type) {
	case engine.ResourcePreEventPayload:
		out.Step = c.step(StepPlanned, p.Metadata, p.Internal)
	case engine.ResourceOutputsEventPayload:
		out.Step = c.step(StepDone, p.Metadata, p.Internal)
	case engine.ResourceOperationFailedPayload:
		out.Step = c.step(StepFailed, p.Metadata, false)
	case engine.DiagEventPayload:
		if p.Ephemeral || p.Severity == diag.Error && generic.MatchString(plainText(p.Message)) {
			return // the operation's error says it
		}
		out.Diagnostic = &gitops.Diagnostic{
			Severity: string(p.Severity), URN: string(p.URN),
			Message: c.plain.text(strings.TrimPrefix(plainText(p.Prefix+p.Message), string(p.Severity)+": ")),
		}
	case engine.PolicyViolationEventPayload:
		out.Diagnostic = &gitops.Diagnostic{Severity: "error", URN: string(p.ResourceURN), Message: c.plain.text(plainText(p.Message))}
	case engine.ErrorEventPayload:
		out.Diagnostic = &gitops.Diagnostic{Severity: "error", Message: c.plain.text(p.Error)}
	case engine.SummaryEventPayload:
		out.Summary = &Summary{Changes: counts(p.ResourceChanges), Duration: p.Duration}
	default:
		return
	}
	report(out)
}

func (c converter) step(phase Phase, m engine.StepEventMetadata, internal bool) *Step {
	s := sidesOf(m)
	out := &Step{
		Phase: phase, Op: string(m.Op), URN: string(m.URN), Type: string(m.Type), Name: m.URN.Name(),
		Logical: m.Logical, Provider: m.Provider, Stack: m.Type == resource.RootStackType,
		Diff:      c.plain.diff(m, s),
		OldInputs: c.plain.object(s.oldInputs), NewInputs: c.plain.object(s.newInputs),
		OldOutputs: c.plain.object(s.oldOutputs), NewOutputs: c.plain.object(s.newOutputs),
	}
	out.Internal = internal || out.Stack
	out.Chosen, out.Needs = chosen(s.newInputs), needs(m.New)
	for _, k := range m.Keys {
		out.ReplaceKeys = append(out.ReplaceKeys, string(k))
	}
	slices.Sort(out.ReplaceKeys)
	for _, st := range []*engine.StepEventStateMetadata{m.New, m.Old} { // the newest word counts
		if st == nil {
			continue
		}
		out.Custom, out.Protect, out.Retain = st.Custom, st.Protect, st.RetainOnDelete
		out.ID, out.Parent = string(st.ID), string(st.Parent)
		if out.ID == "" && m.Old != nil {
			out.ID = string(m.Old.ID)
		}
		if st.State != nil {
			out.Source = position(st.State.SourcePosition)
			for _, f := range st.State.StackTrace {
				if at := position(f.SourcePosition); at != "" {
					out.Trace = append(out.Trace, at)
				}
			}
		}
		break
	}
	return out
}

// chosen reads which inputs the provider chose itself: bridged providers, such
// as pulumi-aws, list them under this key.
func chosen(inputs resource.PropertyMap) []string {
	list := inputs["__defaults"]
	if !list.IsArray() {
		return nil
	}
	var out []string
	for _, v := range list.ArrayValue() {
		if v.IsString() {
			out = append(out, v.StringValue())
		}
	}
	return out
}

// needs lists what the inputs of a resource come from.
func needs(st *engine.StepEventStateMetadata) map[string][]string {
	if st == nil || st.State == nil {
		return nil
	}
	var out map[string][]string
	for key, urns := range st.State.PropertyDependencies {
		for _, urn := range urns {
			if out == nil {
				out = map[string][]string{}
			}
			out[string(key)] = append(out[string(key)], string(urn))
		}
	}
	return out
}

// position turns Pulumi's "project:///path#line,column" into "path:line". The
// compiler recorded an import path where the program was built with -trimpath;
// Pulumi made it relative to the project, which is undone here.
func position(raw string) string {
	u, err := url.Parse(raw)
	if raw == "" || err != nil {
		return ""
	}
	path := strings.TrimLeft(u.Path, "/")
	for strings.HasPrefix(path, "../") {
		path = strings.TrimPrefix(path, "../")
	}
	line, _, _ := strings.Cut(u.Fragment, ",")
	if line == "" {
		return path
	}
	return path + ":" + line
}

// plainText takes Pulumi's colour marks off a message.
func plainText(s string) string { return strings.TrimRight(colors.Never.Colorize(s), "\n") }
