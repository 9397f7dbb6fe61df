package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/trunkline-dev/trunkline"
)

const (
	wideStacks       = 200
	wideEnvironments = 4
	wideComponents   = 40
	warmRuns         = 9
)

// affectedStacks measures how long it takes to decide which stacks a commit
// touches: for this repository's estate, and for one of 200 stacks in 4
// environments.
func affectedStacks(ctx context.Context, w *workplace) ([]table, error) {
	bin, err := w.trunkline(ctx)
	if err != nil {
		return nil, err
	}
	small, err := w.repository(ctx)
	if err != nil {
		return nil, err
	}
	wide, err := w.wideEstate(ctx)
	if err != nil {
		return nil, err
	}
	t := table{
		title: "trunkline affected, the whole command; what the go command keeps is warm",
		head:  []string{"", "stacks", "affected", "nothing known", "new commit", "only a comment", "all known", "ratio", "work tree"},
	}
	for _, e := range []struct{ name, dir, component string }{
		{"the reference estate", small, "queue"},
		{fmt.Sprintf("%d stacks in %d environments", wideStacks, wideEnvironments), wide, "shared7"},
	} {
		d := decision{bin: bin, dir: e.dir, source: filepath.Join(e.dir, "components", e.component, e.component+".go"), cache: filepath.Join(w.dir, "cache-affected")}
		cells, err := d.measure(ctx)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		t.add(append([]string{e.name}, cells...)...)
	}
	t.add("target", "800", "", "", "", "", "≤ 300 ms", "", "")
	return []table{t}, nil
}

// decision is the question which stacks a commit touches, asked of one estate.
type decision struct {
	bin, dir string
	// source is a file of a component.
	source string
	// cache is where the command keeps what it finds out.
	cache string
}

// measure asks with nothing known, about a new commit, about one that changes
// only a comment, and about commits that are known.
func (d decision) measure(ctx context.Context) (_ []string, err error) {
	defer func() { err = errors.Join(err, os.RemoveAll(d.cache)) }()
	for i := range 2 {
		if err := d.change(ctx, fmt.Sprintf("\nvar _ = %d\n", i)); err != nil {
			return nil, err
		}
	}
	if err := d.change(ctx, "\n// A remark.\n"); err != nil {
		return nil, err
	}
	var took []time.Duration
	var known finished
	for _, step := range []struct {
		n          int
		forget     bool
		base, head string
	}{
		{1, false, "HEAD~2", "HEAD~1"}, // fills the cache of the go command
		{1, true, "HEAD~3", "HEAD~2"},
		{1, false, "HEAD~2", "HEAD~1"},
		{1, false, "HEAD~1", "HEAD"},
		{warmRuns, false, "HEAD~2", "HEAD"},
		{warmRuns, false, "HEAD~2", ""},
	} {
		if step.forget {
			if err := os.RemoveAll(d.cache); err != nil {
				return nil, err
			}
		}
		f, err := d.ask(ctx, step.n, step.base, step.head)
		if err != nil {
			return nil, err
		}
		took, known = append(took, f.wall), f
	}
	var doc struct {
		Stacks     []json.RawMessage `json:"stacks"`
		Unaffected []string          `json:"unaffected"`
	}
	if err := json.Unmarshal(known.out, &doc); err != nil {
		return nil, err
	}
	return []string{fmt.Sprint(len(doc.Stacks) + len(doc.Unaffected)), fmt.Sprint(len(doc.Stacks)),
		millis(took[1]), millis(took[2]), millis(took[3]), millis(took[4]), ratio(took[1], took[4]), millis(took[5])}, nil
}

func (d decision) change(ctx context.Context, line string) error {
	if err := appendLine(d.source, line); err != nil {
		return err
	}
	return commit(ctx, d.dir, "Change a component")
}

// ask runs the command n times with a cache of its own.
func (d decision) ask(ctx context.Context, n int, base, head string) (finished, error) {
	goCache, err := execute(ctx, d.dir, "go", "env", "GOCACHE")
	if err != nil {
		return finished{}, err
	}
	args := []string{"XDG_CACHE_HOME=" + d.cache, "GOCACHE=" + strings.TrimSpace(string(goCache.out)), d.bin, "affected", "--non-interactive", "-o", "json", "--base", base}
	if head != "" {
		args = append(args, "--head", head)
	}
	return repeat(ctx, n, d.dir, "env", args...)
}

