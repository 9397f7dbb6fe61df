package estatetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

// updateVariable makes Golden write its file instead of comparing.
const updateVariable = "UPDATE_GOLDEN"

// Golden compares the deployed tree, every resource with its inputs, with
// testdata/<name of the test>.golden. Run the test with UPDATE_GOLDEN=1 to write
// the file; read the difference before you commit it.
func (r *Result) Golden() {
	r.t.Helper()
	got := r.Tree()
	file := filepath.Join("testdata", strings.NewReplacer("/", "-", " ", "_").Replace(r.t.Name())+".golden")
	if os.Getenv(updateVariable) != "" {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			r.t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			r.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		r.t.Fatalf("%v; run the test with %s=1 to write it", err, updateVariable)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		r.t.Errorf("%s differs (-want +got); run the test with %s=1 if that is right:\n%s", file, updateVariable, diff)
	}
}

// Tree shows what is deployed as an indented text: every resource below its
// component with its inputs, then the outputs of the stack. Secrets are masked,
// and the random end of a name that the provider made up is left out.
func (r *Result) Tree() string {
	children := map[string][]Resource{}
	known := map[string]bool{}
	for _, x := range r.resources {
		known[x.URN] = true
	}
	for _, x := range r.resources {
		parent := x.Parent
		if !known[parent] {
			parent = ""
		}
		children[parent] = append(children[parent], x)
	}
	var b strings.Builder
	var show func(parent, indent string)
	show = func(parent, indent string) {
		for _, x := range children[parent] {
			fmt.Fprintf(&b, "%s%s\n", indent, x)
			for _, key := range slices.Sorted(maps.Keys(x.Inputs)) {
				if key != "__defaults" {
					fmt.Fprintf(&b, "%s    %s: %s\n", indent, key, inline(x.Inputs[key]))
				}
			}
			show(x.URN, indent+"  ")
		}
	}
	show("", "")
	if len(r.outputs) > 0 {
		b.WriteString("outputs\n")
	}
	for _, key := range slices.Sorted(maps.Keys(r.outputs)) {
		value := r.outputs[key]
		if r.secret[key] {
			value = settings.Masked
		}
		fmt.Fprintf(&b, "    %s: %s\n", key, inline(value))
	}
	return r.withoutRandomNames(b.String())
}

// withoutRandomNames replaces "work-1a2b3c4", the physical name of a resource
// called work, by "work-<random>".
func (r *Result) withoutRandomNames(text string) string {
	names := make([]string, len(r.world.names))
	if len(names) == 0 {
		return text
	}
	for i, name := range r.world.names {
		names[i] = regexp.QuoteMeta(name)
	}
	slices.SortFunc(names, func(a, b string) int { return len(b) - len(a) })
	return regexp.MustCompile(`\b(`+strings.Join(names, "|")+`)-[0-9a-f]{7}\b`).ReplaceAllString(text, "$1-<random>")
}

// inline returns a value as one line of JSON.
func inline(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}
