package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

type common struct {
	Owner string `estate:"owner" default:"platform"`
}

type listener struct {
	Port int    `estate:"port" required:"true" min:"1" max:"65535"`
	Name string `estate:"name" pattern:"[a-z]+" format:"a lower-case word"`
}

type config struct {
	common
	Engine    string              `estate:"engine" default:"16.4" doc:"Postgres version"`
	Class     string              `estate:"class" enum:"small,large" default:"small"`
	Backup    int                 `estate:"backupDays" default:"7" min:"1" max:"35"`
	Small     uint8               `estate:"small"`
	Ratio     float64             `estate:"ratio" default:"0.5" min:"0" max:"1"`
	Public    bool                `estate:"public"`
	Retention time.Duration       `estate:"retention" default:"14d" min:"1h"`
	Block     netip.Prefix        `estate:"cidr" default:"10.0.0.0/16" min:"16" max:"24"`
	Password  Secret              `estate:"password"`
	Zones     []string            `estate:"zones" default:"a, b" min:"1"`
	Ports     []int               `estate:"ports"`
	Labels    map[string]string   `estate:"labels" max:"2"`
	Listeners []listener          `estate:"listeners"`
	Tokens    map[string]Secret   `estate:"tokens"`
	Main      listenerDefaults    `estate:"main"`
	Extra     *listener           `estate:"extra"`
	Count     *int                `estate:"count"`
	Groups    map[string][]string `estate:"groups"`
	Skipped   chan int            `estate:"-"`
	hidden    int
}

type listenerDefaults struct {
	Port int `estate:"port" default:"443"`
}

