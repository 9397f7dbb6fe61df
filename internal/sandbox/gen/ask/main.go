// Command ask asks a real terraform-provider-aws how its resource types behave:
// which properties are computed, what their defaults are, and whose change
// needs a new resource. It plans changes and applies none; no AWS account and
// no network are needed.
//
//	ask <provider binary> <types.txt> <replace.json>
//
// It is a module of its own so that what it needs to speak Terraform's plugin
// protocol stays out of Trunkline's go.mod.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	pb "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/vendored/tfplugin5"
)

// Fact is what the provider says about one attribute or block.
type Fact struct {
	Kind     string           `json:"kind"`
	Required bool             `json:"required,omitempty"`
	Optional bool             `json:"optional,omitempty"`
	Computed bool             `json:"computed,omitempty"`
	Secret   bool             `json:"secret,omitempty"`
	Replace  bool             `json:"replace,omitempty"`
	Default  any              `json:"default,omitempty"`
	Fields   map[string]*Fact `json:"fields,omitempty"`
	// Unasked says why the provider could not tell whether a change replaces.
	Unasked string `json:"unasked,omitempty"`
}

// Facts is the file that is written.
type Facts struct {
	Provider string                      `json:"provider"`
	Types    map[string]map[string]*Fact `json:"types"`
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: ask <provider binary> <types.txt> <replace.json>")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

func run(binary, list, out string) error {
	names, err := wanted(list)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	provider := &session{path: binary}
	schema, err := provider.open(ctx)
	if err != nil {
		return err
	}
	defer func() { provider.stop() }()
	facts := Facts{Provider: filepath.Base(binary), Types: map[string]map[string]*Fact{}}
	for _, name := range names {
		s := schema.ResourceSchemas[name]
		if s == nil {
			return fmt.Errorf("the provider has no type %s", name)
		}
		began := time.Now()
		a := &asker{provider: provider, name: name, block: s.Block}
		if facts.Types[name], err = a.ask(ctx); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(os.Stderr, "%-55s %4d plans %6s\n", name, a.plans, time.Since(began).Round(time.Millisecond))
	}
	b, err := json.MarshalIndent(facts, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(out, append(b, '\n'), 0o644)
}

// wanted returns the Terraform names of the list, each once.
func wanted(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var names []string
	seen := map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) == 2 && !strings.HasPrefix(fields[0], "#") && !seen[fields[1]] {
			seen[fields[1]] = true
			names = append(names, fields[1])
		}
	}
	return names, nil
}

// configure gives the provider credentials that lead nowhere.
func configure(ctx context.Context, client pb.ProviderClient, block *pb.Schema_Block) error {
	ty, err := typeOf(block)
	if err != nil {
		return err
	}
	vals := nullObject(ty).AsValueMap()
	for k, v := range map[string]cty.Value{
		"region": cty.StringVal("eu-west-1"), "access_key": cty.StringVal("none"), "secret_key": cty.StringVal("none"),
		"skip_credentials_validation": cty.True, "skip_requesting_account_id": cty.True, "skip_region_validation": cty.True,
		"skip_metadata_api_check": cty.StringVal("true"), "max_retries": cty.NumberIntVal(1),
	} {
		vals[k] = v
	}
	config, err := encode(cty.ObjectVal(vals), ty)
	if err != nil {
		return err
	}
	r, err := client.Configure(ctx, &pb.Configure_Request{TerraformVersion: "1.11.4", Config: config})
	if err != nil {
		return err
	}
	return failure(r.Diagnostics)
}

func failure(ds []*pb.Diagnostic) error {
	for _, d := range ds {
		if d.Severity == pb.Diagnostic_ERROR {
			return fmt.Errorf("%s: %s", d.Summary, d.Detail)
		}
	}
	return nil
}
