package ci

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// SummaryLimit is how many bytes of Markdown one step of GitHub Actions may add to
// its summary.
const SummaryLimit = 1 << 20

// Outputs is the text to append to Context.Outputs, so that later steps of the
// job can use the values. delimiter gives random words; names are letters, digits,
// - and _. No value can end itself and begin another output.
func Outputs(values map[string]string, delimiter func() string) (string, error) {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			return "", gitops.Errorf(gitops.Bug, "%q cannot be the name of an output", name)
		}
		value := lines(values[name])
		end := "trunkline_" + delimiter()
		if strings.Contains(value, end) {
			return "", gitops.Errorf(gitops.Failed, "the output %s has the word in it that is to end it", name)
		}
		fmt.Fprintf(&b, "%s<<%s\n%s\n%s\n", name, end, value, end)
	}
	return b.String(), nil
}

// PlanReport is GitLab's report of changes to infrastructure, which the page of a
// merge request shows (artifacts:reports:terraform). It has counts alone: guests
// may read it. A replacement deletes and creates.
func PlanReport(s gitops.Summary) []byte {
	text, err := json.Marshal(struct {
		Create int `json:"create"`
		Update int `json:"update"`
		Delete int `json:"delete"`
	}{s.Create + s.Replace, s.Update, s.Delete + s.Replace})
	if err != nil { // three numbers
		return []byte(err.Error())
	}
	return append(text, '\n')
}

type testSuite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Cases    []testCase `xml:"testcase"`
}

type testCase struct {
	Class   string   `xml:"classname,attr"`
	Name    string   `xml:"name,attr"`
	Time    string   `xml:"time,attr"`
	Failure *finding `xml:"failure,omitempty"`
	Error   *finding `xml:"error,omitempty"`
	Skipped *finding `xml:"skipped,omitempty"`
	Out     string   `xml:"system-out,omitempty"`
}

type finding struct {
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit is a report that CI systems show as tests: each stack is one, of a class
// named like its environment. A run that failed is an error, a violation that
// blocks is a failure, one that did not happen is skipped. Violations of no stack
// are a test of the class "policies".
func JUnit(results []gitops.RunResult, violations []gitops.Violation) ([]byte, error) {
	s := testSuite{Name: "trunkline"}
	total := 0.0
	for _, r := range results {
		total += r.Took.Seconds()
		s.add(caseOf(r, violations))
	}
	s.Time = fmt.Sprintf("%.3f", total)
	for _, v := range violations {
		if v.Stack == (gitops.StackID{}) {
			s.add(testCase{Class: "policies", Name: visible(v.Policy), Time: "0.000", Failure: blocking([]gitops.Violation{v}, v.Stack)})
		}
	}
	text, err := xml.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, gitops.Errorf(gitops.Bug, "cannot write the report: %w", err)
	}
	return append([]byte(xml.Header), append(text, '\n')...), nil
}

func (s *testSuite) add(c testCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	for _, count := range []struct {
		f *finding
		n *int
	}{{c.Failure, &s.Failures}, {c.Error, &s.Errors}, {c.Skipped, &s.Skipped}} {
		if count.f != nil {
			*count.n++
			return
		}
	}
}

func caseOf(r gitops.RunResult, violations []gitops.Violation) testCase {
	c := testCase{Class: visible(r.Stack.Environment), Name: visible(r.Stack.Name), Time: fmt.Sprintf("%.3f", r.Took.Seconds()), Out: counts(r.Changes.Summary())}
	switch r.State {
	case gitops.RunSucceeded:
		c.Failure = blocking(violations, r.Stack)
	case gitops.RunSkipped:
		c.Skipped = &finding{Message: visible(r.Skipped)}
	default:
		c.Error = failure(r)
	}
	return c
}

func failure(r gitops.RunResult) *finding {
	f := &finding{Message: string(r.State)}
	if r.Err != nil {
		first, _, _ := strings.Cut(r.Err.Error(), "\n")
		f.Message = visible(first)
	}
	var text []string
	for _, d := range r.Diagnostics {
		if d.Severity == "error" {
			text = append(text, lines(d.Message))
		}
	}
	f.Text = strings.Join(text, "\n")
	return f
}

// blocking lists what blocks a stack, nil when nothing does.
func blocking(violations []gitops.Violation, id gitops.StackID) *finding {
	var text []string
	for _, v := range violations {
		if v.Stack == id && v.Blocks() {
			text = append(text, lines(strings.Join(compact(v.Source, v.Policy, v.Name, v.Message), ": ")))
		}
	}
	if len(text) == 0 {
		return nil
	}
	return &finding{Message: text[0], Text: strings.Join(text, "\n")}
}

func counts(s gitops.Summary) string {
	return fmt.Sprintf("%d to create, %d to update, %d to replace, %d to delete, %d the same", s.Create, s.Update, s.Replace, s.Delete, s.Same)
}