func schemaOf[C any](t *testing.T) Schema {
	t.Helper()
	s, err := Of(reflect.TypeFor[C]())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// values reads settings from JSON; a text that begins with "secret:" is one.
func values(t *testing.T, text string) map[string]Value {
	t.Helper()
	v, err := parseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return secrets(v).Map
}

func secrets(v Value) Value {
	if rest, ok := strings.CutPrefix(v.Text, "secret:"); ok && v.Kind == String {
		return Value{Kind: SecretValue, Text: rest}
	}
	for i := range v.List {
		v.List[i] = secrets(v.List[i])
	}
	for k := range v.Map {
		v.Map[k] = secrets(v.Map[k])
	}
	return v
}

func TestDecodeGivesDefaultsWhereNothingIsWritten(t *testing.T) {
	t.Parallel()
	got := config{hidden: 1}
	if err := Decode(schemaOf[config](t), nil, Pos{}, &got); err != nil {
		t.Fatal(err)
	}
	want := config{common: common{Owner: "platform"}, Engine: "16.4", Class: "small", Backup: 7, Ratio: 0.5,
		Retention: 14 * 24 * time.Hour, Block: netip.MustParsePrefix("10.0.0.0/16"), Zones: []string{"a", "b"},
		Main: listenerDefaults{Port: 443}}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestDecodeReadsEveryKind(t *testing.T) {
	t.Parallel()
	var got config
	err := Decode(schemaOf[config](t), values(t, `{"owner":"me","engine":"15","class":"large","backupDays":35,"small":255,
		"ratio":1,"public":true,"retention":"1d12h","cidr":"10.1.0.0/20","password":"secret:p","zones":["x"],"ports":[1,2],
		"labels":{"a":"b"},"listeners":[{"port":80},{"port":81,"name":"web"}],"tokens":{"ci":"secret:t"},"main":{"port":8443},
		"extra":{"port":1},"count":0,"groups":{"g":["a"]}}`), Pos{}, &got)
	if err != nil {
		t.Fatal(err)
	}
	zero := 0
	want := config{common: common{Owner: "me"}, Engine: "15", Class: "large", Backup: 35, Small: 255, Ratio: 1, Public: true,
		Retention: 36 * time.Hour, Block: netip.MustParsePrefix("10.1.0.0/20"), Password: NewSecret("p"), Zones: []string{"x"},
		Ports: []int{1, 2}, Labels: map[string]string{"a": "b"}, Listeners: []listener{{Port: 80}, {81, "web"}},
		Tokens: map[string]Secret{"ci": NewSecret("t")}, Main: listenerDefaults{8443}, Extra: &listener{Port: 1}, Count: &zero,
		Groups: map[string][]string{"g": {"a"}}}
	if !reflect.DeepEqual(want, got) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestCheckReportsEveryProblem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ values, want string }{
		"fine":             {`{}`, ``},
		"null is absent":   {`{"engine":null,"main":null,"extra":null}`, ``},
		"unknown key":      {`{"backupDay":3}`, `backupDay is not a setting here; did you mean backupDays?`},
		"swapped letters":  {`{"engnie":"1"}`, `engnie is not a setting here; did you mean engine?`},
		"nested unknown":   {`{"main":{"prot":1}}`, `main.prot is not a setting here; did you mean port?`},
		"far-off key":      {`{"main":{"xyzzy":1}}`, `main.xyzzy is not a setting here; known: port`},
		"number for text":  {`{"engine":16.40}`, `engine 16.40 is a number, not a text (settings.config.Engine); put it in quotes: "16.40"`},
		"text for number":  {`{"backupDays":"7"}`, `backupDays "7" is a text, not a whole number (settings.config.Backup); write it without quotes`},
		"fraction":         {`{"backupDays":7.5}`, `backupDays 7.5 is a number, not a whole number (settings.config.Backup)`},
		"huge":             {`{"backupDays":99999999999999999999}`, `backupDays 99999999999999999999 is not a whole number that fits into 64 bits (settings.config.Backup)`},
		"above":            {`{"backupDays":40}`, "backupDays is 40, maximum 35 (settings.config.Backup `max:\"35\"`)"},
		"below":            {`{"backupDays":0}`, "backupDays is 0, minimum 1 (settings.config.Backup `min:\"1\"`)"},
		"too big for Go":   {`{"small":256}`, "small is 256, maximum 255 (settings.config.Small `max:\"255\"`)"},
		"negative":         {`{"small":-1}`, "small is -1, minimum 0 (settings.config.Small `min:\"0\"`)"},
		"ratio":            {`{"ratio":1.5}`, "ratio is 1.5, maximum 1 (settings.config.Ratio `max:\"1\"`)"},
		"yes":              {`{"public":"yes"}`, `public "yes" is a text, not true or false (settings.config.Public); write true or false`},
		"enum":             {`{"class":"smal"}`, "class is \"smal\", allowed: small, large (settings.config.Class `enum:\"small,large\"`); did you mean small?"},
		"duration unit":    {`{"retention":14}`, `retention 14 is a whole number, not a duration (settings.config.Retention); add a unit, such as "14s" or "14h"`},
		"duration":         {`{"retention":"soon"}`, `retention "soon" is not a duration (settings.config.Retention); write a number with a unit, such as "90s", "12h" or "14d"`},
		"short duration":   {`{"retention":"1m"}`, "retention is \"1m\", minimum 1h (settings.config.Retention `min:\"1h\"`)"},
		"cidr":             {`{"cidr":"10.0.0.0"}`, `cidr "10.0.0.0" is not a CIDR (settings.config.Block); write an address and a prefix length, such as "10.0.0.0/16"`},
		"host bits":        {`{"cidr":"10.0.3.4/16"}`, `cidr "10.0.3.4/16" is an address inside its network, not the network (settings.config.Block); write 10.0.0.0/16`},
		"big block":        {`{"cidr":"10.0.0.0/8"}`, "cidr is \"10.0.0.0/8\", minimum 16 bits of prefix (settings.config.Block `min:\"16\"`)"},
		"plain secret":     {`{"password":"hunter2"}`, `password is written in plain text, but is a secret (settings.config.Password); run trunkline secret set, and change the secret: it has been seen`},
		"nested plain":     {`{"tokens":{"ci":"hunter2"}}`, `tokens.ci is written in plain text, but is a secret (settings.config.Tokens); run trunkline secret set, and change the secret: it has been seen`},
		"needless secret":  {`{"engine":"secret:x"}`, `engine is encrypted, but its field is not an estate.Secret (settings.config.Engine); write it in plain text, or change the type of the field`},
		"empty list":       {`{"zones":[]}`, "zones has 0, minimum 1 entries (settings.config.Zones `min:\"1\"`)"},
		"full map":         {`{"labels":{"a":"","b":"","c":""}}`, "labels has 3, maximum 2 entries (settings.config.Labels `max:\"2\"`)"},
		"list entry":       {`{"ports":[1,"x",null]}`, "ports[1] \"x\" is a text, not a whole number (settings.config.Ports)\nports[2] is empty (settings.config.Ports)"},
		"text for list":    {`{"zones":"a"}`, `zones "a" is a text, not a list (settings.config.Zones)`},
		"text for object":  {`{"main":"a"}`, `main "a" is a text, not a map (settings.config.Main)`},
		"missing in list":  {`{"listeners":[{"name":"web"}]}`, `listeners[0].port is required and missing (settings.config.Listeners.Port)`},
		"missing optional": {`{"extra":{}}`, `extra.port is required and missing (settings.config.Extra.Port)`},
		"pattern":          {`{"extra":{"port":1,"name":"Web1"}}`, "extra.name is \"Web1\", must be a lower-case word (settings.config.Extra.Name `pattern:\"[a-z]+\"`)"},
		"several": {`{"backupDays":40,"engine":5,"x":1}`, "backupDays is 40, maximum 35 (settings.config.Backup `max:\"35\"`)\n" +
			`engine 5 is a whole number, not a text (settings.config.Engine); put it in quotes: "5"` + "\n" +
			`x is not a setting here; known: backupDays, cidr, class, count, engine, extra, groups, labels, listeners, main, owner, password, ports, public, ratio, retention, small, tokens, zones`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := ErrorOf(Check(schemaOf[config](t), values(t, c.values), Pos{})); err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
			if strings.Contains(got, "hunter2") {
				t.Error("the secret is shown")
			}
		})
	}
}

