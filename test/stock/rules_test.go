package stock

import (
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

func seen(facts ...Fact) []Observation { return []Observation{{Step: "1 up", Facts: facts}} }

func TestADifferenceIsFoundWithTheLinesOfBothSides(t *testing.T) {
	t.Parallel()
	diffs := Compare("embedded", "p", seen(Fact{"stdout", "a\nb\nc"}), seen(Fact{"stdout", "a\nB\nc"}), NewPurpose(nil))
	if len(diffs) != 1 || diffs[0].Diff != "- b\n+ B\n" || diffs[0].Fact != "stdout" {
		t.Errorf("got %+v", diffs)
	}
}

func TestAFactThatOneSideLacksIsADifference(t *testing.T) {
	t.Parallel()
	diffs := Compare("embedded", "p", seen(Fact{"stderr of up", "warning"}), seen(), NewPurpose(nil))
	if len(diffs) != 1 || !strings.Contains(diffs[0].Diff, "- warning") {
		t.Errorf("got %+v", diffs)
	}
	if diffs = Compare("embedded", "p", append(seen(), seen()...), seen(), NewPurpose(nil)); len(diffs) != 1 || diffs[0].Fact != "steps" {
		t.Errorf("got %+v", diffs)
	}
}

func TestADeliberateDifferenceIsTakenOutAndOthersAreNot(t *testing.T) {
	t.Parallel()
	on := NewPurpose([]Deliberate{
		{Where: "p/up/stdout", Stock: regexp.MustCompile("^file"), Ours: regexp.MustCompile("^lease"), Reason: "leases"},
		{Where: "q/up/stdout", Stock: regexp.MustCompile("."), Reason: "never met"},
	})
	diffs := Compare("embedded", "p", seen(Fact{"stdout", "same\nfile x"}), seen(Fact{"stdout", "same\nlease y"}), on)
	if len(diffs) != 1 || diffs[0].Excuse != "leases" || diffs[0].Diff != "" {
		t.Errorf("got %+v", diffs)
	}
	diffs = Compare("embedded", "p", seen(Fact{"stdout", "same\nfile x\nmore"}), seen(Fact{"stdout", "same\nlease y"}), on)
	if len(diffs) != 1 || diffs[0].Excuse != "" || diffs[0].Diff != "- more\n" {
		t.Errorf("got %+v", diffs)
	}
	if unmet := on.Unmet(); len(unmet) != 1 || unmet[0].Reason != "never met" {
		t.Errorf("unmet: %+v", unmet)
	}
}

func TestNoiseOfEveryRunIsBlanked(t *testing.T) {
	t.Parallel()
	w := &World{home: "/tmp/x1"}
	got := w.clean("/tmp/x1/work 127.0.0.1:4711 5ec4bd51-19b5-4a37-a36b-7b81e9d9e9a1 2026-01-02T03:04:05.678Z (0.25s) Duration: 3s pid 12")
	if want := "HOME/work ADDRESS UUID TIME (TIME) Duration: TIME pid N"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRowsOfParallelStepsAreSortedAndTheRestIsNot(t *testing.T) {
	t.Parallel()
	got := rows("Updating\n + b create \n + a create\n\nDiagnostics:\n  b:\n    two\n\n  a:\n    one\n\nOutputs:\n    z: 1\n    y: 2\n")
	want := " + a create\n + b create\nUpdating\nDiagnostics:\n  a:\n    one\n\n  b:\n    two\nOutputs:\n    z: 1\n    y: 2\n"
	if got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

func TestAnExportedStateIsShownWithoutTimesSaltsAndOrder(t *testing.T) {
	t.Parallel()
	a := deployment(apitype.UntypedDeployment{Version: 3, Deployment: []byte(`{"manifest":{"time":"1","magic":"x","version":"v"},
		"secrets_providers":{"type":"passphrase","state":{"salt":"1"}},"resources":[{"urn":"b","created":"1"},{"urn":"a"}]}`)})
	b := deployment(apitype.UntypedDeployment{Version: 3, Deployment: []byte(`{"manifest":{"time":"2","magic":"y","version":"v"},
		"secrets_providers":{"type":"passphrase","state":{"salt":"2"}},"resources":[{"urn":"a"},{"urn":"b","created":"2"}]}`)})
	if a != b {
		t.Errorf("they differ:\n%s\n%s", a, b)
	}
	if !strings.Contains(a, `"created": "TIME"`) || !strings.Contains(a, `secrets provider {"state":{"salt":"SALT"},"type":"passphrase"}`) {
		t.Errorf("something is missing:\n%s", a)
	}
}
