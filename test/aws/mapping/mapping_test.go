package mapping

import (
	"maps"
	"os"
	"strings"
	"testing"
)

func load(t *testing.T) *Mapping {
	t.Helper()
	m, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestEncodeWritesWhatWasLoaded(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("mapping.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := load(t).Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("mapping.json is not as gen writes it")
	}
}

func TestATokenStandsForOneEntity(t *testing.T) {
	t.Parallel()
	m := load(t)
	for part, entities := range map[string]map[string]*Entity{"resources": m.Resources, "functions": m.Functions} {
		seen := map[string]string{}
		for name, e := range entities {
			if seen[e.Token] != "" {
				t.Errorf("%s: %s stands for %s and %s", part, e.Token, seen[e.Token], name)
			}
			seen[e.Token] = name
			if !strings.HasPrefix(e.Token, "aws:") || strings.Count(e.Token, ":") != 2 {
				t.Errorf("%s: %s has the token %q", part, name, e.Token)
			}
			if e.Of != "" && entities[e.Of] == nil {
				t.Errorf("%s: %s is another %s, which there is not", part, name, e.Of)
			}
		}
	}
}

func TestAPropertyStandsForOneAttribute(t *testing.T) {
	t.Parallel()
	m := load(t)
	for _, entities := range []map[string]*Entity{m.Resources, m.Functions} {
		for name, e := range entities {
			seen := map[string]string{}
			for attribute := range maps.Keys(e.Fields) {
				p := e.Property(attribute)
				if seen[p] != "" {
					t.Errorf("%s: %s stands for %s and %s", name, p, seen[p], attribute)
				}
				seen[p] = attribute
			}
		}
	}
}

func TestPropertiesAreNamedAsInTheSDK(t *testing.T) {
	t.Parallel()
	m := load(t)
	for _, c := range []struct{ entity, attribute, want string }{
		{"aws_sqs_queue", "visibility_timeout_seconds", "visibilityTimeoutSeconds"},
		{"aws_cloudwatch_metric_alarm", "alarm_name", "name"},
		{"aws_lambda_function", "filename", "code"},
		{"aws_lambda_function", "function_name", "name"},
		{"aws_ecs_service", "load_balancer", "loadBalancers"},
	} {
		if got := m.Resources[c.entity].Property(c.attribute); got != c.want {
			t.Errorf("%s.%s is %s, want %s", c.entity, c.attribute, got, c.want)
		}
	}
}
