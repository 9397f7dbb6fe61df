package environments

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

const staging = `# The second environment.
version: 1
name: staging
x-tags: &tags {team: platform}
cloud: {provider: aws, region: eu-west-1, account: "123456789012"}
state: postgres://db/trunkline
secrets: {provider: passphrase}
deploy:
  after: [dev]
  approvals: {when: destructive, count: 2, from: [platform-team]}
  protect: true
tags: *tags
stacks:
  network: {cidr: 10.1.0.0/16, zones: 2}
  data:
    instanceClass: db.r6g.large
    password: {secure: "v1:abc="}
  app:
`

func TestParseReadsEverythingAFileSays(t *testing.T) {
	t.Parallel()
	env, err := Parse("environments/staging.yaml", []byte(staging))
	if err != nil {
		t.Fatal(err)
	}
	want := &Environment{
		Name: "staging", File: "environments/staging.yaml",
		Cloud:   Cloud{Provider: "aws", Region: "eu-west-1", Account: "123456789012"},
		State:   "postgres://db/trunkline",
		Secrets: Secrets{Provider: "passphrase"},
		Deploy: Deploy{After: []string{"dev"}, Protect: true,
			Approvals: Approvals{When: "destructive", Count: 2, From: []string{"platform-team"}}},
		Tags: map[string]string{"team": "platform"},
	}
	got := *env
	got.Stacks, got.Places = nil, nil
	if place := env.Places["cloud.region"].String(); place != "environments/staging.yaml:5:32" {
		t.Errorf("the region stands at %s", place)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"app", "data", "network"}, env.StackNames()); diff != "" {
		t.Error(diff)
	}
	password := env.Stacks["data"].Values["password"]
	if password.Kind != settings.SecretValue || password.Text != "v1:abc=" {
		t.Errorf("password is %+v", password)
	}
	if at := env.Stacks["data"].Values["instanceClass"].Pos.String(); at != "environments/staging.yaml:16:20" {
		t.Errorf("instanceClass is at %s", at)
	}
}

