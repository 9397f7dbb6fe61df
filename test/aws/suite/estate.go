package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// estateRow is the reference estate of this repository, as it is committed, in
// the environment dev: the whole product, from the command line to the cloud.
func estateRow() row {
	r := row{name: "the estate", slow: true, estate: true, untried: []string{
		"to wait until tasks are healthy: nothing runs in the emulator",
	}}
	r.known = []fault{{shows: "SecurityGroupIngressRule database-tcp-5432-web (description)", evidence: groupRule.evidence}}
	for _, part := range []row{
		networkRow(), securityGroupRow(), databaseRow(), tableRow(), bucketRow(), queueRow(), topicRow(), serviceRow(), functionRow(),
		scheduleRow(), alarmsRow(), deployRoleRow(),
	} {
		r.known = append(r.known, part.known...)
	}
	return r
}

// estate is a clone of this repository, and the program that delivers it.
type estate struct {
	*story
	dir, trunkline string
}

func (e *estate) steps() []step {
	lifecycle := effect{"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "rules"}
	targets := effect{"aws:lb/targetGroup:TargetGroup", "port"}
	vpc := effect{"aws:ec2/vpc:Vpc", "tags"}
	return []step{
		{"clone", e.clone},
		{"preview", func(ctx context.Context) error { return e.preview(ctx, effect{}, "create") }},
		{"create", e.up()},
		{"second preview", e.same},
		{"edit", e.edit("keepVersionsDays: 7", "keepVersionsDays: 8")},
		{"preview of a change in place", func(ctx context.Context) error { return e.preview(ctx, lifecycle, "update") }},
		{"change in place", e.up()},
		{"preview after the change", e.same},
		{"edit", e.edit("replicas: 1", "replicas: 1\n    port: 8080")},
		{"preview of a replacement", func(ctx context.Context) error { return e.preview(ctx, targets, "replace") }},
		{"replacement", e.up()},
		{"preview after the replacement", e.same},
		{"drift", e.drift},
		{"refresh with drift", func(ctx context.Context) error { return e.found(ctx, vpc) }},
		{"repair", e.up("--refresh")},
		{"refresh after the repair", func(ctx context.Context) error { return e.found(ctx, effect{}) }},
	}
}

func (e *estate) last() []step {
	return []step{
		{"destroy", func(ctx context.Context) error {
			_, err := e.run(ctx, 0, "destroy", "-e", "dev", "--yes")
			return err
		}},
		{"nothing left", e.empty},
	}
}

var cloudLine = regexp.MustCompile(`(?m)^cloud: .*$`)

// clone copies what is committed, points the environment at the emulator, leaves
// out what it cannot do, and locks the provider.
func (e *estate) clone(ctx context.Context) error {
	root, err := filepath.Abs("../../..")
	if err != nil {
		return err
	}
	e.dir, e.trunkline = filepath.Join(e.world.home, "estate"), filepath.Join(e.world.home, "trunkline")
	if err := e.git(ctx, root, "clone", "--quiet", root, e.dir); err != nil {
		return err
	}
	build := exec.CommandContext(ctx, "go", "build", "-o", e.trunkline, "./cmd/trunkline")
	build.Dir, build.Env = root, append(os.Environ(), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("build trunkline: %w\n%s", err, out)
	}
	cloud := fmt.Sprintf("cloud: {provider: aws, region: %s, account: \"123456789012\", emulator: true, endpoints: {default: %q}, variables: [%s]}",
		region, e.world.emulator.url, binaryVariable)
	if err := e.change(func(text string) string { return cloudLine.ReplaceAllLiteralString(text, cloud) }); err != nil {
		return err
	}
	for _, edit := range [][2]string{
		{"  edge: {}\n", ""},
		{"replicas: 1\n", "replicas: 1\n    wait: false\n"},
	} {
		if err := e.change(func(text string) string { return strings.Replace(text, edit[0], edit[1], 1) }); err != nil {
			return err
		}
	}
	plugin := filepath.Join(e.world.pulumiHome, "plugins", "resource-aws-v"+sdkVersion, "pulumi-resource-aws")
	if _, err := e.run(ctx, 0, "plugin", "lock", "aws@"+sdkVersion, "--from", plugin); err != nil {
		return err
	}
	return e.commit(ctx)
}

func (e *estate) change(f func(string) string) error {
	path := filepath.Join(e.dir, "environments", "dev.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed := f(string(text))
	if changed == string(text) {
		return errors.New("environments/dev.yaml is not as this row expects it")
	}
	return os.WriteFile(path, []byte(changed), 0o644)
}

func (e *estate) edit(old, changed string) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := e.change(func(text string) string { return strings.Replace(text, old, changed, 1) }); err != nil {
			return err
		}
		return e.commit(ctx)
	}
}

