package estate

import (
	"fmt"
	"math"
	"reflect"
)

// convertInto sets dst to a settled value as Pulumi hands it over: nil, bool,
// float64, string, []any, map[string]any.
func convertInto(dst reflect.Value, given any) error {
	v := reflect.ValueOf(given)
	if given == nil || v.Type().AssignableTo(dst.Type()) {
		if given != nil {
			dst.Set(v)
		}
		return nil
	}
	switch dst.Kind() {
	case reflect.Pointer:
		dst.Set(reflect.New(dst.Type().Elem()))
		return convertInto(dst.Elem(), given)
	case reflect.String, reflect.Bool:
		if v.Kind() == dst.Kind() {
			dst.Set(v.Convert(dst.Type()))
			return nil
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Float32, reflect.Float64:
		if n, ok := given.(float64); ok {
			return setNumber(dst, n)
		}
	case reflect.Slice:
		if list, ok := given.([]any); ok {
			return convertList(dst, list)
		}
	case reflect.Map:
		if m, ok := given.(map[string]any); ok && dst.Type().Key().Kind() == reflect.String {
			return convertMap(dst, m)
		}
	}
	return fmt.Errorf("is %s, not %s", shapeOf(given), dst.Type())
}

func setNumber(dst reflect.Value, n float64) error {
	if dst.CanFloat() {
		dst.SetFloat(n)
		return nil
	}
	if n != math.Trunc(n) || math.Abs(n) > 1<<53 || dst.OverflowInt(int64(n)) {
		return fmt.Errorf("is %v, which is not an %s", n, dst.Type())
	}
	dst.SetInt(int64(n))
	return nil
}

func convertList(dst reflect.Value, list []any) error {
	out := reflect.MakeSlice(dst.Type(), len(list), len(list))
	for i, e := range list {
		if err := convertInto(out.Index(i), e); err != nil {
			return fmt.Errorf("entry %d %w", i, err)
		}
	}
	dst.Set(out)
	return nil
}

func convertMap(dst reflect.Value, m map[string]any) error {
	out := reflect.MakeMapWithSize(dst.Type(), len(m))
	for k, e := range m {
		elem := reflect.New(dst.Type().Elem()).Elem()
		if err := convertInto(elem, e); err != nil {
			return fmt.Errorf("entry %q %w", k, err)
		}
		out.SetMapIndex(reflect.ValueOf(k).Convert(dst.Type().Key()), elem)
	}
	dst.Set(out)
	return nil
}

// shapeOf names a settled value without showing it: it may be a secret.
func shapeOf(given any) string {
	switch given.(type) {
	case string:
		return "a text"
	case float64:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	}
	return fmt.Sprintf("a %T", given)
}
