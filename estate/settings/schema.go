package settings

import (
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Schema describes the settings of one stack.
type Schema struct {
	// Type is the Go type, such as "data.Config".
	Type   string  `json:"type,omitempty"`
	Fields []Field `json:"fields"`
}

// Field describes one setting.
type Field struct {
	Key  string `json:"key"`
	Kind Kind   `json:"kind"`
	// GoField is the field that asks for the setting: "data.Config.BackupDays".
	GoField string `json:"goField,omitempty"`
	// Source is the "file:line" of GoField, when somebody looked it up.
	Source string `json:"source,omitempty"`
	Doc    string `json:"doc,omitempty"`
	// Default is nil when there is none; then an absent setting is the zero
	// value.
	Default  *string  `json:"default,omitempty"`
	Min      string   `json:"min,omitempty"`
	Max      string   `json:"max,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Pattern  string   `json:"pattern,omitempty"`
	Format   string   `json:"format,omitempty"`
	Required bool     `json:"required,omitempty"`
	// Optional objects may be absent as a whole, their required fields included.
	Optional bool `json:"optional,omitempty"`
	// Fields are the settings inside an object, Elem the shape of every entry of
	// a list or map.
	Fields []Field `json:"fields,omitempty"`
	Elem   *Field  `json:"elem,omitempty"`
}

var keyPattern = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)

// Of reads the schema of a struct type. The error lists everything that is
// wrong with its tags, one per line, by Go field.
func Of(t reflect.Type) (Schema, error) {
	if t.Kind() != reflect.Struct {
		return Schema{}, fmt.Errorf("settings must be a struct, not %s", t)
	}
	r := &reader{}
	s := Schema{Type: t.String(), Fields: r.structFields(t, t.String())}
	if len(r.problems) > 0 {
		return Schema{}, fmt.Errorf("%s", strings.Join(r.problems, "\n"))
	}
	return s, nil
}

// reader walks struct types and collects what is wrong with them.
type reader struct {
	inside   []reflect.Type // the structs around the current field
	problems []string
}

func (r *reader) fail(goField, format string, args ...any) {
	r.problems = append(r.problems, goField+": "+fmt.Sprintf(format, args...))
}

func (r *reader) structFields(t reflect.Type, goName string) []Field {
	for _, around := range r.inside {
		if around == t {
			r.fail(goName, "settings cannot contain themselves")
			return nil
		}
	}
	r.inside = append(r.inside, t)
	defer func() { r.inside = r.inside[:len(r.inside)-1] }()

	fields := []Field{}
	seen := map[string]string{}
	for _, sf := range settingsOf(t) {
		f := r.field(sf, goName+"."+sf.Name)
		if other, twice := seen[f.Key]; twice {
			r.fail(f.GoField, "key %q is also %s", f.Key, other)
		}
		seen[f.Key] = f.GoField
		fields = append(fields, f)
	}
	return fields
}

// settingsOf lists the exported fields of a struct, those of embedded structs
// without a tag included, leaving out what is tagged "-".
func settingsOf(t reflect.Type) []reflect.StructField {
	var out []reflect.StructField
	for _, sf := range reflect.VisibleFields(t) {
		_, tagged := sf.Tag.Lookup("estate")
		promoted := len(sf.Index) > 1
		switch {
		case !sf.IsExported(), sf.Tag.Get("estate") == "-":
		case sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct && !isSecret(sf.Type):
		case promoted && !onlyThroughUntagged(t, sf.Index):
		default:
			out = append(out, sf)
		}
	}
	return out
}

// onlyThroughUntagged tells whether the way to a promoted field leads through
// embedded structs without a tag of their own.
func onlyThroughUntagged(t reflect.Type, index []int) bool {
	for _, i := range index[:len(index)-1] {
		sf := t.Field(i)
		if _, tagged := sf.Tag.Lookup("estate"); tagged || sf.Type.Kind() != reflect.Struct || isSecret(sf.Type) {
			return false
		}
		t = sf.Type
	}
	return true
}

func (r *reader) field(sf reflect.StructField, goField string) Field {
	tag := sf.Tag
	f := r.shape(sf.Type, goField)
	f.Key, f.Doc, f.Pattern, f.Format = tag.Get("estate"), tag.Get("doc"), tag.Get("pattern"), tag.Get("format")
	if v, ok := tag.Lookup("min"); ok {
		f.Min = v
	}
	if v, ok := tag.Lookup("max"); ok {
		f.Max = v
	}
	if v, ok := tag.Lookup("default"); ok {
		f.Default = &v
	}
	if v := tag.Get("enum"); v != "" {
		f.Enum = strings.Split(v, ",")
	}
	if v, ok := tag.Lookup("required"); ok {
		required, err := strconv.ParseBool(v)
		if err != nil {
			r.fail(goField, "required:%q is not true or false", v)
		}
		f.Required = required
	}
	if !keyPattern.MatchString(f.Key) {
		r.fail(goField, "needs a tag estate:\"key\" of letters, digits, - and _, not %q", f.Key)
	}
	r.problems = append(r.problems, tagProblems(f)...)
	return f
}

// shape returns the kind of a Go type and what is inside it.
func (r *reader) shape(t reflect.Type, goField string) Field {
	f := Field{GoField: goField}
	switch {
	case t.Kind() == reflect.Pointer:
		f = r.shape(t.Elem(), goField)
		f.Optional = f.Kind == Object
		return f
	case t == reflect.TypeFor[Value]():
		f.Kind = Any
		return f
	case t == reflect.TypeFor[time.Duration]():
		f.Kind = Duration
		return f
	case t == reflect.TypeFor[netip.Prefix]():
		f.Kind = CIDR
		return f
	case isSecret(t):
		f.Kind = SecretValue
		return f
	}
	switch t.Kind() {
	case reflect.String:
		f.Kind = String
	case reflect.Bool:
		f.Kind = Bool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		f.Kind = Int
		if bits := t.Bits(); bits < 64 {
			f.Min = strconv.FormatInt(-1<<(bits-1), 10)
			f.Max = strconv.FormatInt(1<<(bits-1)-1, 10)
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32:
		f.Kind, f.Min = Int, "0"
		if bits := t.Bits(); bits < 64 {
			f.Max = strconv.FormatInt(1<<bits-1, 10)
		}
	case reflect.Float32, reflect.Float64:
		f.Kind = Float
	case reflect.Slice:
		elem := r.shape(t.Elem(), goField)
		f.Kind, f.Elem = List, &elem
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			r.fail(goField, "the key of a map must be a string, not %s", t.Key())
		}
		elem := r.shape(t.Elem(), goField)
		f.Kind, f.Elem = Map, &elem
	case reflect.Struct:
		f.Kind = Object
		f.Fields = r.structFields(t, goField)
	default:
		r.fail(goField, "a setting cannot be of type %s", t)
	}
	return f
}