func (e *estate) commit(ctx context.Context) error {
	if err := e.git(ctx, e.dir, "add", "-A"); err != nil {
		return err
	}
	return e.git(ctx, e.dir, "-c", "user.name=suite", "-c", "user.email=suite@example.com", "commit", "--quiet", "-m", "Change dev")
}

func (e *estate) git(ctx context.Context, dir string, args ...string) error {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("git %s: %w: %s", args[0], err, out)
	}
	return nil
}

// run runs trunkline and returns what it prints.
func (e *estate) run(ctx context.Context, code int, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, e.trunkline, append(args, "--non-interactive")...)
	cmd.Dir = e.dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	boundToParent(cmd)
	out, err := cmd.Output()
	if got := cmd.ProcessState.ExitCode(); got != code {
		return out, fmt.Errorf("trunkline %s ended with %d, not %d: %v: %s", strings.Join(args, " "), got, code, err, tail(stderr.String()))
	}
	return out, nil
}

// tail keeps the end of a long text.
func tail(text string) string {
	const most = 1500
	text = strings.TrimSpace(text)
	return text[max(0, len(text)-most):]
}

func (e *estate) up(flags ...string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := e.run(ctx, 0, append([]string{"up", "-e", "dev", "--yes"}, flags...)...)
		return err
	}
}

// shown is what "preview -o json" and "drift -o json" print.
type shown struct {
	Stacks []struct {
		Stack   string `json:"stack"`
		Changes []struct {
			Type string `json:"type"`
			Name string `json:"name"`
			Op   string `json:"op"`
			Diff []struct {
				Path string `json:"path"`
			} `json:"diff"`
		} `json:"changes"`
	} `json:"stacks"`
}

func (e *estate) changes(ctx context.Context, args ...string) (out []change, _ error) {
	text, err := e.run(ctx, 0, append(args, "-e", "dev", "-o", "json")...)
	if err != nil {
		return nil, err
	}
	var s shown
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("trunkline %s: %w: %s", args[0], err, text)
	}
	for _, stack := range s.Stacks {
		for _, c := range stack.Changes {
			found := change{op: c.Op, typ: c.Type, name: c.Name}
			for _, d := range c.Diff {
				found.paths = append(found.paths, d.Path)
			}
			slices.Sort(found.paths)
			if c.Op != "same" && strings.HasPrefix(c.Type, "aws:") {
				out = append(out, found)
			}
		}
	}
	return out, nil
}

func (e *estate) preview(ctx context.Context, want effect, op string) error {
	changes, err := e.changes(ctx, "preview")
	if err != nil {
		return err
	}
	found := false
	for _, c := range changes {
		found = found || c.does(op, want) || op == "create"
		e.types[c.typ] = true
		if op == "create" && c.op != "create" {
			e.problem("", c.String())
		}
	}
	if !found {
		e.problem("", fmt.Sprintf("no %s of %s at %s; instead: %v", op, want.typ, want.path, changes))
	}
	return nil
}

func (e *estate) same(ctx context.Context) error {
	changes, err := e.changes(ctx, "preview")
	for _, c := range changes {
		e.problem("", c.String())
	}
	return err
}

// drift tags the VPC.
func (e *estate) drift(ctx context.Context) error {
	vpcs, err := e.world.emulator.aws(ctx, "ec2", "describe-vpcs", "--query", "Vpcs[?!IsDefault].VpcId")
	if err != nil {
		return err
	}
	ids, _ := vpcs.([]any)
	if len(ids) != 1 {
		return fmt.Errorf("there are the VPCs %v, not one", vpcs)
	}
	_, err = e.world.emulator.aws(ctx, "ec2", "create-tags", "--resources", fmt.Sprint(ids[0]), "--tags", "Key=team,Value=somebody")
	return err
}

// found looks for drift: only what is wanted may have changed.
func (e *estate) found(ctx context.Context, want effect) error {
	changes, err := e.changes(ctx, "drift")
	if err != nil {
		return err
	}
	seen := false
	for _, c := range changes {
		if c.does(c.op, want) {
			seen = true
		} else {
			e.problem("", c.String())
		}
	}
	if want.typ != "" && !seen {
		e.problem("", fmt.Sprintf("the drift of %s at %s was not found; instead: %v", want.typ, want.path, changes))
	}
	return nil
}
