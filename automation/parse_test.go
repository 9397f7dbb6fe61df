package automation

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/internal/gitops"
)

// parseLine parses a command line in an empty environment.
func parseLine(argv []string) (*invocation, error) { return parse(argv, nil) }

func TestCommandsOfAGroupAreNotTakenForTheGroup(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"stack tag", "stack tag set a", "stack change-secrets-provider", "config env add e", "stack nonsense",
		"config cp", "plugin ls --json", "install", "new", "import a b c d", "org get-default", "", "--stack dev",
	} {
		_, err := parseLine(strings.Fields(line))
		if gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, want a refusal", line, err)
		}
		if words := strings.Fields(line); len(words) > 1 && err != nil && !strings.Contains(err.Error(), words[0]) {
			t.Errorf("%q: the refusal does not name the command: %v", line, err)
		}
	}
}

func TestUnknownFlagsAreAlwaysRefusedByName(t *testing.T) {
	t.Parallel()
	names := slices.Sorted(maps.Keys(commands()))
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "command")
		inv, err := parseLine(append(strings.Fields(name), "--help"))
		if err != nil {
			t.Fatal(err)
		}
		flag := rapid.StringMatching(`[a-z][a-z-]{1,20}`).Filter(func(flag string) bool {
			return inv.flags.Lookup(flag) == nil && flag != "non-interactive"
		}).Draw(t, "unknown flag")
		_, err = parseLine(append(strings.Fields(name), "--"+flag+"=1"))
		if gitops.KindOf(err) != gitops.Invalid || exitCode(err) != 2 || !strings.Contains(err.Error(), "--"+flag) {
			t.Fatalf("pulumi %s --%s: got %v, want exit 2 naming the flag", name, flag, err)
		}
	})
}

func TestFlagsThatTheServedSubsetLacksAreRefused(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"preview --plan=p.json", "up --save-plan=p.json", "refresh --policy-pack=x", "up --import-file=f", "import --from=x",
		"up --attach-debugger", "up --remote", "destroy --expect-no-changes", "refresh --replace=u", "import --target=u",
		"up --color=pink",
	} {
		if _, err := parseLine(strings.Fields(line)); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, want a refusal", line, err)
		}
	}
}