func TestParseReadsFilesOfOtherEditorsTheSame(t *testing.T) {
	t.Parallel()
	want, err := Parse("environments/staging.yaml", []byte(staging))
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]string{
		"carriage returns": strings.ReplaceAll(staging, "\n", "\r\n"),
		"byte order mark":  "\ufeff" + staging,
		"no end of line":   strings.TrimSuffix(staging, "\n"),
		"document marks":   "%YAML 1.2\n---\n" + staging + "...\n",
	} {
		got, err := Parse("environments/staging.yaml", []byte(file))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(settings.Pos{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseFillsInWhatASandboxNeeds(t *testing.T) {
	t.Parallel()
	env, err := Parse("dev.yaml", []byte("version: 1\nname: dev\ncloud: {provider: sandbox}\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Cloud{Provider: "sandbox", Region: "eu-west-1", Account: "000000000000"}
	if diff := cmp.Diff(want, env.Cloud); diff != "" {
		t.Error(diff)
	}
	if env.Secrets.Provider != "key" || env.Deploy.Approvals.When != "never" || env.Deploy.Approvals.Count != 1 {
		t.Errorf("defaults are missing: %+v", env)
	}
}

// problemsOf returns the problems of reading a file, one line each.
func problemsOf(t *testing.T, file string) string {
	t.Helper()
	_, err := Parse("dev.yaml", []byte(file))
	var e *Error
	if err != nil && !errors.As(err, &e) {
		t.Fatalf("not an *Error: %v", err)
	}
	return fmt.Sprint(err)
}

func TestParseSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	const head = "version: 1\nname: dev\ncloud: {provider: sandbox}\n"
	for name, c := range map[string]struct{ file, want string }{
		"empty":     {"", `dev.yaml:1:1: the file is empty; begin it with version: 1`},
		"comment":   {"# nothing\n", `dev.yaml:1:1: the file is empty; begin it with version: 1`},
		"list":      {"- a\n", `dev.yaml:1:1: the file is not a map of keys; begin it with version: 1`},
		"malformed": {"version: 1\nname: [dev\n", `dev.yaml:2:7: not valid YAML: sequence end token ']' not found`},
		"tab":       {"version: 1\n\tname: dev\n", "dev.yaml:2:1: not valid YAML: found character '\t' that cannot start any token"},
		"documents": {head + "---\nversion: 1\n", `dev.yaml:5:8: the file has more than one document; remove the line ---`},
		"missing": {"stacks: {}\n", "dev.yaml:1:1: cloud.provider is required and missing\n" +
			"dev.yaml:1:1: name is required and missing\ndev.yaml:1:1: version is required and missing"},
		"newer version": {"version: 2\nname: dev\ncloud: {provider: sandbox}\n",
			`dev.yaml:1:10: version is 2, and this program reads only version 1; use a newer trunkline`},
		"unknown key": {head + "stcks: {}\ndeploy: {protekt: true}\n",
			"dev.yaml:4:1: stcks is not a setting here; did you mean stacks?\n" +
				"dev.yaml:5:10: deploy.protekt is not a setting here; did you mean protect?"},
		"wrong type":    {head + "tags: [a]\n", `dev.yaml:4:7: tags is a list, not a map`},
		"duplicate key": {head + "stacks:\n  a: {}\n  a: {}\n", `dev.yaml:6:3: key "a" is already on line 5`},
		"account": {"version: 1\nname: dev\ncloud: {provider: aws, region: eu-west-1, account: 123456789012}\n",
			`dev.yaml:3:52: cloud.account 123456789012 is a whole number, not a text; put it in quotes: "123456789012"`},
		"short account": {"version: 1\nname: dev\ncloud: {provider: aws, region: eu-west-1, account: \"1234\"}\n",
			`dev.yaml:3:52: cloud.account is "1234", must be the 12 digits of an AWS account`},
		"aws": {"version: 1\nname: dev\ncloud: {provider: aws}\n",
			"dev.yaml:3:1: cloud.account is required for provider aws and missing\n" +
				"dev.yaml:3:1: cloud.region is required for provider aws and missing"},
		"provider": {"version: 1\nname: dev\ncloud: {provider: sandbx}\n",
			`dev.yaml:3:19: cloud.provider is "sandbx", allowed: aws, sandbox; did you mean sandbox?`},
		"other name":     {"version: 1\nname: prod\ncloud: {provider: sandbox}\n", `dev.yaml:2:7: name is "prod", but the file is dev.yaml; rename one of them`},
		"bad stack name": {head + "stacks: {Data.x: {}}\n", `dev.yaml:4:10: stacks.Data.x is not the name of a stack: lower-case letters, digits and -, beginning with a letter`},
		"stack no map":   {head + "stacks: {data: 5}\n", `dev.yaml:4:16: stacks.data must be a map of settings; write data: {}`},
		"broken secret": {head + "stacks: {data: {password: {secure: 5}}}\n",
			`dev.yaml:4:27: secure must be the only key and hold one text; trunkline secret set writes it`},
		"unknown alias": {head + "tags: *nope\n", `dev.yaml:4:7: alias *nope has no anchor &nope above it`},
		"self alias":    {head + "stacks: &s {a: {b: *s}}\n", `dev.yaml:4:20: anchor &s contains itself`},
		"bad merge":     {head + "x-a: &a 5\ntags: {<<: *a}\n", `dev.yaml:5:12: << merges only maps`},
		"tag":           {head + "tags: {a: !!str 5}\n", `dev.yaml:4:11: YAML tags such as !!str are not understood; write the value in quotes if it is a text`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, problemsOf(t, c.file)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseRefusesHostileFiles(t *testing.T) {
	t.Parallel()
	laughs := "x-a: &a [l, l, l, l, l, l, l, l, l, l]\n"
	for i, c := range "bcdefgh" {
		above := string("abcdefgh"[i])
		laughs += fmt.Sprintf("x-%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat("*"+above+", ", 10), ", "))
	}
	for name, c := range map[string]struct{ file, want string }{
		"ten megabytes":  {strings.Repeat("# ten\n", 10<<20/6), "more than 131072"},
		"billion laughs": {laughs + "tags: *h\n", "aliases expand to more than 50000 values"},
		"deep brackets":  {strings.Repeat("[", 100_000), "nested more than 64 deep"},
		"deep dashes":    {strings.Repeat("- ", 50_000), "nested more than 64 deep"},
		"not text":       {"\xff\xfe\x00", "not UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := problemsOf(t, c.file); !strings.Contains(got, c.want) {
				t.Errorf("got %q, want something about %q", got, c.want)
			}
		})
	}
}

func TestMergeKeysAddWhatIsNotWritten(t *testing.T) {
	t.Parallel()
	env, err := Parse("dev.yaml", []byte(`version: 1
name: dev
cloud: {provider: sandbox}
x-small: &small {zones: 1, size: small}
x-cheap: &cheap {size: tiny, spot: true}
stacks:
  a: {<<: *small, zones: 3}
  b:
    <<: [*small, *cheap]
  c: *cheap
`))
	if err != nil {
		t.Fatal(err)
	}
	for stack, want := range map[string]string{
		"a": `{"size":"small","zones":3}`,
		"b": `{"size":"small","spot":true,"zones":1}`,
		"c": `{"size":"tiny","spot":true}`,
	} {
		got := settings.Value{Kind: settings.Map, Map: env.Stacks[stack].Values}.String()
		if got != want {
			t.Errorf("stack %s is %s, want %s", stack, got, want)
		}
	}
}

func TestSettingsMeanTheSameHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	meaningOf := func(stacks string) string {
		env, err := Parse("dev.yaml", []byte("version: 1\nname: dev\ncloud: {provider: sandbox}\nx-n: &n {zones: 2}\n"+stacks))
		if err != nil {
			t.Fatal(err)
		}
		return settings.Value{Kind: settings.Map, Map: env.Stacks["a"].Values}.Canonical()
	}
	base := meaningOf("stacks: {a: {zones: 2, cidr: 10.0.0.0/8}}\n")
	for _, same := range []string{
		"stacks: {a: {cidr: 10.0.0.0/8, zones: 2}}\n",
		"# why\nstacks:\n  b: {}\n  a:\n    # two\n    zones: 2\n    cidr: '10.0.0.0/8'\n",
		"stacks: {a: {<<: *n, cidr: 10.0.0.0/8}}\n",
	} {
		if meaningOf(same) != base {
			t.Errorf("the meaning changed with %q", same)
		}
	}
	for _, other := range []string{
		"stacks: {a: {zones: 3, cidr: 10.0.0.0/8}}\n",
		"stacks: {a: {zones: \"2\", cidr: 10.0.0.0/8}}\n",
		"stacks: {a: {zones: 2}}\n",
	} {
		if meaningOf(other) == base {
			t.Errorf("the meaning did not change with %q", other)
		}
	}
}

func dir(files map[string]string) fstest.MapFS {
	out := fstest.MapFS{"environments/README.md": {Data: []byte("hello")}}
	for name, after := range files {
		out["environments/"+name+".yaml"] = &fstest.MapFile{Data: []byte(fmt.Sprintf(
			"version: 1\nname: %s\ncloud: {provider: sandbox}\ndeploy: {after: [%s]}\n", name, after))}
	}
	return out
}

func TestLoadReturnsPromotionOrder(t *testing.T) {
	t.Parallel()
	envs, err := Load(dir(map[string]string{"prod": "staging", "staging": "dev", "dev": "", "alpha": ""}), "environments")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range envs {
		names = append(names, e.Name)
	}
	if diff := cmp.Diff([]string{"alpha", "dev", "staging", "prod"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestLoadReportsTheProblemsOfAllFiles(t *testing.T) {
	t.Parallel()
	files := dir(map[string]string{"prod": "staging", "staging": "dev, stagin", "dev": "prod"})
	files["environments/broken.yaml"] = &fstest.MapFile{Data: []byte("version: 1\nname: broken\n")}
	files["environments/old.yml"] = &fstest.MapFile{Data: []byte("version: 1\n")}
	_, err := Load(files, "environments")
	want := `environments/broken.yaml:1:1: cloud.provider is required and missing
environments/dev.yaml: deploy.after goes in a circle: dev → prod → staging → dev
environments/old.yml: is not read; rename it to end in .yaml
environments/staging.yaml: deploy.after[1] is "stagin", which is not an environment; did you mean staging?`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}
