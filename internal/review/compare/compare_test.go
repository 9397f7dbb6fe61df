package compare_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
	"github.com/trunkline-dev/trunkline/internal/review"
	"github.com/trunkline-dev/trunkline/internal/review/compare"
)

func dev() compare.Side {
	return compare.Side{Environment: "dev", Stacks: map[string]compare.Stack{
		"network": {
			Settings: map[string]any{"cidr": "10.0.0.0/16", "zones": 1, "flowLogs": true},
			Resources: []compare.Resource{
				{Type: "trunkline:network:Network$aws:ec2/vpc:Vpc", Name: "main", Inputs: map[string]any{
					"cidrBlock": "10.0.0.0/16", "tags": map[string]any{"Name": "main-dev", "Environment": "dev"},
				}},
				{Type: "aws:ec2/subnet:Subnet", Name: "a"},
			},
		},
		"sandbox": {},
		"audit":   {Settings: map[string]any{"days": 30}},
	}}
}

func staging() compare.Side {
	return compare.Side{Environment: "staging", Stacks: map[string]compare.Stack{
		"network": {
			Settings: map[string]any{"cidr": "10.1.0.0/16", "zones": 2},
			Resources: []compare.Resource{
				{Type: "trunkline:network:Network$aws:ec2/vpc:Vpc", Name: "main", Inputs: map[string]any{
					"cidrBlock": "10.1.0.0/16", "tags": map[string]any{"Name": "main-staging", "Environment": "staging"},
				}},
				{Type: "aws:ec2/subnet:Subnet", Name: "a"},
				{Type: "aws:ec2/subnet:Subnet", Name: "b"},
			},
		},
		"audit": {Settings: map[string]any{"days": 30}},
	}}
}

func TestTwoEnvironmentsDifferInSettingsAndResources(t *testing.T) {
	t.Parallel()
	got := review.Join(compare.New(dev(), staging()).Text(review.TextOptions{}))
	want := `network
  cidr      "10.0.0.0/16" => "10.1.0.0/16"
  flowLogs  true => (not set)
  zones     1 => 2
  + aws:ec2/subnet:Subnet  b  only in staging
  ~ aws:ec2/vpc:Vpc  main
      cidrBlock: "10.0.0.0/16" => "10.1.0.0/16"
  and 1 more by the environment's name alone

sandbox  only in dev

the same: audit
Diff dev..staging  2 of 3 stacks differ, 3 settings, 2 resources
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheDifferenceAsJSON(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	left := compare.Side{Environment: "dev", Stacks: map[string]compare.Stack{"data": {Settings: map[string]any{"days": 7, "key": gitops.Masked}}}}
	right := compare.Side{Environment: "prod", Stacks: map[string]compare.Stack{"data": {Settings: map[string]any{"days": 35, "key": gitops.Masked}}}}
	if err := review.Encode(&b, compare.New(left, right).JSON()); err != nil {
		t.Fatal(err)
	}
	want := `{
  "schema": "trunkline.diff/v1",
  "left": "dev",
  "right": "prod",
  "stacks": [
    {
      "stack": "data",
      "settings": [
        {
          "key": "days",
          "left": 7,
          "right": 35
        }
      ],
      "resources": [],
      "renamed": 0
    }
  ],
  "same": []
}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestAnEnvironmentDoesNotDifferFromItself(t *testing.T) {
	t.Parallel()
	c := compare.New(dev(), dev())
	if len(c.Stacks) != 0 || len(c.Same) != 3 {
		t.Errorf("dev differs from dev: %+v", c)
	}
}

func TestTheOtherDirectionShowsTheSameDifferences(t *testing.T) {
	t.Parallel()
	side := rapid.Custom(func(t *rapid.T) compare.Side {
		s := compare.Side{Environment: rapid.SampledFrom([]string{"dev", "staging"}).Draw(t, "name"), Stacks: map[string]compare.Stack{}}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID).Draw(t, "stacks") {
			value := rapid.SampledFrom([]any{"x", "x-dev", "x-staging", 1, nil, []any{"dev"}})
			values := rapid.MapOf(rapid.SampledFrom([]string{"k", "l"}), value)
			s.Stacks[name] = compare.Stack{
				Settings:  values.Draw(t, "settings"),
				Resources: []compare.Resource{{Type: "t", Name: rapid.SampledFrom([]string{"n", "m"}).Draw(t, "resource"), Inputs: values.Draw(t, "inputs")}},
			}
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := side.Draw(t, "left"), side.Draw(t, "right")
		there, back := compare.New(a, b), compare.New(b, a)
		if diff := cmp.Diff(there.Same, back.Same); diff != "" {
			t.Fatal(diff)
		}
		for i, d := range there.Stacks {
			e := back.Stacks[i]
			if d.Stack != e.Stack || len(d.Settings) != len(e.Settings) || len(d.Resources) != len(e.Resources) || d.Renamed != e.Renamed {
				t.Fatalf("there %+v, back %+v", d, e)
			}
		}
		for _, l := range there.Text(review.TextOptions{Width: 40}) {
			if l.Width() > 40 {
				t.Fatalf("%q is %d wide", l.String(), l.Width())
			}
		}
	})
}