func TestSetAllTakesPairsWhereSetTakesSwitches(t *testing.T) {
	t.Parallel()
	inv, err := parseLine([]string{"config", "set", "--stack", "dev", "--path", "a.b", "--secret", "--", "-x=1"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&configSet{secret: true, path: true}, inv.action, cmp.AllowUnexported(configSet{})); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a.b", "-x=1"}, inv.args); diff != "" {
		t.Error(diff)
	}
	inv, err = parseLine([]string{"config", "set-all", "--stack", "dev", "--plaintext", "a=1,2", "--secret", "b=--c=d"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := inv.action.(*configSetAll).settings()
	if err != nil {
		t.Fatal(err)
	}
	want := []setting{{key: "a", value: "1,2"}, {key: "b", value: "--c=d", secret: true}}
	if diff := cmp.Diff(want, list, cmp.AllowUnexported(setting{})); diff != "" {
		t.Error(diff)
	}
}

func TestFlagsAboutLogsAreNoted(t *testing.T) {
	t.Parallel()
	inv, err := parseLine([]string{"up", "-v=9", "--logtostderr", "--color=always", "--stack", "dev"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"logtostderr", "verbose"}, inv.noted); diff != "" {
		t.Error(diff)
	}
}

func TestSettingsFromJSON(t *testing.T) {
	t.Parallel()
	got, err := jsonSettings(`{
		"p:text": {"value": "v"}, "p:secret": {"value": "s", "secret": true},
		"p:object": {"value": "stale", "objectValue": {"a": [1, true, "x"]}},
		"p:keys": {"objectValue": {"k": "s"}, "secret": true}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := []setting{
		{key: "p:keys", value: `{"k":"s"}`, secret: true, object: true},
		{key: "p:object", value: `{"a":[1,true,"x"]}`, object: true},
		{key: "p:secret", value: "s", secret: true},
		{key: "p:text", value: "v"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(setting{})); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"", "[]", `{"a": {}}`, `{"a": {"secret": true}}`} {
		if _, err := jsonSettings(bad); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, want a refusal", bad, err)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  string
		path bool
		want string
	}{
		{"a", false, "shop:a"},
		{"aws:region", false, "aws:region"},
		{"a.b", false, "shop:a.b"},
		{"a.b[0].c", true, "shop:a.b[0].c"},
		{"aws:tags.Name", true, "aws:tags.Name"},
		{"a[0]:x", true, "shop:a[0]:x"},
	} {
		k, err := parseKey(c.key, "shop", c.path)
		if err != nil || k.String() != c.want {
			t.Errorf("%q (path %v): got %v, %v, want %s", c.key, c.path, k, err, c.want)
		}
	}
	for _, bad := range []string{"a:b:c:d", ":"} {
		if k, err := parseKey(bad, "shop", false); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, %v, want a refusal", bad, k, err)
		}
	}
}

func TestStackNames(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]gitops.StackRef{
		"dev": {Project: "shop", Stack: "dev"}, "data.dev": {Project: "shop", Stack: "data.dev"},
		"organization/dev": {Project: "shop", Stack: "dev"}, "organization/web/dev": {Project: "web", Stack: "dev"},
	} {
		if got, err := parseRef(name, "shop"); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", name, got, err, want)
		}
	}
	for _, bad := range []string{"", "/", "a/b", "acme/shop/dev", "organization/p/s/x", "..", "a b", "organization//x/"} {
		if got, err := parseRef(bad, "shop"); gitops.KindOf(err) != gitops.Invalid {
			t.Errorf("%q: got %v, %v, want a refusal", bad, got, err)
		}
	}
}

func TestMessagesLoseTheQuotesOfAuto(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{`"a \"b\"\n"`: "a \"b\"\n", "plain": "plain", `"`: `"`, `"open`: `"open`, "": ""} {
		if got := plainMessage(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestReadsAreNoChanges(t *testing.T) {
	t.Parallel()
	if hasChanges(map[string]int{"same": 3, "read": 2, "create": 0}) {
		t.Error("reading resources is not a change")
	}
	if !hasChanges(map[string]int{"same": 3, "update": 1}) {
		t.Error("an update is a change")
	}
}

func TestAnyCommandLineIsServedOrRefused(t *testing.T) {
	t.Parallel()
	words := []string{
		"--", "-", "--=", "-v", "-v=x", "--stack", "--stack=", "-s", "--json", "--json=false", "--help", "--yes=maybe",
		"--parallel=-1", "--target", "--message=\"", "--cwd", "--client", "--page", "x", "", "\x00", "--non-interactive", "a=b",
	}
	for name := range commands() {
		words = append(words, strings.Fields(name)...)
	}
	slices.Sort(words)
	rapid.Check(t, func(t *rapid.T) {
		argv := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(words), rapid.String()), 0, 8).Draw(t, "argv")
		inv, err := parseLine(argv)
		if err != nil {
			if gitops.KindOf(err) != gitops.Invalid || err.Error() == "" {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		first := slices.IndexFunc(argv, func(a string) bool { return a != "--non-interactive" })
		if got := strings.Fields(inv.name)[0]; got != argv[first] {
			t.Fatalf("taken for %s", inv.name)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"up --yes --skip-preview --client=127.0.0.1:1 --exec-kind=auto.inline --event-log tcp://localhost:2 --stack dev",
		"preview --message=\"x\" --target=u --parallel=4", "config set-all --stack s --plaintext k=v --secret a=b",
		"config set a --secret -- -v", "stack init dev --secrets-provider passphrase", "stack rename x --stack y",
		"cancel --yes --stack dev", "stack history --json --page-size 1 --page 1", "stack tag ls", "-v", "stack -- x",
	} {
		f.Add(strings.ReplaceAll(s, " ", "\x00"))
	}
	f.Fuzz(func(t *testing.T, line string) {
		inv, err := parseLine(strings.Split(line, "\x00"))
		if err != nil {
			if gitops.KindOf(err) != gitops.Invalid {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		if _, ok := commands()[inv.name]; !ok || !strings.Contains(line, strings.Fields(inv.name)[0]) {
			t.Fatalf("%q was taken for %q", line, inv.name)
		}
	})
}

func FuzzParseRef(f *testing.F) {
	for _, s := range []string{"dev", "organization/p/dev", "a/b/c/d", "..", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		ref, err := parseRef(name, "p")
		if err == nil && (strings.ContainsAny(ref.Stack, "/\\\x00 ") || strings.Trim(ref.Stack, ".") == "") {
			t.Fatalf("%q gave a stack %q that is no file name", name, ref.Stack)
		}
	})
}

func FuzzParsePair(f *testing.F) {
	f.Add(`["a=b"].c=d`, true)
	f.Add("k=v=w", false)
	f.Fuzz(func(t *testing.T, pair string, path bool) {
		k, v, err := parsePair(pair, path)
		if err == nil && k+"="+v != pair {
			t.Fatalf("%q became %q and %q", pair, k, v)
		}
	})
}

func FuzzJSONSettings(f *testing.F) {
	f.Add(`{"a": {"value": "x", "secret": true}, "b": {"objectValue": [1, {"c": null}]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		list, err := jsonSettings(text)
		if err != nil && gitops.KindOf(err) != gitops.Invalid {
			t.Fatalf("refused with %v", err)
		}
		for _, e := range list {
			if e.object && !json.Valid([]byte(e.value)) {
				t.Fatalf("%q became the object %q", text, e.value)
			}
		}
	})
}
