package environments

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v5"
	"pgregory.net/rapid"

	"github.com/trunkline-dev/trunkline/estate/settings"
)

type dataConfig struct {
	Class    string          `estate:"class" default:"small" enum:"small,large"`
	Days     int             `estate:"days" default:"7" min:"1" max:"35"`
	Password settings.Secret `estate:"password" required:"true"`
	Zones    []string        `estate:"zones" min:"1" max:"3"`
}

// validator returns a function that checks an environment file the way an
// editor does.
func validator(t *testing.T, stacks map[string]settings.Schema) func(file string) error {
	t.Helper()
	text, err := JSONSchema(stacks)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := jsonschema.CompileString("environment.json", string(text))
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return func(file string) error {
		asJSON, err := yaml.YAMLToJSON([]byte(file))
		if err != nil {
			t.Fatal(err)
		}
		var doc any
		if err := json.Unmarshal(asJSON, &doc); err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(doc)
	}
}

func TestJSONSchemaAcceptsTheFilesOfThisRepository(t *testing.T) {
	t.Parallel()
	validate := validator(t, nil)
	envs, err := Load(os.DirFS(".."), "environments")
	if err != nil {
		t.Fatal(err)
	}
	if len(envs) == 0 {
		t.Fatal("there are no environments")
	}
	for _, env := range envs {
		data, err := os.ReadFile("../" + env.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(string(data)); err != nil {
			t.Errorf("%s: %v", env.File, err)
		}
	}
	if err := validate(strings.Replace(staging, "tags: *tags", "tags: {}", 1)); err != nil {
		t.Error(err)
	}
}

func TestJSONSchemaFindsWhatParseAndCheckFind(t *testing.T) {
	t.Parallel()
	schema, err := settings.Of(reflect.TypeFor[dataConfig]())
	if err != nil {
		t.Fatal(err)
	}
	validate := validator(t, map[string]settings.Schema{"data": schema, "app": {}})
	const head = "version: 1\nname: dev\ncloud: {provider: sandbox}\n"
	for name, c := range map[string]struct {
		file string
		good bool
	}{
		"fine":          {head + "x-free: 1\nstacks: {app: , data: {class: large, days: 35, password: {secure: x}, zones: [a]}}\n", true},
		"unknown key":   {head + "stcks: {}\n", false},
		"unknown stack": {head + "stacks: {dta: {}}\n", false},
		"enum":          {head + "stacks: {data: {class: huge, password: {secure: x}}}\n", false},
		"bound":         {head + "stacks: {data: {days: 36, password: {secure: x}}}\n", false},
		"no secret":     {head + "stacks: {data: {days: 3}}\n", false},
		"plain secret":  {head + "stacks: {data: {password: x}}\n", false},
		"number":        {"version: 1\nname: dev\ncloud: {provider: aws, region: eu-west-1, account: 123456789012}\n", false},
		"version":       {"version: 2\nname: dev\ncloud: {provider: sandbox}\n", false},
		"no name":       {"version: 1\ncloud: {provider: sandbox}\n", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := validate(c.file)
			if (err == nil) != c.good {
				t.Errorf("the editor says %v", err)
			}
			env, err := Parse("dev.yaml", []byte(c.file))
			good := err == nil
			if good {
				for stack, s := range env.Stacks {
					known := stack == "data" || stack == "app"
					if stack == "data" {
						good = good && len(settings.Check(schema, s.Values, s.Pos)) == 0
					}
					good = good && known
				}
			}
			if good != c.good {
				t.Errorf("Parse and Check disagree with the editor: %v", err)
			}
		})
	}
}

// tree draws any settings that a file can hold.
func tree(t *rapid.T, depth int) settings.Value {
	kinds := []settings.Kind{settings.String, settings.Int, settings.Float, settings.Bool, settings.Null}
	if depth > 0 {
		kinds = append(kinds, settings.List, settings.Map, settings.Map)
	}
	v := settings.Value{Kind: rapid.SampledFrom(kinds).Draw(t, "kind")}
	switch v.Kind {
	case settings.String:
		v.Text = rapid.StringMatching(`[ -~äöü→]*`).Draw(t, "text")
	case settings.Int:
		b, _ := json.Marshal(rapid.Int64().Draw(t, "int"))
		v.Text = string(b)
	case settings.Float:
		b, _ := json.Marshal(rapid.Float64Range(-1e9, 1e9).Draw(t, "float"))
		v = settings.Number(string(b))
	case settings.Bool:
		v.Text = rapid.SampledFrom([]string{"true", "false"}).Draw(t, "bool")
	case settings.List:
		for range rapid.IntRange(0, 3).Draw(t, "length") {
			v.List = append(v.List, tree(t, depth-1))
		}
	case settings.Map:
		v.Map = map[string]settings.Value{}
		for range rapid.IntRange(0, 3).Draw(t, "size") {
			v.Map[rapid.StringMatching(`[a-zA-Z][a-zA-Z0-9_ -]{0,8}x`).Draw(t, "key")] = tree(t, depth-1)
		}
	}
	return v
}

// Any settings written as a file are read as what they were.
func TestParseReadsBackWhateverIsWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := settings.Value{Kind: settings.Map, Map: map[string]settings.Value{"a": tree(t, 3)}}
		file := "version: 1\nname: dev\ncloud: {provider: sandbox}\nstacks:\n  data: " + want.String() + "\n"
		env, err := Parse("dev.yaml", []byte(file))
		if err != nil {
			t.Fatalf("%v in\n%s", err, file)
		}
		got := settings.Value{Kind: settings.Map, Map: env.Stacks["data"].Values}
		if got.Canonical() != want.Canonical() {
			t.Fatalf("got  %s\nwant %s", got.Canonical(), want.Canonical())
		}
	})
}