func TestDecodeTouchesNothingWhenSomethingIsWrong(t *testing.T) {
	t.Parallel()
	got := config{Engine: "before"}
	err := Decode(schemaOf[config](t), values(t, `{"engine":"after","backupDays":99}`), Pos{}, &got)
	var e *Error
	if !errors.As(err, &e) || len(e.Problems) != 1 || got.Engine != "before" {
		t.Errorf("engine is %q, error %v", got.Engine, err)
	}
}

func TestRequiredSettingsAreMissedAtTheStack(t *testing.T) {
	t.Parallel()
	type needy struct {
		Name     string `estate:"name" required:"true"`
		Password Secret `estate:"password" required:"true"`
		Main     struct {
			Port int `estate:"port" required:"true"`
		} `estate:"main"`
	}
	err := ErrorOf(Check(schemaOf[needy](t), nil, Pos{"environments/dev.yaml", 9, 3}))
	want := `environments/dev.yaml:9:3: main.port is required and missing (settings.needy.Main.Port)
environments/dev.yaml:9:3: name is required and missing (settings.needy.Name)
environments/dev.yaml:9:3: password is required and missing (settings.needy.Password); run trunkline secret set`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
}

func TestOfRefusesMistakesInTags(t *testing.T) {
	t.Parallel()
	type loop struct {
		Self *loop `estate:"self"` // finite in Go, endless as a schema
	}
	type wrong struct {
		NoKey    string            `default:"x"`
		BadKey   string            `estate:"bad key"`
		Twice    string            `estate:"twice"`
		Again    string            `estate:"twice"`
		Default  int               `estate:"default" default:"many"`
		Outside  int               `estate:"outside" default:"9" max:"5"`
		Bound    time.Duration     `estate:"bound" min:"7"`
		Cross    int               `estate:"cross" min:"9" max:"1"`
		Both     int               `estate:"both" default:"1" required:"true"`
		Required string            `estate:"required" required:"maybe"`
		Enum     bool              `estate:"enum" enum:"true"`
		Pattern  string            `estate:"pattern" pattern:"("`
		Secret   Secret            `estate:"secret" default:"hunter2"`
		Map      map[string]string `estate:"map" default:"a"`
		Keys     map[int]string    `estate:"keys"`
		Func     func()            `estate:"func"`
		Loop     loop              `estate:"loop"`
	}
	_, err := Of(reflect.TypeFor[wrong]())
	want := `settings.wrong.NoKey: needs a tag estate:"key" of letters, digits, - and _, not ""
settings.wrong.BadKey: needs a tag estate:"key" of letters, digits, - and _, not "bad key"
settings.wrong.Again: key "twice" is also settings.wrong.Twice
settings.wrong.Default: default:"many": many is not a whole number that fits into 64 bits
settings.wrong.Outside: default:"9": is 9, maximum 5
settings.wrong.Bound: min:"7" is not a bound of a duration
settings.wrong.Cross: min:"9" is above max:"1"
settings.wrong.Both: a required setting has no default
settings.wrong.Required: required:"maybe" is not true or false
settings.wrong.Enum: enum is only for a text or a whole number, not for a bool
settings.wrong.Pattern: pattern:"(": error parsing regexp: missing closing ): ` + "`(`" + `
settings.wrong.Secret: a secret has no default in the code
settings.wrong.Map: default is only for scalars and lists of scalars, not for a map
settings.wrong.Keys: the key of a map must be a string, not int
settings.wrong.Func: a setting cannot be of type func()
settings.wrong.Loop.Self: settings cannot contain themselves`
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Error(diff)
	}
	if _, err := Of(reflect.TypeFor[int]()); err == nil {
		t.Error("an int is no struct")
	}
}