// wideEstate makes a repository with many stacks: each of a package of its own,
// over one of forty components, and with a few settings in every environment.
func (w *workplace) wideEstate(ctx context.Context) (string, error) {
	dir := filepath.Join(w.dir, "wide")
	if err := os.CopyFS(dir, trunkline.Estate); err != nil {
		return "", err
	}
	for _, old := range []string{"stacks", "environments/dev.yaml", "environments/staging.yaml", "environments/production.yaml"} {
		if err := os.RemoveAll(filepath.Join(dir, filepath.FromSlash(old))); err != nil {
			return "", err
		}
	}
	for name, text := range wideFiles() {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			return "", err
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return "", err
		}
	}
	if _, err := execute(ctx, dir, "git", "init", "-q", "-b", "main"); err != nil {
		return "", err
	}
	return dir, commit(ctx, dir, "A wide estate")
}

// wideFiles are the files of the wide estate, by path.
func wideFiles() map[string]string {
	const module = "github.com/trunkline-dev/trunkline"
	files := map[string]string{".gitignore": ".trunkline/\n"}
	for i := range wideComponents {
		name := fmt.Sprintf("shared%d", i)
		files["components/"+name+"/"+name+".go"] = "// Package " + name + " is shared.\npackage " + name + "\n\n// Size is how large things are.\nconst Size = " + fmt.Sprint(i) + "\n"
	}
	var imports, table, settings strings.Builder
	for i := range wideStacks {
		name, shared := fmt.Sprintf("s%03d", i), fmt.Sprintf("shared%d", i%wideComponents)
		needs := ""
		more := ""
		if i >= 10 && i%10 == 9 { // a few have upstreams
			needs = fmt.Sprintf(", estate.Needs(s%03d.Stack)", i-1)
			more = fmt.Sprintf("\t%q\n", module+"/stacks/"+fmt.Sprintf("s%03d", i-1))
		}
		files["stacks/"+name+"/"+name+".go"] = fmt.Sprintf(wideStack, name, module, shared, more, name, needs)
		fmt.Fprintf(&imports, "\t%q\n", module+"/stacks/"+name)
		fmt.Fprintf(&table, "\t\t%s.Stack,\n", name)
		fmt.Fprintf(&settings, "  %s: {size: %d, name: \"n%d\", zones: [a, b]}\n", name, i+1, i)
	}
	files["stacks/main.go"] = fmt.Sprintf("// Command stacks is a wide estate.\npackage main\n\nimport (\n\t%q\n%s)\n\nfunc main() {\n\testate.Main(\n%s\t)\n}\n",
		module+"/estate", imports.String(), table.String())
	for i := range wideEnvironments {
		name := fmt.Sprintf("e%d", i)
		files["environments/"+name+".yaml"] = "version: 1\nname: " + name + "\ncloud: {provider: sandbox}\nstacks:\n" + settings.String()
	}
	return files
}

const wideStack = `// Package %[1]s is one of many stacks.
package %[1]s

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"%[2]s/components/%[3]s"
	"%[2]s/estate"
%[4]s)

// Config are the settings.
type Config struct {
	Size  int      ` + "`estate:\"size\" default:\"1\" min:\"1\"`" + `
	Name  string   ` + "`estate:\"name\" default:\"x\"`" + `
	Zones []string ` + "`estate:\"zones\"`" + `
}

// Outputs are handed on.
type Outputs struct {
	Size pulumi.IntOutput ` + "`pulumi:\"size\"`" + `
}

// Stack is the definition.
var Stack = estate.Define("%[5]s", build%[6]s)

func build(_ *pulumi.Context, _ estate.Environment, cfg Config) (*Outputs, error) {
	return &Outputs{Size: pulumi.Int(cfg.Size + %[3]s.Size).ToIntOutput()}, nil
}
`
