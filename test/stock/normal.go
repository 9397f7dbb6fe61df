package stock

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

// what differs between any two runs, also of the same side
var noise = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), "UUID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "ADDRESS"},
	{regexp.MustCompile(`\(\d+(\.\d+)?s\)`), "(TIME)"},
	{regexp.MustCompile(`Duration: \d+\w*`), "Duration: TIME"},
	{regexp.MustCompile(`v1:[A-Za-z0-9+/=]+:[A-Za-z0-9+/=]+`), "CIPHERTEXT"},
	{regexp.MustCompile(`(?m)^ *"pulumi\.env\.PULUMI_DEBUG_PROVIDERS".*\n`), ""},                // one side has the provider in its process
	{regexp.MustCompile(`(?m)^ *"pulumi\.env\.PULUMI_(DEV|GOROUTINE_PANIC_RECOVERY)".*\n`), ""}, // of an engine in the same process
	{regexp.MustCompile(`(?m)^@ .*\.\.\.\.*\n`), ""},                                            // the display's sign of life
	{regexp.MustCompile(`pulumi-import-\d+`), "pulumi-import-N"},
	{regexp.MustCompile(`\bpid \d+`), "pid N"},
	{regexp.MustCompile(`(file|sqlite)://HOME/(state\.db|state)`), "BACKEND"},
}

var saltPattern = regexp.MustCompile(`encryptionsalt: \S+`)

// clean replaces what differs between any two runs.
func (w *World) clean(s string) string {
	s = strings.ReplaceAll(s, filepath.ToSlash(w.home), "HOME")
	for _, n := range noise {
		s = n.pattern.ReplaceAllString(s, n.instead)
	}
	return s
}

// heads start the parts of the display after the rows of resources.
var heads = regexp.MustCompile(`^(Diagnostics|Outputs|Resources|Policies|Duration|Permalink|View Live|View in Browser)`)

// rows sorts the rows of resources in a display: parallel steps come in any
// order, and so do the diagnostics of several resources. The other parts keep
// their order; blank ends of lines are cut.
func rows(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	end := slices.IndexFunc(lines, heads.MatchString)
	if end < 0 {
		end = len(lines)
	}
	head := slices.DeleteFunc(slices.Clone(lines[:end]), func(l string) bool { return l == "" })
	slices.Sort(head)
	rest := strings.Join(lines[end:], "\n")
	if from := strings.Index(rest, "Diagnostics:\n"); from >= 0 {
		if n := sections.FindStringIndex(rest[from:]); n != nil {
			diags := strings.Split(strings.TrimSpace(rest[from:from+n[0]]), "\n\n")
			for i := range diags {
				diags[i] = strings.TrimPrefix(diags[i], "Diagnostics:\n")
			}
			slices.Sort(diags)
			rest = rest[:from] + "Diagnostics:\n" + strings.Join(diags, "\n\n") + rest[from+n[0]:]
		}
	}
	return strings.Join(append(head, rest), "\n")
}

// sections end the diagnostics.
var sections = regexp.MustCompile(`\n(Outputs|Resources|Policies|Duration)`)

// eventLines renders events, one a line, sorted: those of parallel steps come in
// any order.
func eventLines(all []events.EngineEvent) string {
	lines := []string{}
	for _, e := range all {
		lines = append(lines, eventLine(e))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func eventLine(e events.EngineEvent) string {
	if e.Error != nil {
		return "broken stream: " + e.Error.Error()
	}
	e.Sequence, e.Timestamp = 0, 0
	if d := e.DiagnosticEvent; d != nil {
		c := *d
		c.StreamID = 0
		e.DiagnosticEvent = &c
	}
	if s := e.SummaryEvent; s != nil {
		c := *s
		c.DurationSeconds = 0
		e.SummaryEvent = &c
	}
	for _, m := range []*apitype.StepEventMetadata{stepOf(e)} {
		if m != nil {
			slices.Sort(m.Keys)
			slices.Sort(m.Diffs)
		}
	}
	b, err := json.Marshal(e.EngineEvent)
	if err != nil {
		return err.Error()
	}
	return strings.TrimPrefix(string(b), `{"sequence":0,"timestamp":0,`)
}

func stepOf(e events.EngineEvent) *apitype.StepEventMetadata {
	switch {
	case e.ResourcePreEvent != nil:
		return &e.ResourcePreEvent.Metadata
	case e.ResOutputsEvent != nil:
		return &e.ResOutputsEvent.Metadata
	case e.ResOpFailedEvent != nil:
		return &e.ResOpFailedEvent.Metadata
	}
	return nil
}

// deployment renders an exported state without times, salts and the order of
// resources, which parallel creates decide.
func deployment(d apitype.UntypedDeployment) string {
	var v map[string]any
	if err := json.Unmarshal(d.Deployment, &v); err != nil {
		return fmt.Sprintf("version %d, %v", d.Version, err)
	}
	if m, ok := v["manifest"].(map[string]any); ok {
		delete(m, "time")
		delete(m, "magic")
	}
	if p, ok := v["secrets_providers"].(map[string]any); ok {
		if s, ok := p["state"].(map[string]any); ok && s["salt"] != nil {
			s["salt"] = "SALT"
		}
	}
	list, _ := v["resources"].([]any)
	for _, r := range list {
		if m, ok := r.(map[string]any); ok {
			if d, ok := m["dependencies"].([]any); ok {
				slices.SortFunc(d, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
			}
			for _, key := range []string{"created", "modified"} {
				if m[key] != nil {
					m[key] = "TIME"
				}
			}
		}
	}
	slices.SortStableFunc(list, func(a, b any) int { return strings.Compare(identity(a), identity(b)) })
	provider, err := json.Marshal(v["secrets_providers"])
	if err != nil {
		return err.Error()
	}
	delete(v, "secrets_providers")
	return fmt.Sprintf("version %d features %v\nsecrets provider %s\n%s", d.Version, d.Features, provider, lines(v))
}

// identity tells resources of a state apart without what differs between runs:
// the ID of a provider is random.
func identity(resource any) string {
	m, _ := resource.(map[string]any)
	if strings.Contains(fmt.Sprint(m["type"]), "pulumi:providers:") {
		return fmt.Sprint(m["urn"], m["delete"], m["inputs"])
	}
	return fmt.Sprint(m["urn"], m["delete"], m["id"])
}

// lines renders a value as JSON without commas, so that a line that one side
// lacks is one line of difference.
func lines(v any) string {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "cannot be shown: " + err.Error()
	}
	return strings.ReplaceAll(string(b), ",\n", "\n")
}