func TestResolveTellsWhereEveryValueComesFrom(t *testing.T) {
	t.Parallel()
	type small struct {
		Zones    int               `estate:"zones" default:"2"`
		Name     string            `estate:"name"`
		Password Secret            `estate:"password"`
		Main     listenerDefaults  `estate:"main"`
		Labels   map[string]string `estate:"labels"`
	}
	given := values(t, `{"name":"n","password":"secret:hunter2","labels":{"a":"b"},"other":1}`)
	for k, v := range given {
		v.Pos = Pos{File: k + ".yaml", Line: 1, Col: 2}
		given[k] = v
	}
	lines := []string{}
	for _, s := range Resolve(schemaOf[small](t), given) {
		lines = append(lines, fmt.Sprintf("%s=%s from %s", s.Path, s.Value, s.Origin))
	}
	want := []string{`zones=2 from default`, `name="n" from name.yaml:1:2`, `password=[secret] from password.yaml:1:2`,
		`main.port=443 from default`, `labels.a="b" from `, `other=1 from unknown key`}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Error(diff)
	}
}

func TestSchemaSurvivesJSON(t *testing.T) {
	t.Parallel()
	want := schemaOf[config](t)
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Schema
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDurationsKnowDays(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"14d": 14 * 24 * time.Hour, "1d12h": 36 * time.Hour, "90s": 90 * time.Second, "0d": 0, "1.5h": 90 * time.Minute,
	} {
		if got, err := parseDuration(text); err != nil || got != want {
			t.Errorf("%s is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "1.5d", "1d-1h", "12h1d", "1d1d", "99999999999d", "7"} {
		if got, err := parseDuration(text); err == nil {
			t.Errorf("%q is %v, want an error", text, got)
		}
	}
}
