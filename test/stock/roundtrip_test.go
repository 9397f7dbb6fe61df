package stock

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/trunkline-dev/trunkline/test/stock/cli"
)

// TestStateMovesToTheStockCLIAndBack exports a state with secrets from here,
// imports it there, and the other way round. On each side nothing changes.
func TestStateMovesToTheStockCLIAndBack(t *testing.T) {
	t.Parallel()
	root, err := cli.Root(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	for _, show := range []bool{false, true} {
		name := map[bool]string{false: "encrypted", true: "plain text"}[show]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := vault("hush")
			sides := []Side{Embedded(), Stock(root), Embedded(), Stock(root)}
			from := NewWorld(t, sides[0], Program{})
			made := stackOf(t, from, run)
			if _, err := made.Up(t.Context()); err != nil {
				t.Fatal(err)
			}
			want, err := made.Outputs(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, side := range sides[1:] {
				state := exported(t, from, show)
				to := NewWorld(t, side, Program{})
				s := stackOf(t, to, run)
				if err := s.Import(t.Context(), state); err != nil {
					t.Fatalf("%s → %s: %v", from.side.Name, side.Name, err)
				}
				if _, err := s.Preview(t.Context(), optpreview.ExpectNoChanges()); err != nil {
					t.Fatalf("%s → %s: %v", from.side.Name, side.Name, err)
				}
				got, err := s.Outputs(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("%s → %s, outputs: %s", from.side.Name, side.Name, diff)
				}
				from = to
			}
		})
	}
}

// TestAnImportedStateIsUpdatedWhereItCameTo goes on with a stack of the CLI here:
// with its secrets, and without making anything twice.
func TestAnImportedStateIsUpdatedWhereItCameTo(t *testing.T) {
	t.Parallel()
	root, err := cli.Root(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	there, here := NewWorld(t, Stock(root), Program{}), NewWorld(t, Embedded(), Program{})
	if _, err := stackOf(t, there, vault("hush")).Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := stackOf(t, here, vault("louder"))
	if err := s.Import(t.Context(), exported(t, there, false)); err != nil {
		t.Fatal(err)
	}
	for id, props := range there.Cloud.Things() {
		var m map[string]any
		if err := json.Unmarshal([]byte(props), &m); err != nil {
			t.Fatal(err)
		}
		if err := here.Cloud.Put(id, m); err != nil {
			t.Fatal(err)
		}
	}
	up, err := s.Up(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"same": 2, "update": 1}
	if diff := cmp.Diff(want, *up.Summary.ResourceChanges); diff != "" {
		t.Error(diff)
	}
	if got := up.Outputs["value"]; got != (auto.OutputValue{Value: "louder", Secret: true}) {
		t.Errorf("output is %v", got)
	}
	if state := string(exported(t, here, false).Deployment); strings.Contains(state, "louder") || strings.Contains(state, "hush") {
		t.Error("a secret stands in the encrypted state")
	}
}

func stackOf(t *testing.T, w *World, run pulumi.RunFunc) *auto.Stack {
	t.Helper()
	s, err := w.Stack(run)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// exported runs `pulumi stack export`, which auto offers in plain text only.
func exported(t *testing.T, w *World, show bool) apitype.UntypedDeployment {
	t.Helper()
	args := []string{"stack", "export", "--stack", "dev"}
	if show {
		args = append(args, "--show-secrets")
	}
	var env []string
	for k, v := range w.env {
		env = append(env, k+"="+v)
	}
	out, complaint, _, err := w.cmd.Run(t.Context(), w.dir, nil, nil, nil, env, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, complaint)
	}
	var d apitype.UntypedDeployment
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatal(err)
	}
	if show != strings.Contains(string(d.Deployment), "hush") {
		t.Errorf("the export of %s has the secret in plain text: %t, want %t", w.side.Name, !show, show)
	}
	return d
}
