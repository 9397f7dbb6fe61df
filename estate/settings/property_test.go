package settings

import (
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// valid draws a value that the field accepts.
func valid(t *rapid.T, f Field) Value {
	if len(f.Enum) > 0 {
		return fromText(f, rapid.SampledFrom(f.Enum).Draw(t, f.Key))
	}
	switch f.Kind {
	case String:
		if f.Pattern != "" {
			return Value{Kind: String, Text: rapid.StringMatching(`[a-z]{1,8}`).Draw(t, f.Key)}
		}
		return Value{Kind: String, Text: rapid.String().Draw(t, f.Key)}
	case SecretValue:
		return Value{Kind: SecretValue, Text: rapid.StringN(1, 20, -1).Draw(t, f.Key)}
	case Bool:
		return Value{Kind: Bool, Text: strconv.FormatBool(rapid.Bool().Draw(t, f.Key))}
	case Int:
		return Value{Kind: Int, Text: strconv.Itoa(rapid.IntRange(bound(f.Min, 0), bound(f.Max, 1<<40)).Draw(t, f.Key))}
	case Float:
		return Value{Kind: Float, Text: strconv.FormatFloat(rapid.Float64Range(0, 1).Draw(t, f.Key), 'g', -1, 64)}
	case Duration:
		return Value{Kind: String, Text: rapid.SampledFrom([]string{"1h", "2d", "90m", "1d30m", "4h0m1s"}).Draw(t, f.Key)}
	case CIDR:
		return Value{Kind: String, Text: fmt.Sprintf("10.%d.0.0/%d", rapid.IntRange(0, 255).Draw(t, f.Key), rapid.IntRange(16, 24).Draw(t, f.Key))}
	case List:
		out := Value{Kind: List, List: []Value{}}
		for range rapid.IntRange(bound(f.Min, 0), 3).Draw(t, f.Key) {
			out.List = append(out.List, valid(t, *f.Elem))
		}
		return out
	case Map:
		out := Value{Kind: Map, Map: map[string]Value{}}
		for range rapid.IntRange(0, 2).Draw(t, f.Key) {
			out.Map[rapid.String().Draw(t, "key")] = valid(t, *f.Elem)
		}
		return out
	}
	return Value{Kind: Map, Map: validObject(t, f.Fields)}
}

func bound(text string, otherwise int) int {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	return otherwise
}

func validObject(t *rapid.T, fields []Field) map[string]Value {
	out := map[string]Value{}
	for _, f := range fields {
		if f.Required || rapid.Bool().Draw(t, f.Key+" is given") {
			out[f.Key] = valid(t, f)
		}
	}
	return out
}

// What the driver writes into Pulumi's configuration is what the program reads
// out of it, whatever the settings are.
func TestConfigurationCarriesEverySettingThrough(t *testing.T) {
	t.Parallel()
	s := schemaOf[config](t)
	rapid.Check(t, func(t *rapid.T) {
		given := validObject(t, s.Fields)
		var want, got config
		if err := Decode(s, given, Pos{}, &want); err != nil {
			t.Fatalf("values that were drawn as valid: %v", err)
		}
		carried, err := ToConfig(given, func(cipher string) (string, error) { return cipher, nil })
		if err != nil {
			t.Fatal(err)
		}
		read := FromConfig(s, func(key string) (string, bool) {
			c, ok := carried[key]
			return c.Text, ok
		})
		if err := Decode(s, read, Pos{}, &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(want, got) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		for key, c := range carried {
			if c.Secret != hasSecret(given[key]) {
				t.Fatalf("%s: secret is %v", key, c.Secret)
			}
		}
	})
}

func hasSecret(v Value) bool {
	found := false
	v.Go(func(string) any { found = true; return nil })
	return found
}

// Whatever is written, Check and Decode agree, and nothing panics.
func TestDecodeSucceedsExactlyWhenCheckFindsNothing(t *testing.T) {
	t.Parallel()
	s := schemaOf[config](t)
	rapid.Check(t, func(t *rapid.T) {
		given := validObject(t, s.Fields)
		for range rapid.IntRange(0, 2).Draw(t, "spoiled") {
			from, to := rapid.SampledFrom(s.Fields).Draw(t, "from"), rapid.SampledFrom(s.Fields).Draw(t, "to")
			given[to.Key] = valid(t, from)
		}
		var c config
		err := Decode(s, given, Pos{}, &c)
		if problems := Check(s, given, Pos{}); (len(problems) == 0) != (err == nil) {
			t.Fatalf("%d problems, error %v", len(problems), err)
		}
		_ = Resolve(s, given)
	})
}

// FuzzConfigText feeds any text through the configuration of any setting.
func FuzzConfigText(f *testing.F) {
	for _, seed := range []string{"", "7", "14d", "10.0.0.0/16", `["a"]`, `{"a":{"b":[1e999]}}`, "true", "\x00", "9223372036854775808"} {
		f.Add(seed)
	}
	s, err := Of(reflect.TypeFor[config]())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values := FromConfig(s, func(string) (string, bool) { return text, true })
		var c config
		for key, v := range values {
			_ = Decode(s, map[string]Value{key: v}, Pos{}, &c)
		}
	})
}
