package settings

import (
	"fmt"
	"net/netip"
	"reflect"
	"strconv"
	"time"
)

// Decode checks the values and fills the struct that into points to, with
// defaults where a value is absent. The error is an *Error with every problem;
// then the struct is not touched.
func Decode(s Schema, values map[string]Value, at Pos, into any) error {
	if err := ErrorOf(Check(s, values, at)); err != nil {
		return err
	}
	p := reflect.ValueOf(into)
	if p.Kind() != reflect.Pointer || p.IsNil() || p.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("settings can only be decoded into a pointer to a struct, not %T", into)
	}
	fresh := reflect.New(p.Elem().Type()).Elem()
	if err := fillStruct(fresh, s.Fields, values); err != nil {
		return err
	}
	p.Elem().Set(fresh)
	return nil
}

// fillStruct fills a struct whose values have been checked.
func fillStruct(dst reflect.Value, fields []Field, values map[string]Value) error {
	byKey := map[string]Field{}
	for _, f := range fields {
		byKey[f.Key] = f
	}
	for _, sf := range settingsOf(dst.Type()) {
		f, ok := byKey[sf.Tag.Get("estate")]
		if !ok {
			return fmt.Errorf("%s.%s is not in the schema", dst.Type(), sf.Name)
		}
		v := values[f.Key]
		if v.Kind == "" || v.Kind == Null {
			v = absent(f)
		}
		if v.Kind == Null {
			continue
		}
		if err := fill(dst.FieldByIndex(sf.Index), f, v); err != nil {
			return fmt.Errorf("%s: %w", f.GoField, err)
		}
	}
	return nil
}

// absent returns what a setting is when nobody gives it: its default, an empty
// object (whose fields have defaults of their own), or Null.
func absent(f Field) Value {
	if f.Kind == Object && !f.Optional {
		return Value{Kind: Map}
	}
	return defaultValue(f)
}

// fill sets dst to a checked value.
func fill(dst reflect.Value, f Field, v Value) error {
	if dst.Kind() == reflect.Pointer {
		dst.Set(reflect.New(dst.Type().Elem()))
		return fill(dst.Elem(), f, v)
	}
	switch f.Kind {
	case Any:
		dst.Set(reflect.ValueOf(v))
	case Object:
		return fillStruct(dst, f.Fields, v.Map)
	case List:
		return fillList(dst, f, v)
	case Map:
		return fillMap(dst, f, v)
	case SecretValue:
		dst.Addr().Interface().(secretSetter).Set(v.Text)
	default:
		return fillScalar(dst, f.Kind, v.Text)
	}
	return nil
}

func fillList(dst reflect.Value, f Field, v Value) error {
	out := reflect.MakeSlice(dst.Type(), len(v.List), len(v.List))
	for i, e := range v.List {
		if err := fill(out.Index(i), *f.Elem, e); err != nil {
			return err
		}
	}
	dst.Set(out)
	return nil
}

func fillMap(dst reflect.Value, f Field, v Value) error {
	out := reflect.MakeMapWithSize(dst.Type(), len(v.Map))
	for k, e := range v.Map {
		elem := reflect.New(dst.Type().Elem()).Elem()
		if err := fill(elem, *f.Elem, e); err != nil {
			return err
		}
		out.SetMapIndex(reflect.ValueOf(k).Convert(dst.Type().Key()), elem)
	}
	dst.Set(out)
	return nil
}

func fillScalar(dst reflect.Value, k Kind, text string) error {
	switch k {
	case String:
		dst.SetString(text)
	case Bool:
		dst.SetBool(text == "true")
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return err
		}
		if dst.CanUint() {
			dst.SetUint(uint64(n)) //nolint:gosec // the schema's minimum of an unsigned field is 0
			return nil
		}
		dst.SetInt(n)
	case Float:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return err
		}
		dst.SetFloat(n)
	case Duration:
		d, err := parseDuration(text)
		if err != nil {
			return err
		}
		dst.Set(reflect.ValueOf(time.Duration(d)))
	case CIDR:
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return err
		}
		dst.Set(reflect.ValueOf(p))
	default:
		return fmt.Errorf("kind %q is not a scalar", k)
	}
	return nil
}
