package driver

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/environments"
	"github.com/trunkline-dev/trunkline/internal/affected"
	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// read are the facts of an environment file, for stacks that consist of nothing
// but their settings.
func read(t interface {
	Helper()
	Fatal(...any)
}, text string) (affected.Facts, *environments.Environment) {
	t.Helper()
	env, err := environments.Parse("environments/dev.yaml", []byte(text))
	if err != nil {
		t.Fatal(fmt.Sprintf("%v in\n%s", err, text))
	}
	r := affected.Revision{Environments: []affected.Environment{settingsOf(env)}, Code: affected.Code{Roots: map[string]affected.Root{}}}
	for name := range env.Stacks {
		r.Code.Roots[name] = affected.Root{}
	}
	return r.Facts(), env
}

const devFile = `version: 1
name: dev
cloud: {provider: sandbox, region: eu-west-1}
x-sizes: &sizes
  small: 1
  large: 8
x-database: &database
  days: 7
  class: small
tags: {team: shop, costs: "12"}
stacks:
  network: {zones: 2}
  data:
    <<: *database
    days: 14
    users: [ann, {secure: one}]
    password: {secure: "c1"}
  orders:
    <<: *database
  app:
    size: 8
    limits: {}
`

func TestAnEnvironmentFileCountsByWhatItMeans(t *testing.T) {
	t.Parallel()
	edit := func(old, now string) string {
		if !strings.Contains(devFile, old) {
			t.Fatalf("the file has no %q", old)
		}
		return strings.Replace(devFile, old, now, 1)
	}
	all := func(reason string) []string {
		return []string{"app: " + reason, "data: " + reason, "network: " + reason, "orders: " + reason}
	}
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"keys in another order":            {edit("name: dev\ncloud: {provider: sandbox, region: eu-west-1}", "cloud: {region: eu-west-1, provider: sandbox}\nname: dev"), nil},
		"comments":                         {edit("stacks:", "# Everything.\nstacks: # here"), nil},
		"lines instead of brackets":        {edit("{zones: 2}", "\n    zones: 2"), nil},
		"other quotes":                     {edit(`costs: "12"`, `costs: '12'`), nil},
		"a value by its anchor":            {strings.NewReplacer("  large: 8", "  large: &large 8", "size: 8", "size: *large").Replace(devFile), nil},
		"a merge that is written out":      {edit("  orders:\n    <<: *database\n", "  orders: {days: 7, class: small}\n"), nil},
		"a name of an anchor":              {strings.ReplaceAll(devFile, "database", "store"), nil},
		"a default that all override":      {edit("x-sizes: &sizes\n  small: 1", "x-sizes: &sizes\n  small: 2"), nil},
		"a shared default":                 {edit("class: small", "class: large"), []string{"data: config data.class \"small\" → \"large\"", "orders: config orders.class \"small\" → \"large\""}},
		"a shared default, overridden":     {edit("days: 7", "days: 9"), []string{"orders: config orders.days 7 → 9"}},
		"a value":                          {edit("days: 14", "days: 15"), []string{"data: config data.days 14 → 15"}},
		"a text that looks like a number":  {edit("zones: 2", `zones: "2"`), []string{`network: config network.zones 2 → "2"`}},
		"a secret":                         {edit(`"c1"`, `"c2"`), []string{"data: config data.password (secret)"}},
		"a secret in a list":               {edit("secure: one", "secure: two"), []string{"data: config data.users (a secret in it)"}},
		"an empty group of settings":       {edit("    limits: {}\n", ""), []string{"app: config app.limits {} (removed)"}},
		"nothing, written down":            {edit("{zones: 2}", "{zones: 2, spare: null}"), nil},
		"a key that looks like two":        {edit("limits: {}", `limits: {"a.b": 1}`), []string{`app: config app.limits {} (removed), config app.limits."a.b" 1 (added)`}},
		"the region":                       {edit("eu-west-1", "eu-west-2"), all("config cloud.region eu-west-1 → eu-west-2")},
		"a tag":                            {edit("team: shop", "team: store"), all("config tags.team shop → store")},
		"protection":                       {edit("tags:", "deploy: {protect: true}\ntags:"), all("config deploy.protect false → true")},
		"who must agree":                   {edit("tags:", "deploy: {approvals: {when: always}}\ntags:"), nil},
		"where the state is":               {edit("tags:", "state: sqlite:///var/state.db\ntags:"), all("config state the local store → sqlite:///var/state.db")},
		"what providers get":               {edit("region: eu-west-1", "region: eu-west-1, variables: [CLOUDFLARE_ACCOUNT_ID]"), all("config cloud.variables CLOUDFLARE_ACCOUNT_ID (added)")},
		"configuration of another package": {edit("tags:", "config: {\"gcp:project\": p}\ntags:"), all(`config config.gcp:project "p" (added)`)},
		"configuration that is taken away": {edit("tags:", "config: {\"aws:defaultTags\": null}\ntags:"), all("config config.aws:defaultTags null (added)")},
		"one more stack":                   {devFile + "  edge: {}\n", []string{"edge: added new in this revision"}},
		"one stack less":                   {edit("  network: {zones: 2}\n", ""), []string{"network: removed no longer in this revision"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, _ := read(t, devFile)
			head, _ := read(t, c.text)
			var got []string
			for _, a := range affected.Stacks(base, head) {
				var reasons []string
				for _, r := range a.Reasons {
					reasons = append(reasons, r.Kind+" "+r.Detail)
				}
				got = append(got, a.Name+": "+strings.Join(reasons, ", "))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// drawFile draws an environment file from so few words that two of them often
// agree in part.
func drawFile(t *rapid.T, label string) string {
	word := rapid.SampledFrom([]string{"a", "b", "a.b", "c"})
	value := rapid.SampledFrom([]string{"1", "2", "true", "text", `"1"`, "null", "{}", "[]", "[1, 2]", "[{a: 1}, {secure: s}]", "[{a: 2}, {secure: t}]",
		"{secure: s}", "{secure: t}", "{a: 1}", "{a: {b: 1}}", `{"a.b": 1}`, "{a: null}", "{a: 1, b: null}", "1.5", "1e3"})
	var b strings.Builder
	b.WriteString("version: 1\nname: dev\ncloud: {provider: " + rapid.SampledFrom([]string{
		"sandbox", "sandbox, region: eu-west-1", "sandbox, region: us-east-1", `aws, region: eu-west-1, account: "123456789012"`,
		`aws, region: eu-west-1, account: "123456789012", endpoints: {s3: "https://s3.example.com"}`,
		`aws, region: eu-west-1, account: "123456789012", emulator: true, endpoints: {default: "http://localhost:4566"}`,
	}).Draw(t, label+" cloud") + "}\n")
	if rapid.Bool().Draw(t, label+" protect") {
		b.WriteString("deploy: {protect: true}\n")
	}
	tags := rapid.MapOfN(word, rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(t, label+" tags")
	b.WriteString("tags: " + flow(tags) + "\n")
	b.WriteString("config: " + flow(rapid.MapOfN(rapid.SampledFrom([]string{"gcp:project", "aws:defaultTags", "shop:a"}), value, 0, 2).Draw(t, label+" config")) + "\n")
	b.WriteString("stacks:\n")
	for _, name := range []string{"network", "data"} {
		b.WriteString("  " + name + ": " + flow(rapid.MapOfN(word, value, 0, 3).Draw(t, label+" "+name)) + "\n")
	}
	return b.String()
}

// flow writes a map in one line.
func flow(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%q: %s", k, m[k]))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Whatever a stack is handed, by the code that hands it over: when any of it
// differs, the stack is affected.
func TestEveryStackThatIsHandedSomethingElseIsAffected(t *testing.T) {
	t.Parallel()
	s := &Session{d: &Driver{Project: "shop"}}
	handed := func(t *rapid.T, env *environments.Environment, name string) string {
		cfg, err := s.configWith(env, gitops.StackID{Name: name, Environment: "dev"}, func(secret string) (string, error) { return "plain " + secret, nil })
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	rapid.Check(t, func(t *rapid.T) {
		base, was := read(t, drawFile(t, "base"))
		head, is := read(t, drawFile(t, "head"))
		hit := map[string]bool{}
		for _, a := range affected.Stacks(base, head) {
			hit[a.Name] = true
		}
		for _, name := range []string{"network", "data"} {
			before, after := handed(t, was, name), handed(t, is, name)
			if before != after && !hit[name] {
				t.Fatalf("%s gets something else and is not affected:\n%s\n%s", name, before, after)
			}
		}
	})
}

// A file at the limit of what is read is compared within moments, and one beyond
// is refused with its size.
func TestAHugeEnvironmentFile(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("version: 1\nname: dev\ncloud: {provider: sandbox}\nstacks:\n  data:\n")
	for i := 0; b.Len() < 127<<10; i++ {
		fmt.Fprintf(&b, "    key%d: value %d\n", i, i)
	}
	base, _ := read(t, b.String())
	head, _ := read(t, strings.Replace(b.String(), "value 77\n", "value 78\n", 1))
	got := affected.Stacks(base, head)
	if len(got) != 1 || len(got[0].Reasons) != 1 || got[0].Reasons[0].Detail != `data.key77 "value 77" → "value 78"` {
		t.Errorf("%v", got)
	}
	_, err := environments.Parse("environments/dev.yaml", []byte(b.String()+strings.Repeat("# more\n", 1<<10)))
	if err == nil || !strings.Contains(err.Error(), "bytes, more than") {
		t.Errorf("error is %v", err)
	}
}
